import assert from "node:assert/strict";
import { utils } from "ssh2";
import { killAt } from "../support/interrupted";
import { Hello } from "../support/hello";
import { Load } from "../support/load";
import { figure, until } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

/** Rotations that take long, or that are interrupted. The others: test/e2e/cluster/11-rotate.test.ts. */
describe("rotations", function () {
  this.timeout(900_000);
  const stack = new TestStack("e2e-rotate", { hosts: "10.229.0.0/20", ports: portsFrom(23290) });
  let hello: Hello;

  const rotating = async (): Promise<boolean> => {
    const swarm = "curl -s --unix-socket /var/run/docker.sock http://engine/swarm";
    const answer = await stack.onManager(["bash", "-c", swarm]);
    return (JSON.parse(answer) as { RootRotationInProgress: boolean }).RootRotationInProgress;
  };
  const root = async (): Promise<string> => {
    const file = "/var/lib/docker/swarm/certificates/swarm-root-ca.crt";
    return stack.exec("worker-1", ["cat", file]);
  };

  before(async () => {
    await stack.reset();
    await stack.start();
    hello = new Hello(stack, await stack.outputs());
    await hello.deploy();
    await hello.untilAnswers();
  });
  after(() => stack.destroy());

  it("renew all certificates, and no request fails meanwhile", async () => {
    const expiries = async (): Promise<Record<string, string>> => {
      const { certificates } = (await stack.status()).status;
      const own = certificates.filter(({ use }) => use !== "authority");
      return Object.fromEntries(own.map(({ owner, use, notAfter }) => [`${owner} ${use}`, notAfter]));
    };
    const before = await expiries();
    const begun = Date.now();
    const load = new Load(async () => {
      await hello.ask();
    });
    try {
      const { seconds } = await stack.good("rotate", [stack.name, "certificates"], 400);
      figure("rotate certificates", seconds);
    } finally {
      await load.stop();
    }
    const after = await expiries();
    assert.deepEqual(Object.keys(after).sort(), Object.keys(before).sort());
    for (const [whose, notAfter] of Object.entries(before)) assert.ok((after[whose] ?? "") > notAfter, whose);
    const { requests, failed } = load.report(begun);
    assert.ok(requests > 100, String(requests));
    assert.deepEqual(failed, []);
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("of the root CA wait for one that a killed run has begun, and begin no other", async () => {
    const old = await root();
    // A node that can't renew holds the rotation up until it runs again.
    await stack.exec("worker-3", ["pkill", "-STOP", "-x", "dockerd"]);
    let going: Promise<unknown> | undefined;
    const goOn = (): void => void (going ??= stack.exec("worker-3", ["pkill", "-CONT", "-x", "dockerd"]));
    try {
      const moment = { name: "while nodes renew", pattern: /Waiting until every node has renewed/ };
      await killAt(stack, moment, "rotate", [stack.name, "swarm-ca"]);
      assert.equal(await rotating(), true);
      const again = await stack.tool("rotate", [stack.name, "swarm-ca"], 300, (output) => {
        if (output.includes("Continuing the rotation")) goOn();
      });
      assert.equal(again.code, 0, again.output);
      assert.match(again.output, /Continuing the rotation/);
      figure("a rotation of the root CA, resumed", again.seconds);
    } finally {
      goOn();
      await going;
    }
    assert.equal(await rotating(), false);
    assert.notEqual(await root(), old);
    await stack.untilHealthy();
  });

  it("of the root CA are refused while a node is Down", async () => {
    await stack.kill("worker-3");
    try {
      await until("the managers to have noticed", 60, async () => {
        const node = (await stack.nodes()).find(({ Hostname }) => Hostname === "worker-3");
        return node?.Status === "Down" ? undefined : node?.Status;
      });
      const old = await root();
      const { code, stderr } = await stack.tool("rotate", [stack.name, "swarm-ca"], 60);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /worker-3 is Down.*npm run repair/);
      assert.deepEqual([await rotating(), await root()], [false, old]);
      // The join tokens don't need that host.
      await stack.good("rotate", [stack.name, "join-tokens"], 120);
    } finally {
      await stack.revive("worker-3");
    }
    await stack.untilHealthy();
  });

  describe("of the SSH key", () => {
    const hosts = [
      "bastion",
      ...["manager", "registry", "worker"].flatMap((tier) => [1, 2, 3].map((n) => `${tier}-${n}`)),
    ];
    /** Lines of a host's authorized_keys. */
    const keysOn = async (host: string): Promise<string[]> =>
      (await stack.exec(host, ["cat", "/etc/ssh/authorized_keys"])).trim().split("\n");
    const ownKey = async (): Promise<string> => {
      const parsed = utils.parseKey((await stack.outputs()).access.bastion.privateKey);
      assert.ok(!(parsed instanceof Error));
      return `${parsed.type} ${parsed.getPublicSSH().toString("base64")}`;
    };
    const assertOnly = async (key: string, names: readonly string[]): Promise<void> => {
      for (const host of names) assert.deepEqual(await keysOn(host), [key], host);
    };

    for (const [name, pattern, switched] of [
      ["when every host lets the new key in", /Logging in to every host with the new key/, false],
      ["when the new key is in the state", /Removing the old SSH key/, true],
    ] as const) {
      it(`end with one key when a run was killed ${name}, and the stack works in between`, async () => {
        const before = await ownKey();
        await killAt(stack, { name, pattern }, "rotate", [stack.name, "ssh-keys"]);
        const between = await ownKey();
        // At the first moment the kill may come after the state was written.
        if (switched) assert.notEqual(between, before);
        for (const host of hosts) assert.ok((await keysOn(host)).includes(between), host);
        await stack.pulumi("preview", "--expect-no-changes");
        await stack.untilHealthy();
        const { seconds } = await stack.good("rotate", [stack.name, "ssh-keys"], 120);
        figure("rotate ssh-keys", seconds);
        const after = await ownKey();
        assert.ok(after !== before && after !== between);
        await assertOnly(after, hosts);
        await stack.pulumi("preview", "--expect-no-changes");
      });
    }

    it("are refused while a host is down, and change nothing", async () => {
      const before = await ownKey();
      await stack.kill("worker-3");
      try {
        const { code, stderr } = await stack.tool("rotate", [stack.name, "ssh-keys"], 90);
        assert.equal(code, 1, stderr);
        assert.match(stderr, /isn't rotated.*worker-3 \(.*npm run repair/);
        assert.equal(await ownKey(), before);
      } finally {
        await stack.revive("worker-3");
      }
      await stack.untilHealthy();
      await assertOnly(before, hosts);
    });

    it("give new hosts only the new key, and steps run with it", async () => {
      await stack.good("rotate", [stack.name, "ssh-keys"], 120);
      await stack.good("replace", [stack.name, "worker-3"], 300);
      await assertOnly(await ownKey(), hosts);
      await stack.pulumi("preview", "--expect-no-changes");
    });
  });
});
