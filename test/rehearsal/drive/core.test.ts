/** The life of a stack on the simulated AWS, as short as it can be told: the whole of it is in test/rehearsal-whole. */
import assert from "node:assert/strict";
import { TEST } from "../../support/aws/matrix";
import { figure } from "../../support/run";
import { isAllowed, probesFor, type Probed } from "./probes";
import { SimulatedAws } from "./simulated-aws";

/** Seconds that an `up` from nothing may take here. */
const UP_LIMIT = 480;

describe("the stack test on the simulated AWS", function () {
  this.timeout(900_000);
  let aws: SimulatedAws;

  before(async () => {
    aws = await SimulatedAws.start("test");
    aws.workstation.configure({ backup: {} });
  });
  after(() => aws.end());

  it("comes up healthy at its first up", async () => {
    const { seconds } = await aws.workstation.up();
    figure("up of test from nothing", seconds);
    assert.ok(seconds < UP_LIMIT);
    const { code, status } = await aws.workstation.status();
    assert.deepEqual([code, status.problems], [0, []]);
  });

  it("has nothing to do afterwards", async () => {
    assert.deepEqual(await aws.workstation.preview(), {});
  });

  it("lets through what the table of rules has, between all roles and from outside, and nothing else", async () => {
    const hosts = ["manager", "registry", "worker"].flatMap((row) =>
      [1, 2].map((n): Probed => {
        const name = `${row}-${String(n)}`;
        return { name, row, kind: "host", address: aws.instance(name).address };
      }),
    );
    const bastion: Probed = {
      name: "bastion",
      row: "bastion",
      kind: "host",
      address: aws.instance("bastion").address,
    };
    const inside = [...hosts, bastion];
    const balancers = ["lb-manager", "lb-registry", "lb-registry-internal", "lb-app"].map((name) => {
      const [first] = aws.balancer(name).interfaces;
      const end: Probed = { name, row: name, kind: "load balancer", address: first?.address ?? "" };
      return { end, publicAddress: first?.publicAddress };
    });
    const outside: Probed = { name: "workstation", row: "203.0.113.0/24", kind: "outside", address: "" };
    const elastic = [...aws.world.cloud.state.addresses.values()].find(({ tags }) => tags["Name"] === "test-bastion");
    const fronts: Probed[] = [
      { ...bastion, address: elastic?.publicAddress ?? "" },
      ...balancers.flatMap(({ end, publicAddress: address }) => (address === undefined ? [] : [{ ...end, address }])),
    ];
    const pairs = [
      ...inside.flatMap((from) => inside.filter((to) => to !== from).map((to) => [from, to] as const)),
      ...inside.flatMap((from) => balancers.map(({ end }) => [from, end] as const)),
      ...balancers.flatMap(({ end }) => inside.map((to) => [end, to] as const)),
      ...fronts.map((to) => [outside, to] as const),
    ];
    const probes = probesFor(pairs, TEST);
    const answers = [...(await aws.probe(probes))];
    // Silence may come from a busy workstation: an attempt that has to pass gets three tries.
    for (let again = 0; again < 2; again++) {
      const silent = probes.flatMap((probe, i) => (isAllowed(probe, TEST) && answers[i] !== true ? [i] : []));
      const later = silent.length === 0 ? [] : await aws.probe(silent.flatMap((i) => probes[i] ?? []));
      silent.forEach((i, at) => (answers[i] = later[at] === true));
    }
    const wrong = probes.flatMap((probe, i) => {
      const allowed = isAllowed(probe, TEST);
      if (allowed === answers[i]) return [];
      const { from, to, protocol, port } = probe;
      return [`${from.name} -> ${to.name} ${protocol} ${String(port)}: ${allowed ? "is blocked" : "comes through"}`];
    });
    assert.deepEqual(wrong, []);
    assert.ok(answers.includes(true) && answers.includes(false));
  });

  it("backs up into a bucket of its own, with the bastion's role alone", async () => {
    const { seconds, output } = await aws.workstation.good("backup", ["test", "--verify"], { limit: 300 });
    figure("backup, and a scratch restore of it", seconds);
    assert.match(output, /Stored the swarm of test as [0-9a-f]{8}/);
    const { backup } = await aws.workstation.outputs();
    const bucket = backup?.repository.replace("s3:https://s3.eu-central-1.amazonaws.com/", "") ?? "";
    assert.match(bucket, /^backup-storage-/);
    const listed = await aws.workstation.good("backup", ["test", "--list"], { limit: 120 });
    assert.match(listed.stdout, /^[0-9a-f]{8} .* manager-/m);
    // restic may try again for minutes where it is refused, and prints why at once.
    const restic = (host: string, command: string): Promise<string> => {
      const environment = { RESTIC_REPOSITORY: backup?.repository ?? "", RESTIC_PASSWORD: backup?.password ?? "" };
      const lines = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`);
      const script = [
        ...lines,
        `if timeout 20 restic --no-cache ${command} 2>&1; then echo accepted; else echo failed; fi`,
      ];
      return aws.execute(host, ["sh"], script.join("\n"));
    };
    assert.match(await restic("bastion", "cat config"), /accepted$/m);
    await aws.execute("manager-1", [
      "sh",
      "-c",
      "apt-get -qq update && apt-get -qqy install --no-install-recommends restic",
    ]);
    assert.match(await restic("manager-1", "cat config"), /Stat: Access Denied[^]*failed$/m);

    // Without one of its actions, the bastion's role can't back up either.
    const { credentials, cloud } = aws.world;
    const role = cloud.state.roles.get(credentials.roleOf(aws.instance("bastion")) ?? "");
    assert.ok(role !== undefined);
    const whole = [...role.policies];
    for (const [name, policy] of whole) {
      const Statement = policy.document.Statement.map((one) => ({
        ...one,
        Action: one.Action.filter((action) => action !== "s3:PutObject"),
      }));
      role.policies.set(name, { ...policy, document: { ...policy.document, Statement } });
    }
    try {
      const refused = await restic("bastion", "backup --stdin --stdin-filename x </etc/hostname");
      assert.match(refused, /not authorized to perform: s3:PutObject[^]*failed$/m);
    } finally {
      for (const [name, policy] of whole) role.policies.set(name, policy);
    }
  });

  it("comes back after all instances of a zone were terminated behind its back", async () => {
    const zone = aws.instance("manager-2").zone;
    await aws.terminate((instance) => instance.zone === zone);
    const { code } = await aws.workstation.status();
    assert.equal(code, 1);
    const { seconds } = await aws.workstation.up("--refresh");
    figure("a zone's instances recreated", seconds);
    const healthy = await aws.workstation.untilHealthy(60);
    figure("healthy after that", healthy);
  });

  it("is destroyed in an order that AWS accepts, and leaves nothing", async () => {
    const { seconds } = await aws.workstation.good("destroy", ["test", "--yes"]);
    figure("destroy", seconds);
    // 9 s of processor time, most of it the `aws` program's: with 35 processes waiting for 2 cores, 60 s weren't enough.
    const { code, stdout } = await aws.workstation.tool("unmanaged", ["test"], { limit: 240 });
    assert.deepEqual([code, stdout], [0, "Nothing of the stack test is left.\n"]);
    assert.deepEqual(aws.instances(), []);
  });
});
