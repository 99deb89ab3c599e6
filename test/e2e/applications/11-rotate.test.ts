import assert from "node:assert/strict";
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { utils } from "ssh2";
import { openBastion } from "../../../components/ssh/bastion";
import type { StackOutputs } from "../../../components/outputs";
import { endpointsOf } from "../../support/endpoints";
import { Hello } from "../../support/hello";
import { Load } from "../../support/load";
import { RegistryClient } from "../../support/registry";
import { figure, type Ran } from "../../support/run";
import { APPLICATIONS, HOSTS, useSharedStack } from "../../support/shared-stack";

const WORKERS = ["worker-1", "worker-2", "worker-3"];

interface Login {
  readonly username: string;
  readonly password: string;
}

describe("rotate", function () {
  this.timeout(400_000);
  const stack = useSharedStack(APPLICATIONS);
  let outputs: StackOutputs;
  let hello: Hello | undefined;
  let load: Load | undefined;
  let begun = 0;

  before(async () => {
    outputs = await stack.outputs();
    hello = new Hello(stack, outputs);
    await hello.deploy();
    await hello.untilAnswers();
    const app = hello;
    begun = Date.now();
    load = new Load(async () => {
      await app.ask();
    });
  });
  after("the application is gone", async function () {
    this.timeout(120_000);
    await load?.stop();
    await hello?.remove();
  });

  const rotate = async (what: string, ...flags: string[]): Promise<Ran> => {
    const ran = await stack.good("rotate", [stack.name, what, ...flags]);
    figure(`rotate ${what}`, ran.seconds);
    return ran;
  };
  const tokens = async (): Promise<readonly string[]> => {
    const ask = (role: string): Promise<string> => stack.onManager(["docker", "swarm", "join-token", "-q", role]);
    return [(await ask("worker")).trim(), (await ask("manager")).trim()];
  };

  it("replaces the join tokens: the old ones let nobody in, and an up has nothing to do", async () => {
    const before = await tokens();
    const { output } = await rotate("join-tokens");
    const after = await tokens();
    for (const token of [...before, ...after]) assert.ok(!output.includes(token), "a token was shown");
    assert.equal(new Set([...before, ...after]).size, 4);
    const [address = ""] = Object.values(outputs.hosts).flatMap((host) =>
      host.role === "manager" ? [host.address] : [],
    );
    const joins = await stack.exec("worker-3", ["bash", "-c", JOIN], `${[address, ...before].join("\n")}\n`, 60);
    assert.deepEqual(joins.match(/valid join token is necessary/g)?.length, 2, joins);
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("replaces the swarm's root CA: every node has a certificate of the new one", async () => {
    const roots = async (): Promise<string[]> => {
      const digest =
        "openssl x509 -noout -fingerprint -sha256 -in /var/lib/docker/swarm/certificates/swarm-root-ca.crt";
      const hosts = ["manager-1", "manager-2", "manager-3", "registry-1", ...WORKERS];
      return Promise.all(hosts.map((host) => stack.exec(host, ["bash", "-c", digest])));
    };
    const [old] = await roots();
    await rotate("swarm-ca");
    const now = await roots();
    assert.equal(new Set(now).size, 1, now.join());
    assert.notEqual(now[0], old);
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("replaces the registry's password: no pull is refused, and services pull with the new login", async () => {
    const old = outputs.registryCredentials;
    const next = outputs.access.registryNext;
    assert.ok(old !== undefined && next !== undefined);
    const asked = await stack.tool("rotate", [stack.name, "registry-password"], 60);
    assert.equal(asked.code, 1, asked.output);
    assert.match(asked.stderr, /hello_web.*\n?.*--redeploy/);

    const statuses: number[] = [];
    const pulls = new Load(() => pull(outputs, next, statuses));
    const start = Date.now();
    await rotate("registry-password", "--redeploy");
    await pulls.stop();
    const report = pulls.report(start);
    assert.ok(report.requests > 20, String(report.requests));
    assert.deepEqual(report.failed, []);
    console.log(
      `        ${String(report.requests)} pulls of a manifest, ${String(statuses.filter((status) => status !== 200).length)} of them repeated`,
    );

    outputs = await stack.outputs();
    assert.equal(outputs.registryCredentials?.username, next.username);
    assert.equal(outputs.registryCredentials.password, next.password);
    assert.notEqual(outputs.access.registryNext?.password, old.password);
    // A node without the image pulls it with the login that the service has now.
    const registry = new RegistryClient(stack, outputs);
    const stale = `curl -sS -o /dev/null -w '%{http_code}' --cacert "$CA" --connect-to "$R:$LB:\${R#*:}" -K <(printf 'user = "%s:%s"\\n' '${old.username}' '${old.password}') "https://$R/v2/"`;
    assert.equal(await registry.good("worker-1", stale), "401");
    await Promise.all(
      WORKERS.map((worker) =>
        registry.good(worker, `docker rmi -f "$R/hello:latest" "$(docker images -q "$R/hello")" >/dev/null 2>&1; true`),
      ),
    );
    await hello?.roll();
    assert.equal((await hello?.nodes())?.length, 3);
    await stack.good("context", [stack.name], 60);
  });

  it("replaces the SSH key: every host refuses the old one, no host is replaced, and an up has nothing to do", async () => {
    const before = await stack.containers();
    const old = outputs.access.bastion;
    const { output } = await rotate("ssh-keys");
    outputs = await stack.outputs();
    const { bastion } = outputs.access;
    assert.notEqual(bastion.privateKey, old.privateKey);
    assert.doesNotMatch(output, /PRIVATE|AAAAC3NzaC1lZDI1NTE5/);
    await assert.rejects(openBastion(old, 10), /All configured authentication methods failed/);
    (await openBastion(bastion, 10)).close();
    const parsed = utils.parseKey(bastion.privateKey);
    assert.ok(!(parsed instanceof Error));
    const line = `${parsed.type} ${parsed.getPublicSSH().toString("base64")}\n`;
    for (const host of ["bastion", ...HOSTS]) {
      assert.equal(await stack.exec(host, ["cat", "/etc/ssh/authorized_keys"]), line, host);
    }
    assert.deepEqual(await stack.containers(), before);
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("has failed no request to the application", async () => {
    await load?.stop();
    const report = load?.report(begun);
    assert.ok((report?.requests ?? 0) > 100, JSON.stringify(report));
    assert.deepEqual(report?.failed, []);
  });
});

/**
 * Starts a second Docker engine on a host, which tries to join with each token. It gets a bridge of its own: without one it
 * would delete the first engine's. Reads the manager's address, then a token a line.
 */
const JOIN = `set -e; exec 2>&1; d=$(mktemp -d); echo '{}' >"$d/daemon.json"
ip link add name rotate0 type bridge; ip address add 10.199.250.1/29 dev rotate0
trap 'kill "$(cat "$d/pid")" 2>/dev/null || true; wait; ip link delete rotate0; rm -rf "$d"' EXIT
dockerd --config-file "$d/daemon.json" --data-root "$d/data" --exec-root "$d/exec" --pidfile "$d/pid" --host "unix://$d/sock" \\
  --bridge rotate0 --iptables=false --storage-driver vfs >"$d/log" 2>&1 &
for _ in $(seq 100); do if docker -H "unix://$d/sock" version >/dev/null 2>&1; then break; fi; sleep 0.2; done
docker -H "unix://$d/sock" version >/dev/null || { tail -5 "$d/log"; exit 1; }
read -r address
while read -r token; do
  timeout 20 docker -H "unix://$d/sock" swarm join --token "$token" --listen-addr 127.0.0.1:12377 --advertise-addr 127.0.0.1:12377 "$address:2377" || true
done`;

/** How often a pull is repeated, as Docker engines do it when a replica stops. */
const TRIES = 4;

/** Reads a manifest. @throws Error at once when the login is refused, and when all tries have failed */
async function pull(outputs: StackOutputs, login: Login, statuses: number[]): Promise<void> {
  let last = "";
  for (let i = 0; i < TRIES; i++) {
    if (i > 0) await sleep(1000);
    const status = await manifest(outputs, login).catch((error: unknown) => {
      last = String(error);
      return 0;
    });
    statuses.push(status);
    if (status === 200) return;
    if (status === 401) throw new Error("the login is refused");
  }
  throw new Error(`no manifest after ${String(TRIES)} tries: ${last}, ${statuses.slice(-TRIES).join(" ")}`);
}

function manifest(outputs: StackOutputs, { username, password }: Login): Promise<number> {
  const { registry } = endpointsOf(outputs);
  const accept = "application/vnd.docker.distribution.manifest.v2+json";
  return new Promise((resolve, reject) => {
    const call = request(
      {
        ...{
          host: "127.0.0.1",
          port: registry.port,
          path: "/v2/hello/manifests/latest",
          agent: false,
          timeout: 10_000,
        },
        ...{ ca: outputs.caCertificate, servername: registry.hostname, auth: `${username}:${password}` },
        headers: { accept },
      },
      (answer) => {
        answer.resume();
        answer.on("end", () => {
          resolve(answer.statusCode ?? 0);
        });
        answer.on("error", reject);
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer within 10 s")));
    call.on("error", reject);
    call.end();
  });
}
