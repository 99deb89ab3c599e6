/**
 * `npm run -s unmanaged -- <stack>`: what a stack still has in its cloud account, even if its state doesn't have it. It asks with the
 * cloud's own program and credentials: for the stack's tag, and then each resource's own service whether the resource is
 * still there.
 *
 * Exit code 0: nothing is left; 1: the account couldn't be asked; 2: something is left.
 */
import { platformsOf } from "../platform";
import type { UnmanagedResource } from "../platform/types";
import { readStackFile } from "../pulumi/project";
import { readArguments } from "../terminal/arguments";
import { runMain, UserError } from "../terminal/errors";

const SOME_LEFT = 2;

runMain(async () => {
  const { stack } = readArguments("npm run -s unmanaged -- <stack>", { flags: [] });
  const file = readStackFile(stack);
  const asked = platformsOf(file).flatMap((platform) => platform.unmanaged?.(stack, file) ?? []);
  if (asked.length === 0)
    throw new UserError(`${stack} is a local stack: npm run destroy -- ${stack} finds what is left of it.`);
  const left = (await Promise.all(asked)).flat();
  if (left.length === 0) {
    process.stdout.write(`Nothing of the stack ${stack} is left.\n`);
    return 0;
  }
  process.stdout.write(left.map(line).join(""));
  process.stderr.write(
    `error: ${left.length} of the stack ${stack} left; delete them by hand, or: npm run destroy -- ${stack}\n`,
  );
  return SOME_LEFT;
});

function line({ id, name, unconfirmed }: UnmanagedResource): string {
  const why = unconfirmed === undefined ? "" : `: not confirmed, ${unconfirmed}`;
  return `${id}${name === "" ? "" : ` (${name})`}${why}\n`;
}
