/** The configuration of a stack with its secrets, before its program runs. */
import { z } from "zod";
import { namespaceOf } from "../../config/namespace";
import { UserError } from "../terminal/errors";
import type { RunOptions, RunResult } from ".";
import { hasEnvironment, stackValues, type StackText } from "./stack-values";

/** What `pulumi config --json` prints of a key. Source: pulumi v3.245.0, pkg/cmd/pulumi/config/config.go, `configValueJSON`. */
const printedSchema = z.record(
  z.string(),
  z.object({ value: z.string().nullish(), objectValue: z.unknown().optional() }),
);

/**
 * The values of a stack by key without the namespace, secrets in plain text. They stay in this process. Nothing is checked.
 *
 * @param run runs Pulumi
 * @throws UserError when a secret can't be decrypted
 */
export async function decryptedConfig(
  stack: string,
  file: StackText,
  run: (args: readonly string[], options: RunOptions) => Promise<RunResult>,
): Promise<Readonly<Record<string, unknown>>> {
  const values = stackValues(file);
  // Without secrets, there may be no state, and none is needed.
  if (!hasEnvironment(file) && !JSON.stringify(values).includes('"secure":')) return values;
  const { code, stdout, stderr } = await run(["config", "--show-secrets", "--json"], { stack, capture: true });
  if (code !== 0) {
    throw new UserError(`The secrets of the stack ${stack} can't be decrypted: ${stderr.trim().slice(-500)}`);
  }
  return namespaceOf(printedValues(JSON.parse(stdout)));
}

/** Values by their whole key. Pure. */
export function printedValues(printed: unknown): Record<string, unknown> {
  const all = Object.entries(printedSchema.parse(printed));
  return Object.fromEntries(all.map(([key, { value, objectValue }]) => [key, objectValue ?? value]));
}
