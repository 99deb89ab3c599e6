/** Looks at a swarm's managers while their number changes. */
import assert from "node:assert/strict";
import { majority } from "../../plan/quorum";
import type { TestStack } from "./test-stack";

/** Milliseconds, from the begin of one look to the end of the next, in which no two managers join, each with its steps. */
const CLOSE = 700;

/** A manager as `docker node inspect` shows it. One that is being demoted has the role of a worker already. */
export interface Manager {
  readonly Description: { readonly Hostname: string };
  readonly Spec: { readonly Role: "manager" | "worker" };
  readonly ManagerStatus: { readonly Reachability: string };
}

/** Whether the leader reaches it: unlike its status, that is known again as soon as there is a leader. */
function votes({ ManagerStatus }: Manager): boolean {
  return ManagerStatus.Reachability === "reachable";
}

/** What one look at the managers has shown; it began and ended at these times (milliseconds). */
export interface Look {
  readonly from: number;
  readonly until: number;
  readonly managers: readonly Manager[];
}

/** Looks at the managers of a stack, by `docker node inspect` on one of them, again and again. */
export class ManagerSamples {
  private running = true;
  private readonly done: Promise<Look[]>;

  public constructor(private readonly stack: TestStack) {
    this.done = this.sample();
  }

  /** Ends it. */
  public stop(): Promise<Look[]> {
    this.running = false;
    return this.done;
  }

  /** Fails when a node goes in between. */
  private async look(): Promise<Manager[]> {
    const script = "docker node inspect $(docker node ls -q)";
    const nodes = JSON.parse(await this.stack.onManager(["sh", "-c", script], 10)) as Partial<Manager>[];
    return nodes.filter((node): node is Manager => "ManagerStatus" in node);
  }

  private async sample(): Promise<Look[]> {
    const seen: Look[] = [];
    const end = Date.now() + 240_000;
    while (this.running && Date.now() < end) {
      const from = Date.now();
      const managers = await this.look().catch(() => []);
      if (managers.length > 0) seen.push({ from, until: Date.now(), managers });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return seen;
  }
}

/**
 * Never two steps at once, whenever one looks: no manager comes or goes while another one is still on its way.
 *
 * @param joining whether managers have joined, and not left
 */
export function assertOneAtATime(seen: readonly Look[], joining: boolean): void {
  assert.ok(seen.length > 3, "too few looks at the managers");
  for (const { managers } of seen) {
    const living = managers.filter((node) => votes(node)).length;
    assert.ok(living >= majority(managers.length), JSON.stringify(managers));
    assert.ok(managers.length - living <= 1, JSON.stringify(managers));
    assert.ok(managers.filter(({ Spec }) => Spec.Role === "worker").length <= 1, JSON.stringify(managers));
  }
  // Looks may be far apart on a busy workstation, and fail while there is no leader: only close ones can be compared.
  // (A demotion that is done leaves nothing to see, and the next one may follow at once.)
  for (const [i, { managers, until }] of joining ? seen.entries() : []) {
    const before = seen[i - 1];
    if (before === undefined || until - before.from > CLOSE) continue;
    const change = Math.abs(managers.length - before.managers.length);
    assert.ok(change <= 1, JSON.stringify([before, seen[i]]));
  }
}
