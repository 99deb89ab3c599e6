/**
 * Resources on AWS that a stack's state doesn't have, and that stop its next `up`: a run that was killed between creating
 * one and writing it down leaves them. An instance of a manager or registry holds the address that the next one needs, and
 * a parameter the name.
 */
import { LABELS } from "../../../plan/labels";
import { z } from "zod";
import { askAws, canAsk, type AwsCall } from "./ask";
import { instancesAnswer, tagsField } from "./instances";
import { stackFilter } from "./stack-name";
import { UserError } from "../../terminal/errors";
import { warn } from "../../terminal/warn";
import type { PlannedRun } from "../types";
import { isAboutCredentials } from "./credentials";
import { awsKeys } from "./keys";
import { describeParameters, parameterCall, parametersSchema, unknownParameters } from "./unmanaged-parameters";
import { isUp } from "../../pulumi/arguments";
import type { StackFile } from "../../pulumi/project";
import { hasEnvironment } from "../../pulumi/stack-values";
import { idsIn, YOUNG } from "./exported-state";

/** Roles of the machines that have a fixed address, which AWS gives to one instance only. */
const ADDRESSED = ["manager", "registry"];

/** What `aws ec2 describe-instances` prints, as far as it is read here. */
export const instancesSchema = instancesAnswer({
  InstanceId: z.string(),
  LaunchTime: z.string(),
  PrivateIpAddress: z.string().optional(),
  State: z.object({ Name: z.string() }),
  Tags: tagsField,
});

/** An instance that the state doesn't know. */
export interface UnmanagedInstance {
  readonly id: string;
  /** Name, role and address that it was made for; empty where its tags don't say. */
  readonly host: string;
  readonly role: string;
  readonly address: string;
  /** As AWS has it: `running`, `stopped` and so on. */
  readonly state: string;
  /** When it was started, RFC 3339. */
  readonly since: string;
}

/** Lists all instances of a stack. */
export function instanceCall(stack: string, region: string): AwsCall {
  return { operation: ["ec2", "describe-instances"], region, options: ["--filters", stackFilter(stack)] };
}

/** The instances of an answer that a state doesn't have, but for those that have ended. */
export function unmanagedInstances(answer: z.infer<typeof instancesSchema>, state: string): UnmanagedInstance[] {
  // Also what is half replaced is in the state.
  const known = idsIn(state, "aws:ec2/instance:Instance");
  return answer.Reservations.flatMap(({ Instances }) => Instances)
    .filter(({ InstanceId, State }) => State.Name !== "terminated" && !known.has(InstanceId))
    .map(({ InstanceId: id, LaunchTime: since, PrivateIpAddress: address = "", State: { Name: state }, Tags }) => {
      const tag = (key: string): string => Tags.find(({ Key }) => Key === key)?.Value ?? "";
      return { id, host: tag(LABELS.host), role: tag(LABELS.role), address, state, since };
    });
}

/**
 * Looks for them before a command that would fail half-way because of one. Instances other than managers and registries are
 * only named: they stop nothing.
 *
 * @throws UserError that names each resource and the command that removes it; or that AWS takes no credentials
 */
export async function checkUnmanaged({ stack, file, args, state }: PlannedRun): Promise<void> {
  const { region } = awsKeys(file);
  if (file.platform !== "aws" || region === undefined || !isUp(args)) return;
  const [instances, parameters] = await Promise.all([
    answered(stack, file, "instances", askAws(instanceCall(stack, region), instancesSchema)),
    answered(stack, file, "parameters", askAws(parameterCall(stack, region), parametersSchema)),
  ]);
  const exported = instances === undefined && parameters === undefined ? undefined : await state();
  if (exported === undefined) return;
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
 * What there is, and what to do about it. Only what no run can be making just now gets a command that removes it.
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
    `AWS has instances of the stack ${stack} that its state doesn't know.`,
    ...(young.length === 0
      ? []
      : [
          `Started less than 15 minutes ago, so a run that goes on may be about to write them down:\n\n${lines(young)}\n\n` +
            "Let it end. If there is none, run this again when they are older: it then says what removes them.",
        ]),
    ...(old.length === 0
      ? []
      : [
          `Left by an interrupted run, if no other run of this stack is going on:\n\n${lines(old)}\n\n` +
            "If they are in use, this isn't the state that they were made with: look at PULUMI_BACKEND_URL. Else remove them, " +
            `and run this again:\n\n${removal(old, region)}\n`,
        ]),
  ].join("\n\n");
}

/**
 * What AWS answers; undefined where it can't be asked, which is said.
 *
 * @throws UserError where Pulumi can't have credentials either: an ESC environment may hold some that the shell doesn't have.
 *   The stack file's own `aws:*` keys are for a default provider; this program's provider reads what `aws` reads
 */
async function answered<T>(stack: string, file: StackFile, what: string, question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (canAsk() && isAboutCredentials(error.message) && !hasEnvironment(file)) {
      throw new UserError(
        `Nothing was done: AWS takes no credentials of this shell's (${error.message}). Set AWS_PROFILE or log in, until ` +
          "this says who you are: aws sts get-caller-identity",
      );
    }
    process.stderr.write(
      `warning: not checked for ${what} that an interrupted run of ${stack} may have left: ${error.message}\n`,
    );
    return undefined;
  }
}

function line({ id, host, state, since, address }: UnmanagedInstance): string {
  return `  ${id} (${host}, ${state} since ${since}) holds ${address === "" ? "no address any more" : address}`;
}

function removal(found: readonly UnmanagedInstance[], region: string): string {
  const which = `--region ${region} --instance-ids ${found.map(({ id }) => id).join(" ")}`;
  return `  aws ec2 terminate-instances ${which}\n  aws ec2 wait instance-terminated ${which}`;
}
