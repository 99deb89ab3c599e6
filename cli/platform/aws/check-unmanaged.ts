/**
 * Resources on AWS that a stack's state doesn't have, and that make its next `up` fail. A run that was killed after it created
 * one, and before it recorded it, leaves them. An instance of a manager or registry has the address that its successor needs,
 * and a parameter has the name.
 */
import { LABELS } from "../../../plan/labels";
import { z } from "zod";
import { askAws, canAsk, type AwsCall } from "./ask";
import { instancesAnswer, tagsField } from "./instances";
import { stackFilter } from "./stack-name";
import { UserError } from "../../terminal/errors";
import { warn } from "../../terminal/warn";
import { NotChecked } from "../not-checked";
import type { PlannedRun } from "../types";
import { isAboutCredentials } from "./credentials";
import { awsKeys } from "./keys";
import { describeParameters, parameterCall, parametersSchema, unknownParameters } from "./unmanaged-parameters";
import { isUp } from "../../pulumi/arguments";
import type { StackFile } from "../../pulumi/project";
import { hasEnvironment } from "../../pulumi/stack-values";
import { idsIn, YOUNG } from "./exported-state";

/** Roles with a fixed address, which AWS gives to one instance only. */
const ADDRESSED = ["manager", "registry"];

/** What `aws ec2 describe-instances` prints, as far as it is read here. */
export const instancesSchema = instancesAnswer({
  InstanceId: z.string(),
  LaunchTime: z.string(),
  PrivateIpAddress: z.string().optional(),
  State: z.object({ Name: z.string() }),
  Tags: tagsField,
});

/** An instance that the state doesn't have. */
export interface UnmanagedInstance {
  readonly id: string;
  /** Name, role and address that it was created for; empty where its tags don't have them. */
  readonly host: string;
  readonly role: string;
  readonly address: string;
  /** As AWS lists it: `running`, `stopped` and so on. */
  readonly state: string;
  /** When it was started, RFC 3339. */
  readonly since: string;
}

/** Lists all instances of a stack. */
export function instanceCall(stack: string, region: string): AwsCall {
  return { operation: ["ec2", "describe-instances"], region, options: ["--filters", stackFilter(stack)] };
}

/** The instances of an answer that a state doesn't have, without the terminated ones. */
export function unmanagedInstances(answer: z.infer<typeof instancesSchema>, state: string): UnmanagedInstance[] {
  // The state also has instances whose replacement is incomplete.
  const known = idsIn(state, "aws:ec2/instance:Instance");
  return answer.Reservations.flatMap(({ Instances }) => Instances)
    .filter(({ InstanceId, State }) => State.Name !== "terminated" && !known.has(InstanceId))
    .map(({ InstanceId: id, LaunchTime: since, PrivateIpAddress: address = "", State: { Name: state }, Tags }) => {
      const tag = (key: string): string => Tags.find(({ Key }) => Key === key)?.Value ?? "";
      return { id, host: tag(LABELS.host), role: tag(LABELS.role), address, state, since };
    });
}

/**
 * Finds them before a command that would fail half-way because of one. For instances other than managers and registries it
 * only prints a warning: no run fails because of them.
 *
 * @throws UserError that names each resource and the command that removes it; or when AWS refuses the credentials.
 *   NotChecked where AWS can't be asked, or not about everything
 */
export async function checkUnmanaged({ stack, file, args, state }: PlannedRun): Promise<void> {
  const { region } = awsKeys(file);
  if (file.platform !== "aws" || region === undefined || !isUp(args)) return;
  const unknown: string[] = [];
  const [instances, parameters] = await Promise.all([
    answered(file, "instances", askAws(instanceCall(stack, region), instancesSchema), unknown),
    answered(file, "parameters", askAws(parameterCall(stack, region), parametersSchema), unknown),
  ]);
  const exported = instances === undefined && parameters === undefined ? undefined : await state();
  const reason = `whether an interrupted run of ${stack} left ${unknown.join("; nor whether it left ")}`;
  const notChecked = unknown.length === 0 ? undefined : new NotChecked(reason, `not checked ${reason}`);
  try {
    if (exported !== undefined) report(stack, region, { instances, parameters }, exported);
  } catch (error) {
    // What is found doesn't hide what wasn't looked for.
    if (notChecked !== undefined) warn(notChecked.warning);
    throw error;
  }
  if (notChecked !== undefined) throw notChecked;
}

