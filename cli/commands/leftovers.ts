/**
 * `npm run -s leftovers -- <stack>`: what a stack still has on AWS, whatever its state says. It asks with the `aws` program
 * and its credentials: for the stack's tag, and then each resource's own service whether the resource is still there.
 *
 * Exit code 0: nothing is left; 1: AWS couldn't be asked; 2: something is left.
 */
import { askAws } from "../platform/aws/ask";
import { readArguments } from "../terminal/arguments";
import { readStackFile, regionOf } from "../pulumi/project";
import { confirm } from "../platform/aws/leftovers/confirm";
import {
  byArn,
  GLOBAL_REGION,
  isGlobal,
  taggedCall,
  taggedIn,
  taggedSchema,
  type Leftover,
} from "../platform/aws/leftovers/find";
import { rolesOf } from "../platform/aws/leftovers/roles";
import { runMain, SetupError } from "../terminal/errors";

const SOME_LEFT = 2;

runMain(async () => {
  const { stack } = readArguments("npm run -s leftovers -- <stack>", { flags: [] });
  const file = readStackFile(stack);
  if (file.platform === "local")
    throw new SetupError(`${stack} is a local stack: npm run destroy -- ${stack} finds what is left of it.`);
  const region = regionOf(file);
  const [here, everywhere, roles] = await Promise.all([
    tagged(stack, region),
    tagged(stack, GLOBAL_REGION),
    rolesOf(stack),
  ]);
  const all = new Map([...here, ...everywhere.filter(isGlobal), ...roles].map((one) => [one.arn, one]));
  const left = (await confirm([...all.values()], region)).sort(byArn);
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

async function tagged(stack: string, region: string): Promise<Leftover[]> {
  return taggedIn(await askAws(taggedCall(stack, region), taggedSchema));
}

function line({ arn, name, unconfirmed }: Leftover): string {
  const why = unconfirmed === undefined ? "" : `: not confirmed, ${unconfirmed}`;
  return `${arn}${name === "" ? "" : ` (${name})`}${why}\n`;
}
