/** Makes sure that the faults, which destroy data, meet no stack but the one that was created for them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { list } from "../../cli/cluster/words";
import { root } from "../../cli/paths";
import { configDirectory } from "../../cli/pulumi/project";
import { localStackExists } from "../../cli/pulumi/stack";
import { UserError } from "../../cli/terminal/errors";
import type { TestStack } from "../../test/support/test-stack";

/** Most objects of another stack that a message names. */
const MOST_NAMED = 3;

/**
 * Checks a name before anything is created or removed.
 *
 * @param stack of which nothing was configured yet
 * @throws UserError when a stack of that name exists that no earlier run has created: of this clone, of the folder of
 * SWARM_HA_CONFIG_DIR, of this user, or on the Docker engine, whoever's it is
 */
export async function requireUnused(stack: Pick<TestStack, "name" | "home" | "remains">): Promise<void> {
  const { name, home } = stack;
  const refuse = (seen: string): never => {
    throw new UserError(
      `The stack ${name} isn't one of npm run chaos: ${seen}. The faults destroy data, so name a stack that doesn't exist: npm run chaos -- chaos`,
    );
  };
  for (const folder of new Set([root, configDirectory()])) {
    const file = join(folder, `Pulumi.${name}.yaml`);
    if (existsSync(file)) refuse(`${file} exists`);
  }
  if (localStackExists(name)) refuse("it is in the state of your local stacks");
  // What an interrupted run has left is removed: its state is in its home.
  if (existsSync(home)) return;
  const found = await stack.remains();
  if (found.length > 0) {
    const more = found.length > MOST_NAMED ? [`${String(found.length - MOST_NAMED)} more`] : [];
    refuse(`the Docker engine has ${list([...found.slice(0, MOST_NAMED), ...more])} of another one`);
  }
}
