/** A service that answers over HTTP, and a client of it, on an attachable overlay network of the swarm. */
import { createHash } from "node:crypto";
import { hostImage } from "../../components/platform/local/image";
import { succeed, until } from "./run";
import { lines, type TestStack } from "./test-stack";

/**
 * Made of what the host image has, so that no registry is needed, and small, because it is put into every host's Docker engine.
 * HAProxy answers with its task's name, and on SIGUSR1 ends when it has answered what it was asked.
 */
const DOCKERFILE = `FROM ${hostImage()} AS host
RUN mkdir -p /out/tmp /out/etc \\
 && for program in /bin/bash /usr/bin/curl /usr/sbin/haproxy /bin/sleep /bin/date; do \\
      cp --parents -L "$program" $(ldd "$program" | grep -o '/[^ ]*') /out || exit 1; \\
    done \\
 && printf '%s\\n' 'defaults' '  mode http' '  timeout connect 2s' '  timeout client 5s' '  timeout server 5s' \\
      'frontend web' '  bind :8080' \\
      '  http-request return status 200 content-type text/plain lf-string %[env(HOSTNAME)]' >/out/haproxy.cfg
FROM scratch
COPY --from=host /out/ /
STOPSIGNAL SIGUSR1
CMD ["/usr/sbin/haproxy", "-f", "/haproxy.cfg"]
`;

/** The image. */
export const IMAGE = `swarm-ha/test-web:${createHash("sha256").update(DOCKERFILE).digest("hex").slice(0, 12)}`;
const NETWORK = "test-app";
const SERVICE = "test-web";
const CLIENT = "test-client";

/**
 * Asks the service every 100 ms until it is told to stop, at the latest after 5 minutes. As a client does it: one retry,
 * after a moment, with a fresh look at the names. Prints one word per request.
 */
const STEADY = `end=$((SECONDS + 300))
ask() { curl -sS -o /dev/null --fail --connect-timeout 1 --max-time 3 http://${SERVICE}:8080/ 2>&1; }
while [ $SECONDS -lt $end ]; do
  if why=$(ask); then echo ok; else sleep 1; if ask >/dev/null; then echo retried; else echo "failed $(date +%T) $why"; fi; fi
  sleep 0.1
done`;

/** A task that runs. */
export interface Task {
  readonly host: string;
  readonly container: string;
  readonly address: string;
}

/** See the top of this file. */
export class WebService {
  private image: Promise<Buffer> | undefined;
  private clientHost = "";
  private created = false;

  public constructor(private readonly stack: TestStack) {}

  /** Puts the image into those hosts' Docker engines that don't have it. */
  public async load(...hosts: string[]): Promise<void> {
    this.image ??= buildImage();
    const image = await this.image;
    const load = `docker image inspect ${IMAGE} >/dev/null 2>&1 || exec docker load --quiet`;
    // (A Docker engine has closed the connection before its answer, once in some hundred loads.)
    const loaded = (host: string): Promise<number> =>
      until(`${host} to load ${IMAGE}`, 60, () =>
        this.stack.exec(host, ["bash", "-c", load], image).then(() => undefined),
      );
    await Promise.all(hosts.map(loaded));
  }

  /** Makes network and service, and waits until all replicas run. */
  public async create(replicas: number): Promise<void> {
    await this.stack.onManager(["docker", "network", "create", "--driver", "overlay", "--attachable", NETWORK]);
    this.created = true;
    await this.stack.onManager(
      ["docker", "service", "create", "--quiet", "--detach", "--name", SERVICE, "--replicas", String(replicas)].concat(
        ["--network", NETWORK, "--endpoint-mode", "dnsrr", "--no-resolve-image"],
        ["--constraint", "engine.labels.com.example.storage==ssd"],
        ["--placement-pref", "spread=node.labels.swarm-ha.zone"],
        [IMAGE],
      ),
    );
    await until(`${replicas} tasks of ${SERVICE} to run`, 180, async () => {
      if ((await this.placement()).length === replicas) return undefined;
      return this.stack.onManager(["docker", "service", "ps", "--no-trunc", SERVICE]);
    });
  }

  /** Spreads the tasks again, over workers that have come since: the new ones start first. */
  public async spread(): Promise<void> {
    const update = ["--update-order", "start-first", "--update-parallelism", "3", "--force"];
    await this.stack.onManager(
      ["docker", "service", "update", "--quiet", "--no-resolve-image", ...update, SERVICE],
      120,
    );
  }

