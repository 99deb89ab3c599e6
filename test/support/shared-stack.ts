/**
 * The stacks that tests share, one for each lane (dev/suites.ts): brought up by the first file that needs it, destroyed after
 * the last test of the lane, also when tests failed.
 */
import { figure, type Ran } from "./run";
import { TestStack } from "./test-stack";
import { portsFrom } from "./stack-config";

/** The stacks' hosts when no test has changed their number. */
export const HOSTS = ["manager", "registry", "worker"].flatMap((tier) => [1, 2, 3].map((n) => `${tier}-${n}`));

/** How many other instances each has: the bastion and the load balancers. */
const OTHERS = 4;
/** For work on the tests: reuses the stack of the last run, and keeps it. */
const KEEP = process.env["SWARM_HA_KEEP_TEST_STACKS"] === "1";

/** A stack that files share. */
export interface SharedStack {
  readonly stack: TestStack;
  first: Promise<Ran> | undefined;
}

/** That of test/e2e/cluster. */
export const CLUSTER: SharedStack = {
  stack: new TestStack("e2e", { hosts: "10.214.0.0/20", ports: portsFrom(23200) }),
  first: undefined,
};
/** That of test/e2e/applications. No stack's name begins with another one's: tests look for all that begins with theirs. */
export const APPLICATIONS: SharedStack = {
  stack: new TestStack("apps-e2e", { hosts: "10.218.0.0/20", ports: portsFrom(23230) }),
  first: undefined,
};

/** The `npm start` that made the stack. */
export function firstStart(shared: SharedStack): Promise<Ran> {
  shared.first ??= bringUp(shared.stack);
  return shared.first;
}

async function bringUp(stack: TestStack): Promise<Ran> {
  if (KEEP) stack.configure();
  else await stack.reset();
  const ran = await stack.start();
  figure(`npm start from nothing, ${HOSTS.length} hosts`, ran.seconds);
  return ran;
}

/** To be called in a `describe`: its tests begin with the stack up and healthy, whatever those before have broken. */
export function useSharedStack(shared: SharedStack): TestStack {
  const { stack } = shared;
  before("the shared stack is up", async function () {
    this.timeout(900_000);
    await firstStart(shared);
    try {
      // A test that failed half-way may have left other numbers of hosts.
      stack.configure();
      const names = (await stack.containers()).map((container) => container.Names);
      if (names.length !== HOSTS.length + OTHERS) await stack.start();
      await stack.untilHealthy(60);
    } catch (error) {
      console.log(`recreated, because an earlier test left it unhealthy: ${String(error)}`);
      shared.first = undefined;
      await stack.reset();
      await firstStart(shared);
      await stack.untilHealthy();
    }
  });
  return stack;
}

/** Says that a test has destroyed the stack. */
export function sharedStackIsGone(shared: SharedStack): void {
  shared.first = undefined;
}

after("the shared stack is destroyed", async function () {
  this.timeout(180_000);
  for (const { stack, first } of [CLUSTER, APPLICATIONS]) {
    if (first === undefined || KEEP) continue;
    await first.catch(() => undefined);
    await stack.destroy();
  }
});
