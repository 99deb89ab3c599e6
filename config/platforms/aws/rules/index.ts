import type { Problem } from "../../../problem";
import { accessProblems } from "./access";
import { ownProblems } from "./aws";
import type { AwsKnown } from "./known";
import { awsInstanceProblems } from "./instances";
import { awsNetworkProblems } from "./network";

export { awsInstanceWarnings } from "./instances";

/** Checks of a stack on AWS that need no call to AWS. */
export function awsProblems(known: AwsKnown): Problem[] {
  const own = known.aws === undefined ? [] : [ownProblems, awsNetworkProblems, awsInstanceProblems];
  return [...own, accessProblems].flatMap((rule) => rule(known));
}
