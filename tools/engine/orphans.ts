/**
 * Instances on AWS that carry a stack's tag and that its state doesn't know: a run that was killed between making one and
 * writing it down has left them. A manager's or registry's then holds the address that the next one needs.
 */
import { z } from "zod";
import { askAws, canAsk } from "../leftovers/ask";
import { stackName } from "../leftovers/find";
import { SetupError } from "../setup/errors";
import { hasEnvironment, isAboutCredentials } from "./aws-credentials";
import { awsKeys, type StackFile } from "./project";

/** Commands that make machines. */
const MAKING = ["up", "update"];

/** Roles of the machines that have a fixed address, which AWS gives to one instance only. */
const ADDRESSED = ["manager", "registry"];

/**
 * Milliseconds after its start in which an instance may be that of a run which goes on: it is written down once it runs, for
 * which AWS's provider waits 10 minutes at most, and `stack export` waits for nobody.
 */
const YOUNG = 15 * 60_000;

/** What `aws ec2 describe-instances` prints, as far as it is read here. */
const answerSchema = z.object({
  Reservations: z.array(
    z.object({
      Instances: z.array(
        z.object({
          InstanceId: z.string(),
          LaunchTime: z.string(),
          PrivateIpAddress: z.string().optional(),
          State: z.object({ Name: z.string() }),
          Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
        }),
      ),
    }),
  ),
});

/** What `pulumi stack export` prints, as far as it is read here; also what is half replaced is known. */
const stateSchema = z.object({
  deployment: z.object({
    resources: z.array(z.object({ type: z.string(), id: z.string().optional() })).nullish(),
  }),
});

/** An instance that the state doesn't know. */
export interface Orphan {
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

/** Arguments of the `aws` program that list all instances of a stack. */
export function instanceQuestion(stack: string, region: string): string[] {
  const filter = `Name=tag:swarm-ha.stack,Values=${stackName(stack)}`;
  return ["ec2", "describe-instances", "--region", region, "--filters", filter, "--output", "json"];
}

/** The instances of an answer that a state doesn't know, but for those that have ended. */
export function orphansIn(answer: string, state: string): Orphan[] {
  const { deployment } = stateSchema.parse(JSON.parse(state));
  const known = new Set(deployment.resources?.filter(({ type }) => type.endsWith(":Instance")).map(({ id }) => id));
  return answerSchema
    .parse(JSON.parse(answer))
    .Reservations.flatMap(({ Instances }) => Instances)
    .filter(({ InstanceId, State }) => State.Name !== "terminated" && !known.has(InstanceId))
    .map(({ InstanceId: id, LaunchTime: since, PrivateIpAddress: address = "", State: { Name: state }, Tags }) => {
      const tag = (key: string): string => Tags.find(({ Key }) => Key === key)?.Value ?? "";
      return { id, host: tag("swarm-ha.host"), role: tag("swarm-ha.role"), address, state, since };
    });
}

/**
 * Looks for them before a command that would stumble over one half-way. Any but managers and registries are in nobody's way:
 * they are only named.
 *
 * @param state What `pulumi stack export` prints; undefined when it fails, which the command itself then says
 * @throws SetupError that names each instance and the command that removes it; or that AWS takes no credentials
 */
export async function checkOrphans(
  stack: string,
  file: StackFile,
  args: readonly string[],
  state: () => Promise<string | undefined>,
): Promise<void> {
  const { region } = awsKeys(file);
  if (file.platform !== "aws" || region === undefined || !MAKING.includes(args[0] ?? "")) return;
  const answer = instances(stack, region, file);
  const exported = answer === undefined ? undefined : await state();
  if (answer === undefined || exported === undefined) return;
  const found = orphansIn(answer, exported);
  if (found.length === 0) return;
  const text = describeOrphans(stack, region, found, Date.now());
  if (found.some(({ role }) => ADDRESSED.includes(role))) throw new SetupError(`Nothing was done. ${text}`);
  process.stderr.write(`warning: ${text}\n`);
}

/**
 * What there is, and what to do about it. Only what no run can be making just now gets a command that removes it.
 *
 * @param now Milliseconds since 1970
 */
export function describeOrphans(stack: string, region: string, found: readonly Orphan[], now: number): string {
  const young = found.filter(({ since }) => now - Date.parse(since) < YOUNG);
  const old = found.filter((one) => !young.includes(one));
  const lines = (some: readonly Orphan[]): string => some.map(line).join("\n");
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
 * What AWS has; undefined where it can't be asked, which is said.
 *
 * @throws SetupError where Pulumi can't have credentials either
 */
function instances(stack: string, region: string, file: StackFile): string | undefined {
  try {
    return askAws(instanceQuestion(stack, region));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    if (canAsk() && isAboutCredentials(error.message) && !hasEnvironment(file)) {
      throw new SetupError(
        `Nothing was done: AWS takes no credentials of this shell's (${error.message}). Set AWS_PROFILE or log in, until ` +
          "this says who you are: aws sts get-caller-identity",
      );
    }
    process.stderr.write(
      `warning: nobody looked for instances that an interrupted run of ${stack} may have left: ${error.message}\n`,
    );
    return undefined;
  }
}

function line({ id, host, state, since, address }: Orphan): string {
  return `  ${id} (${host}, ${state} since ${since}) holds ${address === "" ? "no address any more" : address}`;
}

function removal(found: readonly Orphan[], region: string): string {
  const which = `--region ${region} --instance-ids ${found.map(({ id }) => id).join(" ")}`;
  return `  aws ec2 terminate-instances ${which}\n  aws ec2 wait instance-terminated ${which}`;
}
