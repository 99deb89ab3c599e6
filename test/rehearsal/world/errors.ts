/** Refusals of the simulated AWS, in the form in which AWS SDKs print them. */
import { randomUUID } from "node:crypto";

/** A refusal of one API call. */
export class AwsError extends Error {
  public constructor(
    /** Service and operation, such as `EC2: RunInstances`. */
    public readonly operation: string,
    /** Error code, such as `DependencyViolation`. */
    public readonly code: string,
    /** The text of the API, without operation and code. */
    public readonly text: string,
    public readonly status = 400,
  ) {
    super(
      `operation error ${operation}, https response error StatusCode: ${status}, RequestID: ${randomUUID()}, api error ${code}: ${text}`,
    );
  }
}

/** Makes errors of one service: `refuse("RunInstances", "InvalidAMIID.NotFound", "…")`. */
export function refusals(service: string) {
  return (operation: string, code: string, text: string, status = 400): AwsError =>
    new AwsError(`${service}: ${operation}`, code, text, status);
}

/** Whether an error is a refusal with one of these codes. */
export function isRefusal(error: unknown, ...codes: readonly string[]): error is AwsError {
  return error instanceof AwsError && codes.includes(error.code);
}
