/** docker as a person uses it from outside a stack's cluster. */
import { run, until, type Ran } from "./run";
import type { TestStack } from "./test-stack";

/**
 * Runs docker with the stack's own settings.
 *
 * @param certificates a directory as DOCKER_CERT_PATH takes it @default none
 */
export function dockerOutside(stack: TestStack, args: readonly string[], certificates?: string): Promise<Ran> {
  // The Docker engine here, on which the hosts are containers, is not the one that is meant.
  const env = { ...stack.env, DOCKER_HOST: undefined, DOCKER_CERT_PATH: certificates };
  return run("docker", args, { limit: 30, env });
}

/**
 * Waits until calls through the manager load balancer, with the context of `npm run context`, succeed in a row.
 *
 * @returns seconds that it took
 */
export function callsInARow(stack: TestStack, wanted: number, limit: number): Promise<number> {
  let row = 0;
  return until(`${wanted} calls in a row`, limit, async () => {
    // A call that never ends breaks the row, too; were it to throw here, `until` would go on with the count.
    const call = dockerOutside(stack, ["--context", `swarm-ha-${stack.name}`, "node", "ls", "-q"]);
    const { code, output } = await call.catch((error: unknown) => ({ code: null, output: String(error) }));
    row = code === 0 ? row + 1 : 0;
    return row >= wanted ? undefined : `${row} in a row; ${output}`;
  });
}
