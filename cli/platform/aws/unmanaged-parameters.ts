/** Host keys on AWS that a stack's state doesn't have: creating one of the same name fails (`ParameterAlreadyExists`). */
import { z } from "zod";
import { awsCommand, type AwsCall } from "./ask";
import { stackName } from "./stack-name";
import { idsIn, YOUNG } from "./exported-state";

/** Names in one call of `delete-parameters`. Source: Systems Manager API reference. */
const MOST = 10;

/** What `aws ssm describe-parameters` prints, as far as it is read here: no values. */
export const parametersSchema = z.object({
  Parameters: z.array(z.object({ Name: z.string(), LastModifiedDate: z.union([z.string(), z.number()]) })),
});

/** A parameter that the state doesn't have. */
export interface UnknownParameter {
  readonly name: string;
  /** When it was written, milliseconds since 1970. */
  readonly since: number;
}

/** Lists the names of a stack's host keys; their path is in components/platform/aws/policies.ts. */
export function parameterCall(stack: string, region: string): AwsCall {
  const filter = `Key=Path,Option=OneLevel,Values=/swarm-ha/${stackName(stack)}/host-keys`;
  return { operation: ["ssm", "describe-parameters"], region, options: ["--parameter-filters", filter] };
}

/** The parameters of an answer that a state doesn't have. */
export function unknownParameters(answer: z.infer<typeof parametersSchema>, state: string): UnknownParameter[] {
  const known = idsIn(state, "aws:ssm/parameter:Parameter");
  return answer.Parameters.filter(({ Name }) => !known.has(Name)).map(({ Name: name, LastModifiedDate: date }) => ({
    name,
    // The first version of `aws` writes seconds since 1970, the second RFC 3339.
    since: typeof date === "number" ? date * 1000 : Date.parse(date),
  }));
}

/**
 * What was found, and the commands that remove it once no run can be about to write it down.
 *
 * @param now Milliseconds since 1970
 */
export function describeParameters(
  stack: string,
  region: string,
  found: readonly UnknownParameter[],
  now: number,
): string {
  const young = found.filter(({ since }) => now - since < YOUNG);
  const old = found.filter((one) => !young.includes(one)).map(({ name }) => name);
  const list = (names: readonly string[]): string => names.map((name) => `  ${name}`).join("\n");
  const removals = Array.from({ length: Math.ceil(old.length / MOST) }, (_, i) =>
    awsCommand({
      operation: ["ssm", "delete-parameters"],
      region,
      options: ["--names", ...old.slice(i * MOST, (i + 1) * MOST)],
    }),
  );
  return [
    `AWS has host keys of the stack ${stack} that its state doesn't have, and refuses new ones of the same name.`,
    ...(young.length === 0
      ? []
      : [
          `Written less than 15 minutes ago; a run may still be in progress:\n\n${list(young.map(({ name }) => name))}\n\n` +
            "Wait for its end. If there is none, run this again when they are older: it then prints the command that removes them.",
        ]),
    ...(old.length === 0
      ? []
      : [
          `Left by an interrupted run, if no other run of this stack is in progress:\n\n${list(old)}\n\n` +
            "If hosts are running with them, this isn't the state that they were created with: check PULUMI_BACKEND_URL. " +
            `Otherwise remove them, and run this again:\n\n${list(removals)}\n`,
        ]),
  ].join("\n\n");
}
