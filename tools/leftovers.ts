/**
 * `npm run -s leftovers -- <stack>`: what carries a stack's tag in the cloud, whatever the state says. For stacks on AWS; it
 * asks with the `aws` program and its credentials, in its region.
 *
 * Exit code 0: nothing is left; 1: it couldn't be asked; 2: something is left.
 */
import { readArguments } from "./cluster/arguments";
import { isLocal } from "./cluster/platform";
import { askAws } from "./leftovers/ask";
import { instancesIn, leftoversIn, question } from "./leftovers/find";
import { runMain, SetupError } from "./setup/errors";

const SOME_LEFT = 2;

runMain(() => {
  const { stack } = readArguments("npm run -s leftovers -- <stack>", { flags: [] });
  if (isLocal(stack))
    throw new SetupError(`${stack} is a local stack: npm run destroy -- ${stack} finds what is left of it.`);
  const answer = askAws(question(stack));
  const left = leftoversIn(answer, terminated(instancesIn(leftoversIn(answer))));
  if (left.length === 0) {
    process.stdout.write(`Nothing of the stack ${stack} is left.\n`);
    return Promise.resolve(0);
  }
  process.stdout.write(left.map(({ arn, name }) => `${arn}${name === "" ? "" : ` (${name})`}\n`).join(""));
  process.stderr.write(
    `error: ${left.length} of the stack ${stack} left; delete them by hand, or: npm run destroy -- ${stack}\n`,
  );
  return Promise.resolve(SOME_LEFT);
});

/** Those of the instances that are gone but for their entry. */
function terminated(ids: readonly string[]): ReadonlySet<string> {
  if (ids.length === 0) return new Set();
  const filters = [
    `Name=instance-id,Values=${ids.join(",")}`,
    "Name=instance-state-name,Values=terminated,shutting-down",
  ];
  const answer = askAws([
    "ec2",
    "describe-instances",
    "--filters",
    ...filters,
    "--query",
    "Reservations[].Instances[].InstanceId",
    "--output",
    "json",
  ]);
  return new Set((JSON.parse(answer) as unknown[]).map(String));
}
