import assert from "node:assert/strict";
import { registryPassword } from "../../../../cli/operations/rotate/registry-password";
import type { LiveStack } from "../../../../cli/cluster/stack";
import { FakeSwarm } from "./fake-swarm";

const REGISTRY = "registry.test:5000";
const OLD = { username: "swarm-ha", password: "old-secret" };
const NEXT = { username: "swarm-ha-2", password: "new-secret" };
const REDEPLOY = { redeploy: true, given: ["--redeploy"] };
const PLAIN = { redeploy: false, given: [] };

describe("rotate registry-password", () => {
  let swarm: FakeSwarm;
  beforeEach(() => {
    swarm = new FakeSwarm();
    const now = swarm.cluster.now.bind(swarm.cluster);
    const resources = ["registry-secret", "registry-secret-2"].map((name) => ({ urn: `urn::${name}`, type: "tls" }));
    swarm.cluster.now = () => ({
      ...now(),
      deployment: { deployment: { resources } },
      outputs: {
        endpoints: { registry: `https://${REGISTRY}` },
        registryCredentials: OLD,
        access: { registryNext: { ...NEXT, replaces: "registry-secret" } },
      } as unknown as LiveStack["outputs"],
    });
    swarm.services = [service("web", `${REGISTRY}/web:1`), service("db", "postgres:16")];
  });

  const ups = (): string[] => swarm.cluster.log.filter((line) => line.startsWith("up"));

  it("gives services of the registry the new login, then replaces the old one, and tries both", async () => {
    const { settled } = await swarm.run(registryPassword, {}, REDEPLOY);
    assert.equal(settled, true);
    assert.equal(swarm.posts.length, 1);
    const [post] = swarm.posts;
    assert.equal(post?.path, "/services/web/update?version=3");
    assert.deepEqual(post.body, swarm.services[0]?.Spec);
    const { "x-registry-auth": auth = "" } = post.headers as Record<string, string>;
    assert.deepEqual(JSON.parse(Buffer.from(auth, "base64url").toString()), { ...NEXT, serveraddress: REGISTRY });
    assert.deepEqual(ups(), ["up registry-secret"]);
    assert.deepEqual(swarm.tried, ["swarm-ha", "swarm-ha-2"]);
  });

  it("asks before services lose their login, names them, and keeps both passwords where no is said", async () => {
    const questions: string[] = [];
    const { settled, error } = await swarm.run(registryPassword, { questions }, PLAIN);
    assert.equal(settled, false);
    assert.match(questions.join(), /web/);
    assert.doesNotMatch(questions.join(), /db/);
    assert.match(error ?? "", /registry-password --redeploy\n.*registry-password --yes/);
    assert.deepEqual([ups(), swarm.posts], [[], []]);
    assert.equal((await swarm.run(registryPassword, { yes: true }, PLAIN)).settled, true);
    assert.deepEqual([ups(), swarm.posts], [["up registry-secret"], []]);
  });

  it("asks nothing when no service pulls from the registry", async () => {
    swarm.services = [service("db", "postgres:16"), service("odd", `${REGISTRY}.example.com/web:1`)];
    const questions: string[] = [];
    assert.equal((await swarm.run(registryPassword, { questions }, PLAIN)).settled, true);
    assert.deepEqual(questions, []);
  });

  it("keeps the old login while a service couldn't get the new one", async () => {
    swarm.lost = ["POST /services/web/update", "GET /services/web"];
    const { settled, error } = await swarm.run(registryPassword, {}, REDEPLOY);
    assert.equal(settled, false);
    assert.match(error ?? "", /web: no answer/);
    assert.deepEqual(ups(), []);
  });

  it("changes no service in a rollout, and runs no job again", async () => {
    swarm.services = [{ ...service("web", `${REGISTRY}/web:1`), UpdateStatus: { State: "updating" } }];
    const { plan } = await swarm.run(registryPassword, {}, REDEPLOY);
    assert.match(plan.refused ?? "", /web \(updating\)/);
    assert.deepEqual([ups(), swarm.posts], [[], []]);

    swarm.services = [service("nightly", `${REGISTRY}/nightly:1`, { ReplicatedJob: {} })];
    const dry = await swarm.run(registryPassword, { dryRun: true }, REDEPLOY);
    assert.match(dry.plan.left.join(), /nightly/);
    assert.equal((await swarm.run(registryPassword, {}, REDEPLOY)).settled, true);
    assert.deepEqual(swarm.posts, []);
  });

  it("refuses a stack that has no second login yet", async () => {
    const now = swarm.cluster.now.bind(swarm.cluster);
    swarm.cluster.now = () => ({ ...now(), deployment: {} });
    assert.match((await swarm.run(registryPassword, {}, REDEPLOY)).plan.refused ?? "", /no second login/);
    assert.deepEqual(swarm.posts, []);
  });

  it("fails when a replica still accepts the old login, or refuses the new one", async () => {
    for (const answer of [
      [200, 200],
      [401, 401],
    ]) {
      swarm.cluster.log.length = 0;
      swarm.answers = { "registry-1": [401, 200], "registry-2": answer };
      const { settled, plan } = await swarm.run(registryPassword, {}, REDEPLOY);
      assert.equal(settled, false);
      assert.match(plan.refused ?? "", /^registry-2 answers/);
    }
  });

  it("works with a dead replica, and names it as not asked", async () => {
    swarm.first = { "registry-1": [200, 200], "registry-2": ["no answer", "no answer"] };
    swarm.answers = { "registry-1": [401, 200], "registry-2": ["no answer", "no answer"] };
    swarm.cluster.nodes = { "registry-2": { state: "down" } };
    assert.equal((await swarm.run(registryPassword, {}, REDEPLOY)).settled, true);
    assert.match(swarm.shown.join(), /registry-2 wasn't asked \(no answer\)/);
  });

  it("isn't done when no replica could be asked afterwards", async () => {
    for (const answers of ["the bastion can't be reached", { "registry-1": ["no answer", "no answer"] }]) {
      swarm.cluster.log.length = 0;
      swarm.answers = answers;
      const { settled, plan } = await swarm.run(registryPassword, {}, REDEPLOY);
      assert.equal(settled, false);
      assert.match(plan.refused ?? "", /^The login was replaced, but not verified: .*(bastion|registry-1)/);
    }
  });

  it("finishes the rollout of an earlier run before services get a login that replicas refuse", async () => {
    swarm.first = { "registry-1": [200, 200], "registry-2": [200, 401] };
    swarm.cluster.events["up"] = () => {
      assert.deepEqual(swarm.posts, []);
      swarm.first = { "registry-1": [200, 200], "registry-2": [200, 200] };
    };
    const { settled, past } = await swarm.run(registryPassword, {}, REDEPLOY);
    assert.deepEqual([settled, past.map(({ step }) => step.key)], [true, ["finish", "redeploy", "up"]]);
    assert.deepEqual(ups(), ["up", "up registry-secret"]);
  });

  it("gives services no login that replicas still refuse after that, or that none is known to accept", async () => {
    swarm.first = { "registry-1": [200, 200], "registry-2": [200, 401] };
    const refused = await swarm.run(registryPassword, {}, REDEPLOY);
    assert.match(refused.plan.refused ?? "", /^registry-2 refused the next login/);
    assert.deepEqual([ups(), swarm.posts], [["up"], []]);
    swarm.first = { "registry-1": [503, 503], "registry-2": ["no answer", "no answer"] };
    const unknown = await swarm.run(registryPassword, {}, REDEPLOY);
    assert.match(unknown.plan.refused ?? "", /registry-1: 503 and registry-2: no answer/);
    assert.deepEqual([ups(), swarm.posts], [["up"], []]);
  });

  it("asks once where services lose their login and a rollout is finished first", async () => {
    swarm.first = { "registry-1": [200, 401] };
    swarm.cluster.events["up"] = () => (swarm.first = { "registry-1": [200, 200] });
    const questions: string[] = [];
    assert.equal((await swarm.run(registryPassword, { yes: true, questions }, PLAIN)).settled, true);
    assert.equal(questions.length, 1);
  });

  it("names the command to run again when the up fails: a plain up wouldn't replace the login", async () => {
    swarm.cluster.failing["up registry-secret"] = "a host didn't answer";
    const { error } = await swarm.run(registryPassword, {}, REDEPLOY);
    assert.match(error ?? "", /npm run rotate -- local registry-password --redeploy\n/);
  });

  it("refuses while the configuration has hosts that no up has created or removed", async () => {
    swarm.pending = { lacking: [], extra: ["worker-5", "worker-6"] };
    const { settled, plan } = await swarm.run(registryPassword, {}, REDEPLOY);
    assert.equal(settled, false);
    assert.match(plan.refused ?? "", /remove worker-5 and worker-6.*up --stack local/);
    assert.deepEqual([ups(), swarm.posts], [[], []]);
  });

  it("shows no password", async () => {
    const { past, plan, preparation, failures } = await swarm.run(registryPassword, {}, REDEPLOY);
    assert.doesNotMatch(JSON.stringify([past, plan, preparation, failures]), /secret"|old-secret|new-secret/);
  });
});

function service(ID: string, Image: string, Mode: object = { Replicated: { Replicas: 2 } }) {
  return { ID, Version: { Index: 3 }, Spec: { Name: ID, Mode, TaskTemplate: { ContainerSpec: { Image } } } };
}
