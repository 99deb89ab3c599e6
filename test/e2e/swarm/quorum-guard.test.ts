import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { hostImage } from "../../../components/platform/local/image";
import { mayRemoveManager } from "../../../plan/quorum";
import { root } from "../../../cli/paths";
import { succeed } from "../../support/run";

/** A node of a generated cluster, as a letter each for what matters of it. */
interface Generated {
  readonly name: number;
  readonly manager: boolean;
  readonly state: "ready" | "down" | "unknown" | "disconnected";
  readonly reachability: "reachable" | "unreachable" | "unknown";
}

const node: fc.Arbitrary<Generated> = fc.record({
  name: fc.integer({ min: 1, max: 8 }),
  manager: fc.constantFrom(true, true, true, false),
  state: fc.constantFrom("ready", "ready", "ready", "down", "unknown", "disconnected"),
  reachability: fc.constantFrom("reachable", "reachable", "reachable", "unreachable", "unknown"),
});

const question = fc.record({
  nodes: fc.array(node, { minLength: 1, maxLength: 9 }),
  candidate: fc.nat(9),
  desired: fc.integer({ min: 0, max: 7 }),
});

const CASES = 250;

/** Reads three lines for each case and prints the verdict. */
const LOOP = `while IFS= read -r id && IFS= read -r desired && IFS= read -r nodes; do
  quorum_verdict "$id" "$desired" <<<"$nodes"
done`;

describe("the quorum guard on the bastion", function () {
  this.timeout(180_000);

  it(`decides as plan/quorum.ts does, in ${CASES} generated clusters`, async () => {
    const cases = fc.sample(question, { numRuns: CASES, seed: 3 }).map(({ nodes, candidate, desired }) => ({
      candidate: `id-${candidate}`,
      desired: Array.from({ length: desired }, (_, i) => `manager-${i + 1}`),
      nodes: nodes.map((each, i) => ({
        ID: `id-${i}`,
        Description: { Hostname: `manager-${each.name}` },
        Status: { State: each.state },
        ...(each.manager ? { ManagerStatus: { Reachability: each.reachability } } : {}),
      })),
    }));
    const script = `${readFileSync(join(root, "scripts/lib/quorum.sh"), "utf8")}\n${LOOP}`;
    const input = cases.flatMap((each) => [each.candidate, JSON.stringify(each.desired), JSON.stringify(each.nodes)]);
    const run = ["run", "--rm", "-i", "--network", "none", "--entrypoint", "bash", hostImage(), "-c", script];
    const verdicts = (await succeed("docker", run, { limit: 150, input: `${input.join("\n")}\n` })).trim().split("\n");
    assert.equal(verdicts.length, CASES);
    for (const [i, { candidate, desired, nodes }] of cases.entries()) {
      const managers = nodes.flatMap(({ ID, Description, Status, ManagerStatus }) => {
        if (ManagerStatus === undefined) return [];
        const reachable = ManagerStatus.Reachability === "reachable";
        return [{ id: ID, name: Description.Hostname, ready: Status.State === "ready", reachable, leader: false }];
      });
      const { allowed, reason } = mayRemoveManager({ managers, candidate, desired });
      const told = `shell: ${verdicts[i] ?? ""}; TypeScript: ${reason}; ${candidate} of ${JSON.stringify(nodes)}`;
      assert.equal(verdicts[i] === "ok", allowed, told);
    }
  });
});
