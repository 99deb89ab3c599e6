import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { utils } from "ssh2";
import { certificatesIn } from "../../components/pki/bundle";
import { AppClient } from "../support/app-client";
import { endpointsOf, visit } from "../support/endpoints";
import { killAt } from "../support/interrupted";
import { Hello } from "../support/hello";
import { Load } from "../support/load";
import { RegistryClient } from "../support/registry";
import { figure, until } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

const HOSTS = ["manager", "registry", "worker"].flatMap((tier) => [1, 2, 3].map((n) => `${tier}-${String(n)}`));

/** Rotations that take long, or that are interrupted. The others: test/e2e/applications/11-rotate.test.ts. */
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
    const hosts = ["bastion", ...HOSTS];
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

  describe("of the CA", () => {
    /** Since when each Docker engine runs. */
    const engines = (): Promise<string[]> =>
      Promise.all(HOSTS.map((host) => stack.exec(host, ["bash", "-c", "ps -o pid=,lstart= -C dockerd"])));

    it("fail no request and no pull, restart no Docker engine, and the old one is refused", async () => {
      const old = await stack.outputs();
      const before = await engines();
      // The cluster's own clients are the ones that mustn't notice. People have to be given the new CA.
      const client = new AppClient(old);
      const begun = Date.now();
      const load = new Load(async () => {
        assert.equal((await client.ask("hello", "/", { rejectUnauthorized: false })).status, 200);
      }, 9000);
      const pulls = new Pulls(new RegistryClient(stack, old), ["worker-1", "worker-2", "worker-3"]);
      try {
        const { seconds, output } = await stack.good("rotate", [stack.name, "ca", "--yes"], 600);
        figure("rotate ca", seconds);
        assert.doesNotMatch(output, /PRIVATE/);
      } finally {
        await Promise.all([load.stop(), pulls.stop()]);
      }
      const { requests, failed } = load.report(begun);
      console.log(
        `        ${String(requests)} requests, ${String(pulls.done)} pulls, ${String(pulls.repeated)} repeated`,
      );
      assert.ok(requests > 300 && pulls.done > 20, `${String(requests)} ${String(pulls.done)}`);
      assert.deepEqual([failed, pulls.failed], [[], []]);
      assert.deepEqual(await engines(), before, "a Docker engine was restarted");

      const now = await stack.outputs();
      assert.equal(certificatesIn(now.caCertificate).length, 1);
      assert.notEqual(now.caCertificate, old.caCertificate);
      const file = `/etc/docker/certs.d/${new URL(now.endpoints.registry ?? "").host}/ca.crt`;
      for (const host of HOSTS) {
        assert.deepEqual(certificatesIn(await stack.exec(host, ["cat", file])), [now.caCertificate], host);
      }
      const { manager } = endpointsOf(now);
      for (let i = 0; i < 6; i++) {
        await assert.rejects(visit(manager, old.access.client), { code: /ALERT/ });
        assert.equal((await visit(manager, now.access.client)).status, manager.status);
      }
      await stack.pulumi("preview", "--expect-no-changes");
      await stack.untilHealthy();
      await stack.good("context", [stack.name], 60);
    });

    it("finish when a run is killed while certificates are issued, and begin no other one", async () => {
      const old = await stack.outputs();
      const state = { killed: false };
      const { output, code } = await stack.tool("rotate", [stack.name, "ca", "--yes"], 400, (text, kill) => {
        if (state.killed || !text.includes("Issuing all certificates")) return;
        state.killed = true;
        setTimeout(kill, 20_000);
      });
      assert.ok(state.killed && code === null, output);
      const between = certificatesIn((await stack.outputs()).caCertificate);
      const { seconds, output: again } = await stack.good("rotate", [stack.name, "ca", "--yes"], 600);
      figure("rotate ca, continued", seconds);
      assert.doesNotMatch(again, /Distributing the new CA/);
      const now = await stack.outputs();
      assert.ok(now.caCertificate !== old.caCertificate && between.includes(now.caCertificate));
      await assert.rejects(visit(endpointsOf(now).manager, old.access.client), { code: /ALERT/ });
      await stack.pulumi("preview", "--expect-no-changes");
      await stack.untilHealthy();
    });
  });
});

/** Pulls by the Docker engines of hosts, one after the other on each, until it is stopped. */
class Pulls {
  public done = 0;
  public repeated = 0;
  public readonly failed: string[] = [];
  private stopped = false;
  private readonly running: Promise<void>[];

  public constructor(
    private readonly registry: RegistryClient,
    hosts: readonly string[],
  ) {
    this.running = hosts.map((host) => this.pull(host));
  }

  public async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  private async pull(host: string): Promise<void> {
    while (!this.stopped) {
      let last = "";
      // A replica that stops may cut a pull, which is repeated then. One that is refused never is.
      for (let i = 0; i < 4; i++) {
        const { code, output } = await this.registry.script(host, 'login; docker pull "$R/hello:latest"');
        last = code === 0 ? "" : output.slice(-400);
        if (last === "" || /x509|certificate/i.test(last)) break;
        this.repeated++;
        await pause(1000);
      }
      if (last === "") this.done++;
      else this.failed.push(`${host}: ${last}`);
      await pause(500);
    }
  }
}
