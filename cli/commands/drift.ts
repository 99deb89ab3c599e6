/**
 * `npm run -s drift [-- <stack>] [--json]`: compares the running cluster with its configuration. Changes nothing.
 *
 * Exit code 0 none, 1 some, 2 when it can't be known: no manager answers, the stack isn't up, or no difference was found and
 * something couldn't be compared.
 */
import { docker } from "../../components/docker";
import { containersOf } from "../cluster/platform";
import type { FoundDrift } from "../drift/drift";
import { findDrift } from "../drift/drift";
import { DEFAULT_STACK } from "../pulumi/project";
import { readArguments } from "../terminal/arguments";
import { errorText, runMain } from "../terminal/errors";

const UNKNOWN = 2;

runMain(async () => {
  const asked = readArguments("npm run -s drift [-- <stack>] [--json]", { flags: ["json"], stack: DEFAULT_STACK });
  const { stack, json } = asked;
  try {
    const engine = containersOf(stack) === undefined ? undefined : docker();
    const drift = await findDrift(stack, engine);
    process.stdout.write(json ? `${JSON.stringify({ stack, ...drift }, null, 2)}\n` : driftText(stack, drift));
    if (!drift.reachable) return UNKNOWN;
    return drift.differences.length > 0 ? 1 : drift.notCompared.length > 0 ? UNKNOWN : 0;
  } catch (error) {
    const text = errorText(error);
    if (json) {
      const nothing = { reachable: false, differences: [], notCompared: [text] };
      process.stdout.write(`${JSON.stringify({ stack, ...nothing }, null, 2)}\n`);
    }
    process.stderr.write(`error: ${text}\n`);
    return UNKNOWN;
  }
});

function driftText(stack: string, { differences, notCompared }: FoundDrift): string {
  const fixed = differences.filter(({ repair }) => repair);
  const others = differences.filter(({ repair }) => !repair);
  const part = (title: string, texts: readonly string[]): string[] =>
    texts.length === 0 ? [] : ["", title, ...texts.map((text) => `  - ${text}`)];
  const texts = (some: FoundDrift["differences"]): string[] => some.map(({ text }) => text);
  const head =
    differences.length === 0
      ? `${stack}: no difference from its configuration was found.`
      : `${stack}: ${differences.length === 1 ? "1 difference" : `${String(differences.length)} differences`} from its configuration.`;
  return `${[
    head,
    ...part(`\`npm run repair -- ${stack}\` fixes:`, texts(fixed)),
    ...part("`repair` doesn't fix:", texts(others)),
    ...part("not compared:", notCompared),
  ].join("\n")}\n`;
}
