import assert from "node:assert/strict";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../../support/pause";
import { figure, succeed, type Ran } from "../../support/run";
import { assertNoSecret, knownSecrets } from "../../support/secrets";
import { CLUSTER, useSharedStack } from "../../support/shared-stack";
import { TestStack } from "../../support/test-stack";

/** Planted where people put secrets. Each has another form or name. */
const PLANTED = {
  env: "pLanted-in-the-environment-1",
  label: "pLanted-in-a-label-22",
  log: "pLanted-in-a-log-333",
  header: Buffer.from("user:pLanted-4444").toString("base64"),
};
/** Seconds for a command while one host is paused: its log-in ends after 8 s, asking it directly after 8 more. */
const LIMIT = 100;

interface Drift {
  readonly differences: readonly {
    readonly kind: string;
    readonly hosts: readonly string[];
    readonly repair: boolean;
  }[];
  readonly notCompared: readonly string[];
}

describe("diagnose and drift", function () {
  this.timeout(300_000);
  const stack = useSharedStack(CLUSTER);
  const file = join(stack.home, "diagnosis.tar.gz");
  const frozen = stack.container("worker-2");
  const node = (...args: string[]): Promise<string> => stack.onManager(["docker", ...args]);
  let diagnosed: Ran;
  let drifted: Ran;

  before("one host is paused, a label is changed by hand, and secrets are planted", async () => {
    rmSync(file, { force: true });
    const labels = ["--label", `com.example.token=${PLANTED.label}`];
    const env = ["--env", `LICENSE=${PLANTED.env}`, "--env", `DB_PASSWORD=${PLANTED.env}`];
    await node(
      "service",
      "create",
      "-dq",
      "--name",
      "planted",
      "--replicas",
      "0",
      "--no-resolve-image",
      ...labels,
      ...env,
      "none:1",
    );
    const line = `password=${PLANTED.log} Authorization: Basic ${PLANTED.header}`;
    await stack.exec("worker-1", ["sh", "-c", `echo '${line}' >/proc/1/fd/1`]);
    await node("node", "update", "--label-add", "swarm-ha.zone=elsewhere", "worker-1");
    await pause(frozen);
    [diagnosed, drifted] = await Promise.all([
      stack.tool("diagnose", [stack.name, "--output", file], LIMIT),
      stack.tool("drift", [stack.name, "--json"], LIMIT),
    ]);
  });

  after(async () => {
    await succeed("docker", ["unpause", frozen], { limit: 30 });
    await node("node", "update", "--label-add", "swarm-ha.zone=zone-a", "worker-1");
    await node("service", "rm", "planted");
    rmSync(file, { force: true });
    await stack.untilHealthy();
  });

  it("write an archive for this user alone, with what is wrong on its first page", async () => {
    assert.equal(diagnosed.code, 0, diagnosed.output);
    figure("npm run diagnose while one host is paused", diagnosed.seconds);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const names = (await succeed("tar", ["-tzf", file], { limit: 10 })).trim().split("\n");
    const inside = names.map((name) => name.slice(name.indexOf("/") + 1));
    assert.equal(inside[0], "README.md");
    const hosts = ["bastion", "lb-app", "manager-1", "registry-1", "worker-1"];
    for (const name of [
      ...["status.json", "nodes.json", "services.json", "tasks.txt", "raft.txt", "reach.txt"],
      ...hosts.map((host) => `hosts/${host}/disks.txt`),
      ...["manager-1", "worker-2"].map((host) => `hosts/${host}/container-log.txt`),
      "hosts/worker-2/not-reached.txt",
      "hosts/manager-1/haproxy-config.txt",
      "hosts/manager-1/certificates.txt",
    ]) {
      assert.ok(inside.includes(name), `${name} isn't in ${inside.join(", ")}`);
    }
    const page = await succeed("tar", ["-xzOf", file, names[0] ?? ""], { limit: 10 });
    for (const seen of [/worker-2 is paused/, /worker-1 .*swarm-ha\.zone/, /\| worker-2 \| worker \| no: /]) {
      assert.match(page, seen);
    }
    const reach = await succeed("tar", ["-xzOf", file, names.find((name) => name.endsWith("/reach.txt")) ?? ""], {
      limit: 10,
    });
    assert.match(reach, /^worker-1 → manager-1 8381\/tcp open$/m);
  });

  it("have none of the planted secrets, and none of the stack's", async () => {
    const text = await succeed("tar", ["-xzOf", file], { limit: 10 });
    // What was planted is there, without its values.
    for (const there of ["LICENSE=[redacted]", "com.example.token", "password=[redacted]"]) {
      assert.ok(text.includes(there), `${there} isn't in the archive`);
    }
    for (const [where, secret] of Object.entries(PLANTED)) assert.ok(!text.includes(secret), `the one in the ${where}`);
    const { registryCredentials, access } = await stack.outputs();
    const values = [
      registryCredentials?.password ?? "",
      Buffer.from(registryCredentials?.password ?? "").toString("base64"),
    ];
    assert.ok(values.every((value) => value !== "") && access.client.key !== "");
    assertNoSecret("the archive", text, [...(await knownSecrets(stack)), ...values]);
  });

  it("find the label, which repair fixes, and go on past the paused host", () => {
    figure("npm run drift while one host is paused", drifted.seconds);
    assert.equal(drifted.code, 1, drifted.output);
    const { differences } = JSON.parse(drifted.stdout) as Drift;
    const of = (host: string): unknown[] =>
      differences.filter(({ hosts }) => hosts.includes(host)).map(({ kind, repair }) => [kind, repair]);
    assert.deepEqual(of("worker-1"), [["labels", true]]);
    assert.ok(of("worker-2").length > 0);
    assert.deepEqual(
      differences.filter(({ hosts }) => !hosts.includes("worker-1") && !hosts.includes("worker-2")),
      [],
    );
  });
});

