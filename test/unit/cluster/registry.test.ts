import assert from "node:assert/strict";
import { matchNodes } from "../../../cli/cluster/match";
import type { LiveRegistry } from "../../../cli/cluster/model";
import { readRegistry, registryProblems } from "../../../cli/cluster/registry";
import { nodeOf, wanted } from "./support";

const desired = wanted();
const running = (...hosts: string[]): LiveRegistry["replicas"] =>
  Object.fromEntries(hosts.map((host) => [`id-${host}`, { state: "running", error: "" }]));
const ALL = ["registry-1", "registry-2", "registry-3"];

/** @param down a host that isn't Ready */
function problems(live: Parameters<typeof registryProblems>[2], down = ""): string[] {
  const nodes = desired.nodes.map((host) => nodeOf(host, host.name === down ? { state: "down" } : {}));
  return registryProblems("local", matchNodes(desired.nodes, nodes).matches, live).map(({ text }) => text);
}

describe("problems of the registry", () => {
  it("are none when a replica runs on each registry host, or the stack has no registry", () => {
    assert.deepEqual(problems({ readOnly: false, replicas: running(...ALL) }), []);
    assert.deepEqual(problems(undefined), []);
  });

  it("name the host without a replica, and why the last one failed", () => {
    const replicas = {
      ...running("registry-1", "registry-3"),
      "id-registry-2": { state: "ready", error: "No such image" },
    };
    const [text = "", ...more] = problems({ readOnly: false, replicas });
    assert.deepEqual(more, []);
    assert.match(
      text,
      /^registry-2 .* runs no replica of the registry \(ready\); the last one failed: No such image\./,
    );
    assert.equal(problems({ readOnly: false, replicas: running("registry-1") }).length, 2);
  });

  it("leave out a host that is down", () => {
    assert.deepEqual(problems({ readOnly: false, replicas: running("registry-1", "registry-3") }, "registry-2"), []);
  });

  it("include that pushes are refused, and the command that ends it", () => {
    const [text = ""] = problems({ readOnly: true, replicas: running(...ALL) });
    assert.match(text, /refuses pushes.*npm run registry:gc -- local/);
  });

  it("include that its replicas can't be listed", () => {
    assert.match(problems({ error: "HTTP 404: no such service" })[0] ?? "", /no such service/);
  });

  it("are found in the tasks: the newest of each node counts", async () => {
    const task = (CreatedAt: string, DesiredState: string, State: string, Err?: string): object => ({
      NodeID: "n1",
      CreatedAt,
      DesiredState,
      Status: { State, ...(Err === undefined ? {} : { Err }) },
    });
    const answers = (env: string[], tasks: object[]) => (_: string, path: string) =>
      Promise.resolve(path.startsWith("/tasks") ? tasks : { Spec: { TaskTemplate: { ContainerSpec: { Env: env } } } });
    const failed = task("2030-01-01T00:00:01Z", "shutdown", "rejected", "No such image");
    const next = task("2030-01-01T00:00:02Z", "ready", "ready");
    assert.deepEqual(await readRegistry(answers([], [next, failed])), {
      readOnly: false,
      replicas: { n1: { state: "ready", error: "No such image" } },
    });
    const env = ['REGISTRY_STORAGE_MAINTENANCE_READONLY={"enabled":true}'];
    assert.deepEqual(await readRegistry(answers(env, [failed])), {
      readOnly: true,
      replicas: { n1: { state: "none", error: "No such image" } },
    });
  });
});
