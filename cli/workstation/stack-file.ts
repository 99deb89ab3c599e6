/** What `npm start` can bring up. */
import { cliPlatformOf } from "../platform";
import type { Containers } from "../platform/types";
import { readStackFile } from "../pulumi/project";
import { UserError } from "../terminal/errors";

/**
 * The containers of a stack that runs on this workstation.
 *
 * @throws UserError if there is no such stack, or it runs elsewhere
 */
export function requireContainers(stack: string): Containers {
  const { platform } = readStackFile(stack);
  const containers = cliPlatformOf({ platform })?.containers;
  if (containers !== undefined) return containers;
  throw new UserError(
    `The stack ${stack} is on the platform ${platform ?? "(none is set)"}: npm start is for stacks on this workstation. ` +
      `For this one: npm run pulumi -- up -s ${stack}`,
  );
}
