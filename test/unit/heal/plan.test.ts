import assert from "node:assert/strict";
import fc from "fast-check";
import { lostVolume, refuseNoManager } from "../../../cli/platform/local/heal/bring-back";
import { planHeal, type HealAction } from "../../../cli/platform/local/heal/plan";
import { recipeOf } from "../../../cli/platform/local/heal/restored";
import { objectsIn, type KnownInstance, type KnownObjects } from "../../../cli/platform/local/heal/state";
import type { Found, FoundContainer } from "../../../cli/platform/local/heal/survey";
import { findingsOf } from "../../../cli/platform/local/heal/words";
import { stepsOf } from "../../../cli/pulumi/unfinished";

const instance = (name: string, nested = true): KnownInstance => ({
  name,
  urn: `urn::${name}`,
  identity: `first-${name}`,
  role: name.split("-")[0] ?? "",
  container: `x-${name}`,
  hostname: name,
  labels: {},
  network: "x",
  address: `10.0.0.${String(name.length)}`,
  nested,
  ...(name.startsWith("registry") ? { volumes: ["x-registry:/srv/registry"] } : {}),
});

const NAMES = ["manager-1", "registry-1", "worker-10", "bastion"];
const known: KnownObjects = {
  network: { name: "x", stack: "x", subnet: "10.0.0.0/20", gateway: "10.0.0.1" },
  instances: NAMES.map((name) => instance(name, name !== "bastion")),
};

function container({ name, container: called, address, network, identity }: KnownInstance): FoundContainer {
  return {
    id: `id-${name}`,
    identity,
    name: called,
    state: "running",
    networks: { [network]: { id: "net", address } },
  };
}

const volumes = ["x-manager-1-engine", "x-registry-1-engine", "x-worker-10-engine", "x-registry"];
const whole: Found = { network: "net", containers: known.instances.map(container), volumes };
const change = (name: string, by: Partial<FoundContainer> | undefined): Found => ({
  ...whole,
  containers: whole.containers.flatMap((one) =>
    one.id !== `id-${name}` ? [one] : by === undefined ? [] : [{ ...one, ...by }],
  ),
});
const kinds = (found: Found): string[] =>
  planHeal(known, found).actions.map((action) => `${action.kind} ${"instance" in action ? action.instance.name : ""}`);

/** The Docker engine after an action, as far as a plan looks at it. */
function after(found: Found, action: HealAction): Found {
  if (action.kind === "network") {
    return { ...found, network: "net-2" };
  }
  const others = found.containers.filter(({ identity }) => identity !== action.instance.identity);
  const place = { [action.instance.network]: { id: found.network ?? "", address: action.instance.address } };
  if (action.kind === "restore") {
    const made = { ...container(action.instance), id: `new-${action.instance.name}`, networks: place };
    const shared = (action.instance.volumes ?? []).map((text) => text.split(":")[0] ?? "");
    return { ...found, containers: [...others, made], volumes: [...new Set([...found.volumes, ...shared])] };
  }
  const now = found.containers.find(({ identity }) => identity === action.instance.identity);
  assert.ok(now !== undefined, `${action.kind} of a container that isn't there`);
  const changed = {
    rename: { ...now, name: action.instance.container },
    connect: { ...now, networks: place },
    resume: { ...now, state: "running" },
    start: { ...now, state: "running" },
  }[action.kind];
  return { ...found, containers: [...others, changed] };
}

