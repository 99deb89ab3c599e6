/**
 * The stack that the files of test/e2e/cluster share, in the order of their names: brought up by the first that needs it,
 * destroyed after the last test of the whole run, also when tests failed.
 */
import { figure, type Ran } from "./run";
import { TestStack } from "./test-stack";

/** The stack's hosts when no test has changed their number. */
export const HOSTS = ["manager", "registry", "worker"].flatMap((tier) => [1, 2, 3].map((n) => `${tier}-${n}`));

const stack = new TestStack("e2e", { hosts: "10.214.0.0/20", ports: { ssh: 23214, manager: 23215 } });
let first: Promise<Ran> | undefined;

/** The `npm start` that made the stack. */
export function firstStart(): Promise<Ran> {
  first ??= stack.reset().then(async () => {
    const ran = await stack.start();
    figure(`npm start from nothing, ${HOSTS.length} hosts`, ran.seconds);
    return ran;
  });
  return first;
}

/** To be called in a `describe`: its tests begin with the stack up and healthy, whatever those before have broken. */
export function useSharedStack(): TestStack {
  before("the shared stack is up", async function () {
    this.timeout(900_000);
    await firstStart();
    await stack.untilHealthy(60).catch(async (error: unknown) => {
      console.log(`        made anew, for an earlier test has left it unhealthy: ${String(error)}`);
      first = undefined;
      await firstStart();
      await stack.untilHealthy();
    });
  });
  return stack;
}

/** Says that a test has destroyed the stack. */
export function sharedStackIsGone(): void {
  first = undefined;
}

after("the shared stack is destroyed", async function () {
  this.timeout(180_000);
  if (first === undefined || process.env["SWARM_HA_KEEP_TEST_STACKS"] === "1") return;
  await first.catch(() => undefined);
  await stack.destroy();
});