  /** Removes all of it. */
  public async remove(): Promise<void> {
    await this.stopClient();
    if (!this.created) return;
    this.created = false;
    await this.stack.onManager(["docker", "service", "rm", SERVICE]);
    await until("the network to be free", 60, async () => {
      await this.stack.onManager(["docker", "network", "rm", NETWORK]);
      return undefined;
    });
  }

  /** Starts a container on the network that does nothing, or asks the service again and again. */
  public async startClient(host: string, steady = false): Promise<void> {
    await this.stopClient();
    this.clientHost = host;
    await this.stack.exec(host, ["docker", "rm", "-f", CLIENT]).catch(() => undefined);
    // PID 1 ignores what it has no handler for: SIGKILL ends it at once.
    const options = ["-d", "--name", CLIENT, "--network", NETWORK, "--stop-signal", "SIGKILL"];
    const program = ["bash", "-c", steady ? STEADY : "sleep 1000000"];
    await this.stack.exec(host, ["docker", "run", ...options, IMAGE, ...program]);
  }

  /** What the steady client has met with so far, by word. */
  public async clientReport(): Promise<{ ok: number; retried: number; failed: string[] }> {
    const words = (await this.stack.exec(this.clientHost, ["docker", "logs", CLIENT])).trim().split("\n");
    const count = (word: string): number => words.filter((each) => each === word).length;
    return { ok: count("ok"), retried: count("retried"), failed: words.filter((each) => each.startsWith("failed")) };
  }

  /** Removes the client. */
  public async stopClient(): Promise<void> {
    if (this.clientHost === "") return;
    await this.stack.exec(this.clientHost, ["docker", "rm", "-f", CLIENT]).catch(() => undefined);
    this.clientHost = "";
  }

  /** Asks the service once from the client. @returns the name of the task that answered */
  public ask(): Promise<string> {
    const request = ["curl", "-sS", "--fail", "--max-time", "5", `http://${SERVICE}:8080/`];
    return this.stack.exec(this.clientHost, ["docker", "exec", CLIENT, ...request], undefined, 15);
  }

  /** Which tasks run, and where, as the managers have it. */
  public async placement(): Promise<string[]> {
    const filters = ["--filter", "desired-state=running", "--format", "{{json .}}"];
    const found = lines(await this.stack.onManager(["docker", "service", "ps", ...filters, SERVICE]));
    return (found as { Node: string; CurrentState: string }[])
      .filter((task) => task.CurrentState.startsWith("Running"))
      .map((task) => task.Node)
      .sort();
  }

  /** The tasks as the hosts' Docker engines have them. */
  public async tasks(hosts: readonly string[]): Promise<Task[]> {
    const format = `{{.ID}} {{(index .NetworkSettings.Networks "${NETWORK}").IPAddress}}`;
    const found = hosts.map(async (host) => {
      const list = ["ps", "-q", "--filter", `label=com.docker.swarm.service.name=${SERVICE}`];
      const ids = (await this.stack.exec(host, ["docker", ...list])).trim().split("\n").filter(Boolean);
      if (ids.length === 0) return [];
      const inspected = await this.stack.exec(host, [
        "docker",
        "inspect",
        "--format",
        format.replace(".ID", ".Id"),
        ...ids,
      ]);
      return inspected
        .trim()
        .split("\n")
        .map((line): Task => {
          const [container = "", address = ""] = line.split(" ");
          return { host, container, address };
        });
    });
    return (await Promise.all(found)).flat();
  }

  /** Asks every address from within one task. @returns the names that answered, which are containers' short ids */
  public async askFrom(task: Task, addresses: readonly string[]): Promise<string[]> {
    const urls = addresses.map((address) => `http://${address}:8080/`);
    const request = ["curl", "-sS", "--fail", "--max-time", "5", "-w", "\\n", ...urls];
    const answer = await this.stack.exec(task.host, ["docker", "exec", task.container, ...request]);
    return answer.trim().split("\n").sort();
  }
}

async function buildImage(): Promise<Buffer> {
  const env = { ...process.env, DOCKER_BUILDKIT: "0" };
  const known = await succeed("docker", ["images", "-q", IMAGE], { limit: 20 });
  if (known.trim() === "")
    await succeed("docker", ["build", "-q", "--network", "none", "-t", IMAGE, "-"], {
      limit: 180,
      env,
      input: DOCKERFILE,
    });
  // Text would not survive as such: it goes through a pipe in base64.
  const save = ["-c", `docker save ${IMAGE} | gzip -1 | base64 -w0`];
  return Buffer.from(await succeed("bash", save, { limit: 60 }), "base64");
}
