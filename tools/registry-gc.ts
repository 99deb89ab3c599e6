/**
 * `npm run registry:gc -- <stack> [--dry-run] [--delete-untagged]`: removes layers that no image names any more.
 *
 * Pulls go on; pushes are refused with 405 until it is done. See docs/runbooks/registry.md.
 */
import { dataText, readScript, sent } from "../components/ssh/script";
import { readArguments } from "./cluster/arguments";
import { openOperator } from "./cluster/operator";
import { readStack } from "./cluster/stack";
import { runMain, SetupError } from "./setup/errors";

/** Seconds for the way to the operator. */
const DIAL_LIMIT = 15;
/** Seconds for all replicas to change their mode. */
const MODE_LIMIT = 300;
/** Seconds for all of it: the collection reads every manifest, and in a bucket each is a request. */
const LIMIT = 2 * 3600;

runMain(async () => {
  const asked = readArguments("npm run registry:gc -- <stack> [--dry-run] [--delete-untagged]", {
    flags: ["dry-run", "delete-untagged"],
  });
  const name = asked.stack;
  const { outputs } = await readStack(name);
  const { operator: machine, client } = outputs.access;
  const operator = await openOperator(machine, DIAL_LIMIT);
  try {
    const script = readScript("registry-gc");
    const data = {
      dryRun: asked["dry-run"],
      untagged: asked["delete-untagged"],
      limit: MODE_LIMIT,
      client: { key: client.key },
    };
    const code = await operator.run(sent(script), script.text + dataText(data), LIMIT);
    if (code !== 0) throw new SetupError(`the garbage of ${name}'s registry wasn't collected: see above`);
    return 0;
  } finally {
    operator.close();
  }
});
