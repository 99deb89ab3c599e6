/** The stack's registry, as docker on a host and curl use it. */
import type { StackOutputs } from "../../components/outputs";
import { run, succeed, type Ran } from "./run";
import type { TestStack } from "./test-stack";

/** Where the replicas' shared folder is on their hosts. */
const FOLDER = "/srv/registry/docker/registry/v2/repositories";
const BLOBS = "/srv/registry/docker/registry/v2/blobs";

/** See the top of this file. */
export class RegistryClient {
  /** `host:port`, as image names begin. */
  public readonly name: string;
  private readonly credentials: { readonly username: string; readonly password: string };

  public constructor(
    private readonly stack: Pick<TestStack, "container" | "exec">,
    private readonly outputs: StackOutputs,
  ) {
    this.name = new URL(outputs.endpoints.registry ?? "").host;
    const { registryCredentials } = outputs;
    if (registryCredentials === undefined) throw new Error("the stack has no registryCredentials");
    this.credentials = registryCredentials;
  }

  /** Runs a program of bash on a host, which has the registry's name as $R and a function `request` (see {@link curl}). */
  public script(host: string, text: string, limit = 60): Promise<Ran> {
    const { username, password } = this.credentials;
    // As a file of settings: an argument could be read by every user of the host. `--connect-to`, because curl takes every
    // name below .localhost for its own workstation.
    const prelude = `R=${this.name}; CA=/etc/docker/certs.d/$R/ca.crt
      LB=$(getent ahostsv4 "\${R%:*}" | awk '{ print $1; exit }')
      request() { curl -sS --max-time 20 --connect-to "$R:$LB:\${R#*:}" "$@"; }
      signed() { request --cacert "$CA" -K <(printf 'user = "%s:%s"\\n' '${username}' '${password}') "$@"; }
      login() { printf '%s' '${password}' | docker login -u '${username}' --password-stdin "$R" >/dev/null 2>&1; }\n`;
    const args = ["exec", "-i", this.stack.container(host), "bash", "-s"];
    return run("docker", args, { limit, input: prelude + text });
  }

  /** The same; it has to succeed. @returns its output */
  public async good(host: string, text: string, limit = 60): Promise<string> {
    const ran = await this.script(host, text, limit);
    if (ran.code === 0) return ran.stdout.trim();
    throw new Error(
      `on ${host} this ended with ${String(ran.code)}:\n${text.slice(0, 400)}\n${ran.output.slice(-3000)}`,
    );
  }

  /** Asks from a host. @returns the HTTP status, or `curl <exit code>` where there was none */
  public async status(host: string, args: string, signed = false): Promise<string> {
    const call = `${signed ? "signed" : "request"} -o /dev/null -w '%{http_code}' ${args}`;
    const { code, stdout } = await this.script(host, call);
    return code === 0 ? stdout.trim() : `curl ${String(code)}`;
  }

  /** Makes an image of random bytes, which no compression shortens, in a host's Docker engine. @param size of it, in MB */
  public async makeImage(host: string, image: string, size: number): Promise<void> {
    const text = `cd "$(mktemp -d)" && head -c ${size}000000 /dev/urandom >content &&
      tar cf - content | docker import - "$R/${image}" >/dev/null; rm -rf "$PWD"; login`;
    await this.good(host, text, 120);
  }

  /** Starts to push. */
  public push(host: string, image: string): Promise<Ran> {
    return this.script(host, `docker push "$R/${image}"`, 240);
  }

  /** Pushes an image of random bytes and deletes it. @returns digests of its layers, which are garbage from then on */
  public async leaveGarbage(host: string, image: string, size: number): Promise<string[]> {
    await this.makeImage(host, image, size);
    const [repository = "", tag = ""] = image.split(":");
    const text = `docker push "$R/${image}" >/dev/null || exit
      at="https://$R/v2/${repository}/manifests" kind='Accept: application/vnd.docker.distribution.manifest.v2+json'
      manifest=$(signed --fail -H "$kind" "$at/${tag}") && jq -r '.layers[].digest' <<<"$manifest" &&
      signed --fail -X DELETE "$at/sha256:$(printf %s "$manifest" | sha256sum | cut -d' ' -f1)"`;
    return (await this.good(host, text, 120)).split("\n");
  }

