/**
 * `node cli/run.mjs stack-config <hosts> <name=port…>`: prints Pulumi.local.yaml with another address range and other
 * ports, e.g. `10.220.0.0/20 ssh=2401 manager=2402`. CI runs the same stack as a person, beside a person's.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stackConfigIn } from "../test/support/stack-config";
import { root } from "../cli/paths";
import { runMain, UserError } from "../cli/terminal/errors";

runMain(async () => {
  const [hosts, ...assignments] = process.argv.slice(2);
  const ports = assignments.map((text) => /^([a-z]+)=(\d+)$/.exec(text));
  if (hosts === undefined || ports.some((match) => match === null)) {
    throw new UserError("usage: stack-config <hosts CIDR> <name>=<port> …");
  }
  const entries = ports.map((match): [string, number] => [match?.[1] ?? "", Number(match?.[2])]);
  const text = readFileSync(join(root, "Pulumi.local.yaml"), "utf8");
  process.stdout.write(stackConfigIn({ hosts, ports: Object.fromEntries(entries) }, text));
  return Promise.resolve(0);
});
