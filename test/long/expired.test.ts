import assert from "node:assert/strict";
import { ownRoot, type OwnRoot } from "../support/external-ca";
import { figure, until } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

const FOLDER = "/var/lib/docker/swarm/certificates";

/**
 * The shortest validity of a node's certificate is an hour (swarmkit), and hosts share the workstation's clock. So the swarm gets a
 * root whose key the test has, and hosts find a certificate that ended while their Docker engines were stopped.
 */
const EXPIRE = `set -eu
cd ${FOLDER}
umask 077
cat >/run/input
sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' /run/input >/run/root.crt
sed -n '/BEGIN EC PRIVATE/,/END EC PRIVATE/p' /run/input >/run/root.key
sed '/^[A-Za-z-]*: /d; /^$/d' swarm-node.key >/run/node.key
day() { date -u -d "$1" +%Y%m%d%H%M%SZ; }
openssl x509 -x509toreq -copy_extensions copyall -in swarm-node.crt -signkey /run/node.key -out /run/node.csr
openssl x509 -req -in /run/node.csr -copy_extensions copyall -CA /run/root.crt -CAkey /run/root.key \\
  -not_before "$(day '1 day ago')" -not_after "$(day '1 minute ago')" -out /run/node.crt
cat /run/node.crt >swarm-node.crt
rm -f /run/input /run/root.key /run/node.key`;

describe("hosts that were off for longer than their certificates were valid", function () {
  this.timeout(900_000);
  const stack = new TestStack(
    "e2e-expired",
    { hosts: "10.237.0.0/20", ports: portsFrom(23410) },
    {
      registry: { replicas: 1 },
      workers: { worker: { count: 2 } },
    },
  );
  const managers = ["manager-1", "manager-2", "manager-3"];
  let root: OwnRoot;

  const engines = (action: string, hosts: readonly string[]) =>
    Promise.all(hosts.map((host) => stack.exec(host, ["sv", "-w", "60", action, "docker"], undefined, 90)));
  /** Stops the Docker engines, ends the certificates, and starts the engines again. */
  const expire = async (...hosts: string[]): Promise<void> => {
    await engines("stop", hosts);
    const input = `${root.certificate}${root.key}`;
    await Promise.all(hosts.map((host) => stack.exec(host, ["bash", "-c", EXPIRE], input)));
    await engines("start", hosts);
    for (const host of hosts)
      await until(`${host} to refuse its certificate`, 60, async () => {
        const state = await stack.exec(host, [
          "docker",
          "info",
          "--format",
          "{{.Swarm.LocalNodeState}}: {{.Swarm.Error}}",
        ]);
        return /^error: .*certificate/i.test(state) ? undefined : state;
      });
  };
  const nodeIds = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await stack.nodes()).map(({ Hostname, ID }) => [Hostname, ID]));

  before(async () => {
    root = await ownRoot("test root");
    await stack.reset();
    await stack.start();
    const rotate = `umask 077; cat >/run/input
      sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' /run/input >/run/root.crt
      sed -n '/BEGIN EC PRIVATE/,/END EC PRIVATE/p' /run/input >/run/root.key
      docker swarm ca --rotate --quiet --ca-cert /run/root.crt --ca-key /run/root.key >/dev/null
      code=$?; rm /run/input /run/root.crt /run/root.key; exit $code`;
    await stack.exec("manager-1", ["bash", "-c", rotate], `${root.certificate}${root.key}`, 120);
    await stack.untilHealthy();
  });
  after(() => stack.destroy());

  it("are named by status, and repair lets them join again, one at a time, with what is on them", async () => {
    const before = await nodeIds();
    const identities = await stack.identities();
    await stack.exec("worker-1", ["docker", "volume", "create", "kept"]);
    await expire("worker-1", "manager-2");
    await until("the managers to have noticed", 60, async () => {
      const down = (await stack.nodes()).filter(({ Status }) => Status === "Down").map(({ Hostname }) => Hostname);
      return down.length === 2 ? undefined : down.join();
    });
    const { status } = await stack.status();
    for (const host of ["worker-1", "manager-2"])
      assert.ok(
        status.problems.some(
          (text) => text.startsWith(host) && text.includes("its certificate of the swarm has expired"),
        ),
        status.problems.join("\n"),
      );
    const { output, seconds } = await stack.good("repair", [stack.name], 400);
    figure("repair of a manager and a worker with expired certificates", seconds);
    for (const host of ["worker-1", "manager-2"])
      assert.match(output, new RegExp(`Letting ${host} join again.*its certificate of the swarm has expired`));
    assert.doesNotMatch(output, /Restarting the Docker engine|Replacing/);
    const after = await nodeIds();
    assert.notEqual(after["worker-1"], before["worker-1"]);
    assert.notEqual(after["manager-2"], before["manager-2"]);
    assert.equal(after["manager-3"], before["manager-3"]);
    assert.deepEqual(await stack.identities(), identities);
    assert.match(await stack.exec("worker-1", ["docker", "volume", "ls", "-q"]), /^kept$/m);
    await stack.untilHealthy();
  });

  it("are all recovered, if none of them has a valid certificate", async () => {
    const [swarm] = await stack.swarmIds();
    await stack.onManager(["sh", "-c", "echo x | docker config create precious -"]);
    const identities = await stack.identities();
    await expire(...managers, "registry-1", "worker-1", "worker-2");
    const { code, status } = await stack.status();
    assert.equal(code, 2);
    assert.match(status.problems.join("\n"), /manager-1: .*its certificate of the swarm has expired/);
    const refused = await stack.tool("repair", [stack.name], 200);
    assert.equal(refused.code, 1, refused.output);
    assert.match(refused.output, /npm run recover/);
    const { seconds } = await stack.good("recover", [stack.name, "--yes"], 600);
    figure("recovery of a swarm of 6 nodes in which all certificates have expired", seconds);
    await stack.untilHealthy();
    assert.deepEqual(await stack.swarmIds(), [swarm]);
    assert.match(await stack.onManager(["docker", "config", "ls"]), /\bprecious\b/);
    assert.deepEqual(await stack.identities(), identities);
  });
});