  /** Pulls again. @returns the digest that the Docker engine has verified */
  public async pull(host: string, image: string): Promise<string> {
    const text = `login; docker rmi -f "$R/${image}" >/dev/null 2>&1; docker pull "$R/${image}" >/dev/null &&
      docker image inspect -f '{{index .RepoDigests 0}}' "$R/${image}"`;
    return (await this.good(host, text, 90)).split("@")[1] ?? "";
  }

  /**
   * Reads a whole image from one replica, past the load balancer.
   *
   * @returns digest of its manifest; every layer has been held against its own
   */
  public async readFrom(replica: string, reader: string, image: string): Promise<string> {
    const address = this.outputs.hosts[replica]?.address ?? "";
    const [repository = "", tag = ""] = image.split(":");
    return this.good(
      reader,
      `from() { signed --fail --connect-to "$R:${address}:5000" "$@"; }
       request() { curl -sS --max-time 60 "$@"; }
       cd "$(mktemp -d)"
       from -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' -o manifest "https://$R/v2/${repository}/manifests/${tag}" || exit
       for digest in $(jq -r '.config.digest, .layers[].digest' manifest); do
         read -r sum _ < <(from "https://$R/v2/${repository}/blobs/$digest" | sha256sum)
         [ "sha256:$sum" = "$digest" ] || { echo "$digest is sha256:$sum" >&2; exit 1; }
       done
       read -r sum _ < <(sha256sum manifest); echo "sha256:$sum"; rm -rf "$PWD"`,
      120,
    );
  }

  /** How many bytes all layers and manifests take, as one replica's host sees the shared folder. */
  public async size(replica: string): Promise<number> {
    const [size] = (await this.stack.exec(replica, ["du", "-sb", BLOBS])).split("\t");
    return Number(size);
  }

  /** Empties the link of a repository's only layer that isn't its configuration, as a full disk does. @returns the file */
  public async damageLayer(replica: string, repository: string): Promise<string> {
    const find = `find ${FOLDER}/${repository}/_layers -name link | sort | head -n 1`;
    const file = (
      await this.stack.exec(replica, ["bash", "-c", `file=$(${find}) && : >"$file" && echo "$file"`])
    ).trim();
    return file.slice(FOLDER.length + 1);
  }

  /** What a link holds. */
  public link(replica: string, file: string): Promise<string> {
    return this.stack.exec(replica, ["cat", `${FOLDER}/${file}`]);
  }

  /** Writes a link. */
  public async writeLink(replica: string, file: string, content: string): Promise<void> {
    await this.stack.exec(replica, ["bash", "-c", `printf %s '${content}' >'${FOLDER}/${file}'`]);
  }

  /** How many bytes of a repository's unfinished uploads have come so far, and at which replica the most come in. */
  public async upload(repository: string, replicas: readonly string[]): Promise<{ bytes: number; at: string }> {
    const [first = ""] = replicas;
    const size = `cat ${FOLDER}/${repository}/_uploads/*/data 2>/dev/null | wc -c`;
    const bytes = Number(await this.stack.exec(first, ["bash", "-c", size]));
    const received = replicas.map(async (replica) => {
      const sockets = await this.stack.exec(replica, ["ss", "-Htin", "state", "established", "sport", "=", ":5000"]);
      return Math.max(0, ...[...sockets.matchAll(/bytes_received:(\d+)/g)].map((match) => Number(match[1])));
    });
    const counts = await Promise.all(received);
    return { bytes, at: replicas[counts.indexOf(Math.max(...counts))] ?? "" };
  }

  /** Puts an empty folder, root's alone, over a replica's storage, as a lost mount shows one; or takes it away again. */
  public async storage(replica: string, there: boolean): Promise<void> {
    const change = there ? "umount /var/lib/registry" : "mount -t tmpfs -o mode=0755 none /var/lib/registry";
    const text = `id=$(docker ps -q --filter name=swarm-ha-registry_registry) &&
      nsenter -m -t "$(docker inspect -f '{{.State.Pid}}' "$id")" ${change}`;
    await succeed("docker", ["exec", this.stack.container(replica), "bash", "-c", text], { limit: 30 });
  }
}
