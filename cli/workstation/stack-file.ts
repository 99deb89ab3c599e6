/** What `npm start` can bring up. */
import { readStackFile } from "../pulumi/project";
import { SetupError } from "../terminal/errors";

/**
 * Checks that a stack is one that lives on this machine.
 *
 * @throws SetupError if there is no such stack, or it lives elsewhere
 */
export function requireLocalStack(stack: string): void {
  const { platform } = readStackFile(stack);
  if (platform === "local") return;
  throw new SetupError(
    `The stack ${stack} is on the platform ${platform ?? "(none is set)"}: npm start is for stacks on this machine (local). ` +
      `For this one: npm run pulumi -- up -s ${stack}`,
  );
}
