import assert from "node:assert/strict";
import { majority } from "../../../plan/quorum";
import { ManagerProbe } from "../../support/manager-api";
import { figure } from "../../support/run";
import { useSharedStack } from "../../support/shared-stack";
import type { TestStack } from "../../support/test-stack";

/** Seconds without an answer that an election explains (measured: 15 to 21 s). */
const ELECTION = 25;
/** Milliseconds, from the begin of one look to the end of the next, in which no two managers join, each with its steps. */
const CLOSE = 700;
/**
 * Seconds in which the load balancer may lead to members that are no managers yet, or no more: two checks, and one's
 * time limit. (HAProxy takes a new member for good until its first check has failed.)
 */
const HEALTH_WINDOW = 13;

describe("managers", function () {
  this.timeout(300_000);
  const stack = useSharedStack();

  for (const [from, to] of [
    [3, 5],
    [5, 3],
  ] as const) {
    it(`go from ${from} to ${to} one at a time, and the API goes on answering`, async () => {
      stack.configure({ managers: { count: to } });
      const leader = (await stack.nodes()).find((node) => node.ManagerStatus === "Leader")?.Hostname ?? "";
      const probe = new ManagerProbe(await stack.outputs(), 240);
      const samples = new ManagerSamples(stack);
      const { seconds } = await stack.pulumi("up", "--yes", "--skip-preview");
      figure(`pulumi up from ${from} to ${to} managers`, seconds);
      // The load balancer needs two checks, five seconds apart, to see that one is no manager any more.
      await stack.untilHealthy();
      const [seen, report] = [await samples.stop(), await probe.stop()];

      const nodes = (await stack.nodes()).filter((node) => node.ManagerStatus !== "");
      assert.deepEqual(
        nodes.map((node) => node.Hostname).sort(),
        Array.from({ length: to }, (_, i) => `manager-${i + 1}`),
      );
      assert.ok(
        nodes.every(
          ({ Status, ManagerStatus }) => Status === "Ready" && ["Leader", "Reachable"].includes(ManagerStatus),
        ),
      );

      console.log(`        calls: ${report.calls}, with one retry ${report.retried}, failed ${report.failed.length}`);
      figure("longest time without an answer", report.longestOutage);
      assert.ok(seen.length > 3, "too few looks at the managers");
      // Never two steps at once, whenever one looks: no manager comes or goes while another one is still on its way.
      for (const { managers } of seen) {
        const living = managers.filter((node) => votes(node)).length;
        assert.ok(living >= majority(managers.length), JSON.stringify(managers));
        assert.ok(managers.length - living <= 1, JSON.stringify(managers));
        assert.ok(managers.filter(({ Spec }) => Spec.Role === "worker").length <= 1, JSON.stringify(managers));
      }
      // Looks may be far apart on a busy workstation, and fail while there is no leader: only close ones can be compared.
      // (A demotion that is done leaves nothing to see, and the next one may follow at once.)
      for (const [i, { managers, until }] of to > from ? seen.entries() : []) {
        const before = seen[i - 1];
        if (before === undefined || until - before.from > CLOSE) continue;
        const change = Math.abs(managers.length - before.managers.length);
        assert.ok(change <= 1, JSON.stringify([before, seen[i]]));
      }
      const limit = to < from && leader > `manager-${to}` ? ELECTION : HEALTH_WINDOW;
      assert.ok(report.longestOutage < limit, report.failed.join("\n"));
    });
  }
});

/** A manager as `docker node inspect` shows it. One that is being demoted has the role of a worker already. */
interface Manager {
  readonly Description: { readonly Hostname: string };
  readonly Spec: { readonly Role: "manager" | "worker" };
  readonly ManagerStatus: { readonly Reachability: string };
}

/** Whether the leader reaches it: unlike its status, that is known again as soon as there is a leader. */
function votes({ ManagerStatus }: Manager): boolean {
  return ManagerStatus.Reachability === "reachable";
}

/** What one look at the managers has shown; it began and ended at these times (milliseconds). */
interface Look {
  readonly from: number;
  readonly until: number;
  readonly managers: readonly Manager[];
}

/** Looks at the managers, by `docker node inspect` on one of them, again and again. */
class ManagerSamples {
  private running = true;
  private readonly done: Promise<Look[]>;

  public constructor(private readonly stack: TestStack) {
    this.done = this.sample();
  }

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
