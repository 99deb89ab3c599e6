/** The managers' API through the load balancer, as a client outside the cluster sees it. */
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { StackOutputs } from "../../components/outputs";

/** One call on a connection of its own. @returns the HTTP status @throws Error when there is no answer within 5 s */
function askManagers({ endpoints, caCertificate, access }: StackOutputs, path: string): Promise<number> {
  const { hostname: host, port } = new URL(endpoints.manager);
  const client = access.person ?? access.client;
  return new Promise((resolve, reject) => {
    const call = request(
      { host, port, path, ca: caCertificate, cert: client.cert, key: client.key, agent: false, timeout: 5000 },
      (response) => {
        response.resume();
        response.on("end", () => {
          resolve(response.statusCode ?? 0);
        });
        response.on("error", reject);
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer within 5 s")));
    call.on("error", reject);
    call.end();
  });
}

/** What steady calls have met with. */
export interface ProbeReport {
  readonly calls: number;
  /** Calls that failed and succeeded when repeated once. */
  readonly retried: number;
  /** Calls that failed twice, with what was seen. */
  readonly failed: readonly string[];
  /** Seconds of the longest time in which no call succeeded. */
  readonly longestOutage: number;
}

/** Steady calls of `GET /nodes`, which only a manager with a leader answers, each repeated once when it fails. */
export class ManagerProbe {
  private running = true;
  private readonly done: Promise<ProbeReport>;

  /** @param limit seconds after which it ends by itself */
  public constructor(outputs: StackOutputs, limit: number) {
    this.done = this.probe(outputs, Date.now() + limit * 1000);
  }

  /** Ends it. */
  public stop(): Promise<ProbeReport> {
    this.running = false;
    return this.done;
  }

  private async probe(outputs: StackOutputs, end: number): Promise<ProbeReport> {
    let [calls, retried, longestOutage, good] = [0, 0, 0, Date.now()];
    const failed: string[] = [];
    while (this.running && Date.now() < end) {
      calls++;
      const first = await attempt(outputs);
      let second = first;
      if (first !== undefined) {
        await sleep(500);
        second = await attempt(outputs);
        if (second === undefined) retried++;
        else failed.push(`${new Date().toISOString()} ${first}, then ${second}`);
      }
      const now = Date.now();
      longestOutage = Math.max(longestOutage, (now - good) / 1000);
      if (second === undefined) good = now;
      await sleep(250);
    }
    return { calls, retried, failed, longestOutage };
  }
}

/** @returns what went wrong */
async function attempt(outputs: StackOutputs): Promise<string | undefined> {
  try {
    const status = await askManagers(outputs, "/nodes");
    return status === 200 ? undefined : `HTTP ${status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
