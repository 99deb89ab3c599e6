import assert from "node:assert/strict";
import { ingressProblems, readIngress } from "../../../tools/cluster/ingress";
import { matchNodes } from "../../../tools/cluster/match";
import { nodeOf, wanted } from "./support";

const desired = wanted();
const workers = desired.nodes.filter(({ role }) => role === "worker").map(({ name }) => name);
const running = (hosts: readonly string[]) => ({
  replicas: Object.fromEntries(hosts.map((host) => [`id-${host}`, { state: "running", error: "" }])),
});

/** @param down a host that isn't Ready */
function problems(live: Parameters<typeof ingressProblems>[2], down = ""): string[] {
  const nodes = desired.nodes.map((host) => nodeOf(host, host.name === down ? { state: "down" } : {}));
  return ingressProblems("local", matchNodes(desired.nodes, nodes).matches, live).map(({ text }) => text);
}

describe("the ingress's part of the status", () => {
  it("says nothing when a replica runs on each worker, or the stack has no ingress", () => {
    assert.ok(workers.length > 1);
    assert.deepEqual(problems(running(workers)), []);
    assert.deepEqual(problems(undefined), []);
  });

  it("names each living worker without a replica, and why the last one failed", () => {
    const [first = "", ...others] = workers;
    const { replicas } = running(others);
    const failed = { replicas: { ...replicas, [`id-${first}`]: { state: "preparing", error: "No such image" } } };
    const [text = "", ...more] = problems(failed);
    assert.deepEqual(more, []);
    assert.match(text, /runs no replica of the ingress \(preparing\); the last one failed: No such image\./);
    assert.ok(text.startsWith(first) && text.includes("service ps --no-trunc ingress_traefik"), text);
    assert.equal(problems(running([])).length, workers.length);
    assert.deepEqual(problems(running(others), first), []);
  });

  it("says so when nobody can tell", () => {
    assert.match(problems({ error: "HTTP 503" })[0] ?? "", /can't tell how the ingress is \(HTTP 503\)/);
  });

  it("is read from the tasks of the ingress alone", async () => {
    const asked: string[] = [];
    const task = {
      NodeID: "n1",
      CreatedAt: "2030-01-01T00:00:01Z",
      DesiredState: "running",
      Status: { State: "running" },
    };
    const replicas = await readIngress((_, path) => {
      asked.push(decodeURIComponent(path));
      return Promise.resolve([task]);
    });
    assert.deepEqual(replicas, { n1: { state: "running", error: "" } });
    assert.deepEqual(asked, ['/tasks?filters={"service":["ingress_traefik"]}']);
  });
});
