import { TIERS } from "../../../../plan/roles";
import { architectureOf, INSTANCE_TYPES } from "../instance-types";
import type { AwsKnown } from "./known";
import { keyText, valueText, type PathPart, type Problem } from "../../../problem";
import { didYouMean } from "../../../suggest";

/** An instance type in the configuration, and the architecture of its hosts. */
interface Wanted {
  readonly path: readonly PathPart[];
  readonly type: string;
  readonly architecture: string | undefined;
}

/** Every known instance type must have the architecture of its hosts. */
export function awsInstanceProblems(known: Pick<AwsKnown, "aws" | "workers">): Problem[] {
  return wanted(known).flatMap(mismatch);
}

/** AWS adds types all the time, so a type outside our table is accepted with a warning. */
export function awsInstanceWarnings(known: Pick<AwsKnown, "aws" | "workers">): string[] {
  return wanted(known)
    .filter(({ type }) => architectureOf(type) === undefined)
    .map(({ path, type }) => {
      const meant = didYouMean(type, INSTANCE_TYPES);
      const key = keyText([...path, "instanceType"]);
      return `${key} is ${valueText(type)}, which config/platforms/aws/instance-types.ts doesn't list. So its existence and its architecture aren't checked${meant === undefined ? "" : `; ${meant}`}.`;
    });
}

function wanted({ aws, workers = {} }: Pick<AwsKnown, "aws" | "workers">): Wanted[] {
  const hosts = aws?.hosts;
  const all = [
    ...TIERS.map((tier) => ({
      path: ["aws", "hosts", tier],
      type: hosts?.[tier].instanceType,
      architecture: hosts?.[tier].architecture,
    })),
    ...Object.entries(workers).map(([pool, { instanceType, architecture }]) => ({
      path: ["workers", pool],
      type: instanceType,
      architecture: architecture ?? hosts?.worker.architecture,
    })),
  ];
  return all.flatMap(({ type, ...rest }) => (type === undefined ? [] : [{ type, ...rest }]));
}

function mismatch({ path, type, architecture: wanted }: Wanted): Problem[] {
  const key = keyText([...path, "instanceType"]);
  const architecture = architectureOf(type);
  if (architecture === undefined || wanted === undefined || architecture === wanted) return [];
  return [
    {
      key,
      got: `${valueText(type)}, which is ${architecture}`,
      allowed: `a type of the architecture ${wanted}, as in ${keyText([...path, "architecture"])}`,
      fix: `write architecture: ${architecture} beside it, or use a type such as ${wanted === "arm64" ? "m6g.large" : "m6i.large"}`,
    },
  ];
}
