/** What has to be known of a stack on AWS before the program, which checks it, has run; also where its file is incomplete. */
import type { AwsStackConfig } from "../../../config/platforms/aws";
import { describeKey } from "../../../config/describe";
import { readStackConfig } from "../../pulumi/config";
import type { StackFile } from "../../pulumi/project";
import { stackValues, type StackText } from "../../pulumi/stack-values";
import { UserError } from "../../terminal/errors";
import type { PlannedRun } from "../types";

/** The key `swarm-ha:aws` of a stack file, as its author wrote it. */
export interface AwsKeys {
  readonly region?: string;
  readonly bastion?: { readonly access?: string; readonly port?: number };
}

/** The key `swarm-ha:aws` of a stack file, as far as it is needed here; empty where there is none. */
export function awsKeys(file: StackText): AwsKeys {
  return (stackValues(file)["aws"] as AwsKeys | null | undefined) ?? {};
}

/** The schema's default of `swarm-ha:aws.bastion.port`. */
export function defaultPort(): number {
  return describeKey(["aws", "bastion", "port"]).default as number;
}

/** The region of a stack on AWS. @throws UserError for a stack file without one, or with something else in its place */
export function regionOf(file: Pick<StackFile, "text" | "path">): string {
  const { region } = awsKeys(file);
  if (typeof region !== "string" || !/^[a-z0-9-]+$/.test(region)) {
    throw new UserError(`${file.path}: swarm-ha:aws.region has to be a region's name, such as eu-central-1.`);
  }
  return region;
}

/**
 * The configuration that a run is for, where it is one of these commands; undefined for any other one, and where the
 * configuration isn't valid: the program itself names what is wrong with it.
 */
export function configOfRun(
  { stack, file, args }: Pick<PlannedRun, "stack" | "file" | "args">,
  commands: readonly string[],
): AwsStackConfig | undefined {
  return commands.includes(args[0] ?? "") ? awsConfigOf(stack, file) : undefined;
}

/** The configuration of a stack on AWS; undefined where it isn't valid, or is of another platform. */
export function awsConfigOf(stack: string, file: StackText): AwsStackConfig | undefined {
  const config = readStackConfig(stack, file);
  return config?.platform === "aws" ? config : undefined;
}