describe("healing a local stack on the Docker engine", () => {
  it("does nothing where all is as in the state, or the stack has no network yet", () => {
    assert.deepEqual(planHeal(known, whole), { actions: [], gone: [], emptied: [] });
    assert.deepEqual(planHeal({ instances: [] }, { containers: [], volumes: [] }).actions, []);
  });

  it("does what each loss requires, and no more", () => {
    assert.deepEqual(kinds(change("worker-10", { state: "exited" })), ["start worker-10"]);
    assert.deepEqual(kinds(change("worker-10", { state: "paused" })), ["resume worker-10"]);
    assert.deepEqual(kinds(change("worker-10", { state: "restarting" })), []);
    assert.deepEqual(kinds(change("worker-10", { name: "mine" })), ["rename worker-10"]);
    assert.deepEqual(kinds(change("worker-10", { networks: {} })), ["connect worker-10"]);
    const elsewhere = { networks: { x: { id: "net", address: "10.0.0.99" } } };
    assert.deepEqual(kinds(change("worker-10", elsewhere)), ["connect worker-10"]);
    assert.deepEqual(kinds(change("worker-10", undefined)), ["restore worker-10"]);
    assert.deepEqual(kinds(change("bastion", undefined)), ["restore bastion"]);
  });

  it("recreates a network before it connects containers to it, and starts containers only then", () => {
    const stopped = known.instances.map((one) => ({ ...container(one), state: "exited" }));
    const actions = kinds({ containers: stopped, volumes });
    assert.equal(actions[0], "network ");
    assert.deepEqual(
      actions.slice(1),
      NAMES.flatMap((name) => [`connect ${name}`, `start ${name}`]),
    );
  });

  it("takes a host for gone only when its data are gone too; bastion and load balancers have none", () => {
    const nothing = planHeal(known, { network: "net", containers: [], volumes: ["x-registry"] });
    assert.deepEqual(
      nothing.gone.map(({ name }) => name),
      ["manager-1", "registry-1", "worker-10"],
    );
    assert.deepEqual(
      nothing.actions.map(({ kind }) => kind),
      ["restore"],
    );
    assert.deepEqual(planHeal(known, { ...whole, volumes: volumes.slice(0, 3) }).emptied, ["x-registry"]);
  });

  it("recreates a container whose creation was interrupted before its first start", () => {
    const half = change("worker-10", { id: "half", state: "created" });
    const [action] = planHeal(known, half).actions;
    assert.ok(action?.kind === "restore");
    assert.equal(action.replaces, "half");
    const own = change("worker-10", { id: "first-worker-10", state: "created" });
    assert.deepEqual(kinds(own), ["start worker-10"]);
  });

  it("ends with nothing more to do, whatever was lost, and never changes what is gone", () => {
    const states = fc.constantFrom("running", "paused", "exited", "created", "dead");
    const place = fc.constantFrom(
      {},
      { x: { id: "old", address: "10.0.0.9" } },
      { x: { id: "net", address: "1.1.1.1" } },
    );
    const fate = fc.option(fc.record({ state: states, networks: place, name: fc.constantFrom("a", "b") }));
    fc.assert(
      fc.property(
        fc.tuple(...NAMES.map(() => fate)),
        fc.option(fc.constant("net"), { nil: undefined }),
        fc.subarray(volumes),
        (fates, network, left) => {
          const containers = known.instances.flatMap((one, i) => {
            const own = fates[i];
            return own == null ? [] : [{ ...container(one), ...own }];
          });
          const found = { containers, volumes: left, ...(network === undefined ? {} : { network }) };
          const plan = planHeal(known, found);
          const healed = plan.actions.reduce(after, found);
          const again = planHeal(known, healed);
          assert.deepEqual(again.actions, []);
          assert.deepEqual(again.gone, plan.gone);
          for (const action of plan.actions) assert.ok(!("instance" in action && plan.gone.includes(action.instance)));
        },
      ),
    );
  });

  it("stops where no manager is left, with the command for a new stack", () => {
    const managers = ["manager-1", "manager-2"].map((name) => instance(name));
    const [first] = managers;
    assert.ok(first !== undefined);
    refuseNoManager("x", { instances: managers }, { gone: [first] });
    refuseNoManager("x", { instances: [] }, { gone: [] });
    assert.throws(() => {
      refuseNoManager("x", { instances: managers }, { gone: managers });
    }, /^UserError: No manager of the stack x is left: .*npm run destroy -- x --yes, then npm start -- x$/);
  });

  it("reports its findings by host", () => {
    const text = (found: Found): string[] => findingsOf(planHeal(known, found)).map((finding) => finding.text);
    assert.deepEqual(text(whole), []);
    assert.deepEqual(text(change("worker-10", { state: "paused" })), ["The container of worker-10 is paused"]);
    assert.deepEqual(text({ containers: [], volumes: ["x-manager-1-engine", "x-registry"], network: "net" }), [
      "The containers of manager-1 and bastion were removed; the data are still there",
      "registry-1 and worker-10 were removed with their Docker engine's data",
    ]);
    assert.match(text({ containers: [], volumes })[0] ?? "", /^The stack's Docker network is gone/);
  });

  it("recognizes a lost volume by the error of a failed start", () => {
    const said =
      'error evaluating symlinks from mount source "/d/volumes/x-registry/_data": lstat /d/volumes/x-registry: no such file or directory';
    assert.equal(lostVolume(new Error(said)), "x-registry");
    assert.equal(lostVolume(new Error("port is already allocated")), undefined);
  });
});

describe("the Docker engine's objects in a state", () => {
  const outputs = { ...instance("worker-10"), files: { "4dabf18193072939515e22adb298388d": "x", ciphertext: "y" } };
  const resource = (name: string, type: string, more: object = {}) => ({
    urn: `urn:pulumi:x::swarm-ha::${type}::${name}`,
    type,
    id: `id-${name}`,
    ...more,
  });
  const CONTAINER = "pulumi-nodejs:dynamic/swarm-ha:Container";
  const COMMAND = "command:remote:Command";

  it("leaves out hosts that the next up replaces anyway", () => {
    const resources = [
      resource("network", "pulumi-nodejs:dynamic/swarm-ha:Network", { outputs: known.network }),
      resource("a", CONTAINER, { outputs }),
      resource("b", CONTAINER, { outputs, taint: true }),
      resource("c", CONTAINER, { outputs, pendingReplacement: true }),
      resource("d", CONTAINER, { outputs, delete: true }),
    ];
    const objects = objectsIn({ deployment: { resources } });
    assert.deepEqual(objects.network, known.network);
    assert.deepEqual(
      objects.instances.map(({ identity }) => identity),
      ["id-a"],
    );
    assert.deepEqual(objectsIn({ deployment: {} }), { instances: [] });
  });

  it("has the node id and the age of a host's membership for its new container", () => {
    const secret = (plaintext: unknown) => ({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      plaintext: JSON.stringify(plaintext),
    });
    const state = { ...instance("worker-10"), files: secret([{ path: "/a", mode: "0600", content: "key" }]) };
    const resources = [
      resource("worker-10", CONTAINER, { outputs: state }),
      resource("join-worker-worker-1", COMMAND, { outputs: { stdout: '{"nodeId":"wrong"}' } }),
      resource("join-worker-worker-10", COMMAND, { outputs: { stdout: '{"nodeId":"n10"}' } }),
      resource("token-worker-10", COMMAND, { outputs: { stdout: secret('{"token":"t","at":17}') } }),
    ];
    const urn = resources[0]?.urn ?? "";
    const { state: read, more } = recipeOf({ deployment: { resources } }, urn);
    assert.deepEqual(read.files, [{ path: "/a", mode: "0600", content: "key" }]);
    assert.deepEqual(more, [{ path: "/etc/swarm-ha/joined", mode: "0644", content: "n10 17\n" }]);
    assert.deepEqual(recipeOf({ deployment: { resources: resources.slice(0, 1) } }, urn).more, []);
  });

  it("has the steps that a new container needs again: those that the host triggers", () => {
    const step = (name: string, triggers: string[] | null, more: object = {}) =>
      resource(name, COMMAND, { propertyDependencies: { triggers, stdin: ["m"] }, ...more });
    const steps = [
      step("prepare", ["m"]),
      step("join", ["m"]),
      step("other", ["n"]),
      step("stack", null),
      step("old", ["m"], { delete: true }),
      resource("image", "pulumi-nodejs:dynamic/swarm-ha:HostImage", { propertyDependencies: { triggers: ["m"] } }),
    ];
    assert.deepEqual(
      stepsOf("m", steps).map((urn) => urn.split("::").at(-1)),
      ["prepare", "join"],
    );
  });
});