describe("a stack as it is configured", function () {
  this.timeout(120_000);
  const stack = useSharedStack(CLUSTER);
  const double = new TestStack("e2e-preflight", { hosts: stack.place.hosts, ports: stack.place.ports });

  after(() => {
    rmSync(double.home, { recursive: true, force: true });
  });

  it("has no drift, settings and images included, and nothing that an up would stumble over", async () => {
    const [drift, preflight] = await Promise.all([
      stack.tool("drift", [stack.name, "--json"], 90),
      stack.tool("preflight", [stack.name], 90),
    ]);
    figure("npm run drift, and preflight beside it", Math.max(drift.seconds, preflight.seconds));
    const { differences, notCompared } = JSON.parse(drift.stdout) as Drift;
    assert.deepEqual({ differences, notCompared }, { differences: [], notCompared: [] }, drift.output);
    assert.equal(drift.code, 0);
    assert.equal(preflight.code, 0, preflight.output);
    assert.match(preflight.stdout, /✓ clocks, network, ports/);
    assert.doesNotMatch(preflight.stdout, /UDP/);
  });

  it("is known by preflight to lose packets between two nodes: of one UDP port, and of full size", async () => {
    const { hosts } = await stack.outputs();
    const from = (name: string): string[] => ["-p", "udp", "-s", hosts[name]?.address ?? "", "--dport"];
    const rules = [
      [...from("worker-1"), "7946", "-j", "DROP"],
      [...from("worker-3"), "4789", "-m", "length", "--length", "1400:65535", "-j", "DROP"],
    ];
    const change = async (how: string): Promise<void> => {
      for (const rule of rules) await stack.exec("worker-2", ["iptables", how, "INPUT", ...rule]);
    };
    await change("-I");
    let lossy: Ran;
    try {
      lossy = await stack.tool("preflight", [stack.name], 90);
    } finally {
      await change("-D");
    }
    figure("npm run preflight, with packets lost", lossy.seconds);
    assert.equal(lossy.code, 1, lossy.output);
    const problems = lossy.stdout.split("\n").filter((line) => line.includes("problem: "));
    assert.equal(problems.length, 2, lossy.stdout);
    assert.match(problems[0] ?? "", /UDP packets to 7946 get lost: worker-1 → worker-2\./);
    assert.match(problems[1] ?? "", /Packets of 1500 bytes get lost, and small ones arrive: worker-3 → worker-2\./);
  });

  it("leaves no room for another one in its place: preflight names ports and range at once, and starts nothing", async () => {
    double.configure();
    const { code, stdout, seconds } = await double.tool("preflight", [double.name], 60);
    figure("npm run preflight of a new stack", seconds);
    assert.equal(code, 1);
    const problems = stdout.split("\n").filter((line) => line.includes("problem: "));
    assert.equal(problems.length, 2, stdout);
    for (const port of Object.values(stack.place.ports)) assert.ok(problems[0]?.includes(String(port)), problems[0]);
    assert.match(problems[1] ?? "", /network e2e \(10\.214\.0\.0\/20\)/);
    assert.deepEqual(await double.remains(), []);
  });
});
