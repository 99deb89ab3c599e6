/**
 * The stack that the files of test/e2e/cluster share, in the order of their names: brought up by the first that needs it,
 * destroyed after the last test of the whole run, also when tests failed.
 */
import { figure, type Ran } from "./run";
import { TestStack } from "./test-stack";
import { portsFrom } from "./stack-config";

/** The stack's hosts when no test has changed their number. */
export const HOSTS = ["manager", "registry", "worker"].flatMap((tier) => [1, 2, 3].map((n) => `${tier}-${n}`));

const stack = new TestStack("e2e", { hosts: "10.214.0.0/20", ports: portsFrom(23200) });
/** How many other instances it has: the bastion and the load balancers. */
const OTHERS = 4;
/** For work on the tests: reuses the stack of the last run, and keeps it. */
const KEEP = process.env["SWARM_HA_KEEP_TEST_STACKS"] === "1";
let first: Promise<Ran> | undefined;

/** The `npm start` that made the stack. */
export function firstStart(): Promise<Ran> {
  first ??= bringUp();
  return first;
}

async function bringUp(): Promise<Ran> {
  if (KEEP) stack.configure();
  else await stack.reset();
  const ran = await stack.start();
  figure(`npm start from nothing, ${HOSTS.length} hosts`, ran.seconds);
  return ran;
}

/** To be called in a `describe`: its tests begin with the stack up and healthy, whatever those before have broken. */
export function useSharedStack(): TestStack {
  before("the shared stack is up", async function () {
    this.timeout(900_000);
    await firstStart();
    try {
      // A test that failed half-way may have left other numbers of hosts.
      stack.configure();
      const names = (await stack.containers()).map((container) => container.Names);
      if (names.length !== HOSTS.length + OTHERS) await stack.start();
      await stack.untilHealthy(60);
    } catch (error) {
      console.log(`recreated, because an earlier test left it unhealthy: ${String(error)}`);
      first = undefined;
      await stack.reset();
      await firstStart();
      await stack.untilHealthy();
    }
  });
  return stack;
}

/** Says that a test has destroyed the stack. */
export function sharedStackIsGone(): void {
  first = undefined;
}

after("the shared stack is destroyed", async function () {
  this.timeout(180_000);
  if (first === undefined || KEEP) return;
  await first.catch(() => undefined);
  await stack.destroy();
});
