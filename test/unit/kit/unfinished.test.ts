import assert from "node:assert/strict";
import { isWhole, marked, unfinished, type State, type StateResource } from "../../../cli/pulumi/unfinished";

const urn = (type: string, name: string): string => `urn:pulumi:local::swarm-ha::${type}::${name}`;
const CONTAINER = "pulumi-nodejs:dynamic/swarm-ha:Container";
const COMMAND = "command:remote:Command";

const instance = (name: string, more: Partial<StateResource> = {}): StateResource => ({
  urn: urn(CONTAINER, name),
  type: CONTAINER,
  id: `id-of-${name}`,
  inputs: { container: name },
  ...more,
});

/** A step that was made for an instance, as it was then. */
const step = (name: string, of: string, undo: boolean, more: Partial<StateResource> = {}): StateResource => ({
  urn: urn(COMMAND, name),
  type: COMMAND,
  id: `command-${name}`,
  inputs: { create: "sh", triggers: [`id-of-${of}`], ...(undo ? { delete: "sh" } : {}) },
  propertyDependencies: { triggers: [urn(CONTAINER, of)], connection: [urn("tls:index:PrivateKey", "client")] },
  ...more,
});

const node = (more: Partial<StateResource> = {}): StateResource => step("node-manager-2", "manager-2", true, more);
const pending = (type: string, resource: StateResource): NonNullable<State["pending_operations"]>[number] => ({
  type,
  resource: { urn: resource.urn, ...(resource.id === undefined ? {} : { id: resource.id }) },
});
const NOTHING = { replace: [], update: [] };

describe("engine: what an interrupted run has left half done", () => {
  it("is nothing in a state without pending operations", () => {
    assert.deepEqual(unfinished({}), NOTHING);
    assert.deepEqual(unfinished({ resources: null, pending_operations: null }), NOTHING);
    assert.deepEqual(unfinished({ resources: [instance("manager-2"), node()], pending_operations: [] }), NOTHING);
    assert.ok(isWhole(NOTHING));
  });

  it("is an instance whose node may have been removed: it is no member any more, whatever the state says", () => {
    const state = { resources: [instance("manager-2"), node()], pending_operations: [pending("deleting", node())] };
    assert.deepEqual(unfinished(state), { replace: [urn(CONTAINER, "manager-2")], update: [] });
    assert.ok(!isWhole(unfinished(state)));
  });

  it("is an instance whose node was removed, when the run ended before the instance was replaced", () => {
    const removed = node({ pendingReplacement: true });
    const join = step("join-manager-manager-2", "manager-2", false);
    assert.deepEqual(unfinished({ resources: [instance("manager-2"), join, removed] }), {
      replace: [urn(CONTAINER, "manager-2")],
      update: [],
    });
  });

  it("is neither a new instance, which the removed node didn't belong to, nor one that is to be created", () => {
    const removed = node({ pendingReplacement: true });
    assert.deepEqual(unfinished({ resources: [instance("manager-2", { id: "new" }), removed] }), NOTHING);
    assert.deepEqual(
      unfinished({ resources: [instance("manager-2", { pendingReplacement: true }), removed] }),
      NOTHING,
    );
    assert.deepEqual(unfinished({ resources: [removed] }), NOTHING);
  });

  it("is whatever else was being deleted, if that does anything", () => {
    const [key, plain] = [{ ...instance("x"), type: "tls:index:PrivateKey" }, step("prepare-x", "x", false)];
    const stack: StateResource = { urn: urn(COMMAND, "stack"), type: COMMAND, id: "s", inputs: { delete: "sh" } };
    const resources = [instance("lb-manager"), key, plain, stack];
    const state = { resources, pending_operations: resources.map((resource) => pending("deleting", resource)) };
    assert.deepEqual(unfinished(state).replace, [urn(CONTAINER, "lb-manager"), stack.urn]);
  });

  it("is not what the Pulumi engine deletes or makes by itself", () => {
    const old = instance("worker-1", { delete: true });
    assert.deepEqual(unfinished({ resources: [old], pending_operations: [pending("deleting", old)] }), NOTHING);
    const gone = instance("worker-1", { pendingReplacement: true });
    assert.deepEqual(unfinished({ resources: [gone], pending_operations: [pending("deleting", gone)] }), NOTHING);
    const told = instance("worker-1", { taint: true });
    assert.deepEqual(unfinished({ resources: [told], pending_operations: [pending("deleting", told)] }), NOTHING);
    const unknown = instance("worker-9");
    assert.deepEqual(unfinished({ resources: [], pending_operations: [pending("creating", unknown)] }), NOTHING);
  });

  it("is what was being updated: the config may have been taken back since", () => {
    const state = {
      resources: [instance("lb-manager")],
      pending_operations: [pending("updating", instance("lb-manager"))],
    };
    assert.deepEqual(unfinished(state), { replace: [], update: [urn(CONTAINER, "lb-manager")] });
  });

  it("is marked as the Pulumi engine understands it, and nothing else is touched", () => {
    const old = instance("lb-manager", { delete: true });
    const resources = [instance("lb-manager"), old, instance("bastion"), node()];
    const state = {
      resources,
      pending_operations: [pending("updating", instance("bastion"))],
      manifest: { time: "x" },
    };
    const left = { replace: [urn(CONTAINER, "lb-manager")], update: [urn(CONTAINER, "bastion")] };
    assert.deepEqual(marked(state, left), {
      manifest: { time: "x" },
      resources: [
        { ...resources[0], taint: true },
        old,
        { ...resources[2], initErrors: ["its update was interrupted"] },
        resources[3],
      ],
      pending_operations: [],
    });
    assert.deepEqual(unfinished(marked(state, left)), NOTHING);
  });
});
