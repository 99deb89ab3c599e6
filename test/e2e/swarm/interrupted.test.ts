import assert from "node:assert/strict";
import { hostImage } from "../../../components/platform/local/image";
import { LABELS } from "../../../plan/labels";
import { assertConverges, killAt, MOMENTS, removeUnwritten } from "../../support/interrupted";
import { figure, succeed } from "../../support/run";
import { assertNoSecret, knownSecrets } from "../../support/secrets";
import { TestStack } from "../../support/test-stack";
import { portsFrom } from "../../support/stack-config";

const HOSTS = ["manager-1", "manager-2", "manager-3", "registry-1", "worker-1", "worker-2"];
/** The others, each from nothing, and those of a replacement are in test/long. */
const CHOSEN = MOMENTS.filter(({ name }) => /first container$|second manager|workers/.test(name));

describe("an npm start that is killed", function () {
  this.timeout(300_000);
  const stack = new TestStack(
    "killed-e2e",
    { hosts: "10.216.0.0/20", ports: portsFrom(23220) },
    { registry: { replicas: 1 }, workers: { worker: { count: 2 } } },
  );

  before(() => stack.reset());
  after(async () => {
    if ((await stack.remains()).length > 0) await stack.destroy();
  });

  // One after the other: each goes on from where the one before was killed.
  for (const moment of CHOSEN) {
    it(`${moment.name} leaves a state that the next run continues from`, async () => {
      await killAt(stack, moment, "start", [stack.name]);
    });
  }

  it("any number of times ends with one swarm, and every node once", () => assertConverges(stack, HOSTS));

  it("while it creates a container that is no longer wanted leaves one that status lists and npm start removes", async () => {
    const [name, volume] = [stack.container("worker-9"), `${stack.container("worker-9")}-engine`];
    const labels = ["--label", `${LABELS.stack}=${stack.name}`, "--network", stack.name];
    const args = ["create", "--name", name, ...labels, "--volume", `${volume}:/var/lib/docker`, hostImage()];
    await succeed("docker", args, { limit: 30 });
    const { code, status } = await stack.status();
    assert.equal(code, 1);
    assert.ok(status.problems.some((problem) => problem.includes(name) && problem.includes("npm run repair")));
    await assertConverges(stack, HOSTS);
    assert.deepEqual(
      (await stack.remains()).filter((what) => what.includes("worker-9")),
      [],
    );
  });

  it("after it has removed a node, before that is in the state, replaces that host", async () => {
    const before = await stack.identities();
    await removeUnwritten(stack, "manager-2");
    await assertConverges(stack, HOSTS);
    const changed = Object.entries(await stack.identities()).filter(([host, id]) => before[host] !== id);
    assert.deepEqual(
      changed.map(([host]) => host),
      ["manager-2"],
    );
  });

  describe("and a second, minimal stack beside it", () => {
    const small = new TestStack(
      "small-e2e",
      { hosts: "10.215.0.0/20", ports: portsFrom(23210) },
      { zones: ["zone-a"], managers: { count: 1 }, registry: { replicas: 1 }, workers: { worker: { count: 1 } } },
    );

    before(() => small.reset());
    after(async () => {
      if ((await small.remains()).length > 0) await small.destroy();
    });

    it("comes up with a swarm of its own", async () => {
      const { seconds, output } = await small.pulumi("up", "--yes", "--skip-preview");
      figure("pulumi up of 3 hosts", seconds);
      // Unlike npm start, this shows all that the Pulumi engine prints of a first up.
      assert.match(output, /prepare-manager-1 creating/);
      assertNoSecret("the output of pulumi up", output, await knownSecrets(small));
      const names = (await small.nodes()).map((node) => node.Hostname).sort();
      assert.deepEqual(names, ["manager-1", "registry-1", "worker-1"]);
      await small.untilHealthy();
      assert.notDeepEqual(await small.swarmIds(), await stack.swarmIds());
    });

    it("leaves the first as it was", async () => {
      const { code, status } = await stack.status();
      assert.equal(code, 0, status.problems.join("\n"));
      assert.equal(status.nodes.length, HOSTS.length);
    });

    it("is destroyed without a trace, while the first one stays up", async () => {
      const before = await stack.identities();
      const { seconds } = await small.destroy();
      figure("npm run destroy of 3 hosts", seconds);
      assert.deepEqual(await small.remains(), []);
      assert.deepEqual(await stack.identities(), before);
      assert.equal((await stack.status()).code, 0);
    });
  });
});