/** @throws UserError about what makes the next `up` fail. Of the rest it warns */
function report(
  stack: string,
  region: string,
  {
    instances,
    parameters,
  }: {
    readonly instances: z.infer<typeof instancesSchema> | undefined;
    readonly parameters: z.infer<typeof parametersSchema> | undefined;
  },
  exported: string,
): void {
  const found = instances === undefined ? [] : unmanagedInstances(instances, exported);
  const names = parameters === undefined ? [] : unknownParameters(parameters, exported);
  const texts = [
    ...(found.length === 0 ? [] : [describeInstances(stack, region, found, Date.now())]),
    ...(names.length === 0 ? [] : [describeParameters(stack, region, names, Date.now())]),
  ];
  if (texts.length === 0) return;
  const stops = names.length > 0 || found.some(({ role }) => ADDRESSED.includes(role));
  if (stops) throw new UserError(`Nothing was done. ${texts.join("\n")}`);
  warn(texts.join("\n"));
}

/**
 * What was found, and what to do about it. There is a command to remove an instance only if no current run can have created it.
 *
 * @param now Milliseconds since 1970
 */
export function describeInstances(
  stack: string,
  region: string,
  found: readonly UnmanagedInstance[],
  now: number,
): string {
  const young = found.filter(({ since }) => now - Date.parse(since) < YOUNG);
  const old = found.filter((one) => !young.includes(one));
  const lines = (some: readonly UnmanagedInstance[]): string => some.map(line).join("\n");
  return [
    `AWS has instances of the stack ${stack} that its state doesn't have.`,
    ...(young.length === 0
      ? []
      : [
          `Started less than 15 minutes ago; a run may still be in progress:\n\n${lines(young)}\n\n` +
            "Wait for its end. If there is none, run this again when they are older: it then prints the command that removes them.",
        ]),
    ...(old.length === 0
      ? []
      : [
          `Left by an interrupted run, if no other run of this stack is in progress:\n\n${lines(old)}\n\n` +
            "If they are in use, this isn't the state that they were created with: check PULUMI_BACKEND_URL. Otherwise remove them, " +
            `and run this again:\n\n${removal(old, region)}\n`,
        ]),
  ].join("\n\n");
}

/**
 * The answer of AWS; undefined where AWS can't be asked.
 *
 * @param unknown gets what wasn't answered, and why
 * @throws UserError where Pulumi has no credentials either. It may have some from an ESC environment. The stack file's own
 *   `aws:*` keys are for a default provider; this program's provider reads what `aws` reads
 */
async function answered<T>(
  file: StackFile,
  what: string,
  question: Promise<T>,
  unknown: string[],
): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (canAsk() && isAboutCredentials(error.message) && !hasEnvironment(file)) {
      throw new UserError(
        `Nothing was done: AWS refuses the credentials of this shell (${error.message}). Set AWS_PROFILE or log in, until ` +
          "this command succeeds: aws sts get-caller-identity",
      );
    }
    unknown.push(`${what}: ${error.message}`);
    return undefined;
  }
}

function line({ id, host, state, since, address }: UnmanagedInstance): string {
  return `  ${id} (${host}, ${state} since ${since}) has ${address === "" ? "no address any more" : `the address ${address}`}`;
}

function removal(found: readonly UnmanagedInstance[], region: string): string {
  const which = `--region ${region} --instance-ids ${found.map(({ id }) => id).join(" ")}`;
  return `  aws ec2 terminate-instances ${which}\n  aws ec2 wait instance-terminated ${which}`;
}
