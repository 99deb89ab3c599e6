/** The one place that asks AWS: the `aws` program and its credentials. AWS_ENDPOINT_URL leads it to another API. */
import { spawn } from "node:child_process";
import type { z } from "zod";
import { environmentFor } from "../../environment";
import { findProgram } from "../../workstation/command";
import { UserError } from "../../terminal/errors";

/** Milliseconds for one call, all pages of its answer included. */
const LIMIT = 120_000;

/** Seconds after which `aws` gives up a connection, and a silent one. It tries again by itself. */
const TIMEOUTS = ["--cli-connect-timeout", "10", "--cli-read-timeout", "30"];

/** Calls at a time: each is a Python process of about 100 MB. */
const AT_A_TIME = 4;

/** One call of the `aws` program. */
export interface AwsCall {
  /** Service and operation, such as `["ec2", "describe-instances"]`. */
  readonly operation: readonly [service: string, operation: string];
  /** The region that is asked: never the shell's. */
  readonly region: string;
  /** Further arguments. @default none */
  readonly options?: readonly string[];
}

/** AWS refused a call. */
export class AwsError extends UserError {
  public constructor(
    message: string,
    /** The error code of the API, such as `UnauthorizedOperation`; empty where `aws` itself failed. */
    public readonly code: string,
  ) {
    super(message);
  }
}

/** Whether the `aws` program is installed. */
export function canAsk(): boolean {
  return findProgram("aws") !== undefined;
}

/** Arguments of the `aws` program for a call. */
export function awsArguments({ operation, region, options = [] }: AwsCall): string[] {
  return [...operation, "--region", region, ...options, "--output", "json", ...TIMEOUTS];
}

/** The same call as a person types it. */
export function awsCommand({ operation, region, options = [] }: AwsCall): string {
  return ["aws", ...operation, "--region", region, ...options].join(" ");
}

/**
 * Runs a call and reads its answer.
 *
 * @throws AwsError with the words of `aws` when it fails, UserError when it isn't installed or answers something else
 */
export async function askAws<T>(call: AwsCall, answer: z.ZodType<T>): Promise<T> {
  const text = await callAws(call);
  const what = call.operation.join(" ");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UserError(`aws ${what} answered no JSON: ${JSON.stringify(text.slice(0, 200))}`);
  }
  const read = answer.safeParse(json);
  if (read.success) return read.data;
  const { path = [], message = "" } = read.error.issues[0] ?? {};
  throw new UserError(`aws ${what} answered something unexpected: ${path.map(String).join(".")}: ${message}`);
}

let running = 0;
const waiting: (() => void)[] = [];

/**
 * Runs a call.
 *
 * @returns what it prints
 * @throws AwsError, UserError as {@link askAws}
 */
export async function callAws(call: AwsCall): Promise<string> {
  const program = findProgram("aws");
  if (program === undefined) {
    throw new UserError(
      "The program aws isn't installed: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    );
  }
  if (running >= AT_A_TIME) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  try {
    return await run(program, call);
  } finally {
    running--;
    waiting.shift()?.();
  }
}

function run(program: string, call: AwsCall): Promise<string> {
  const what = call.operation.join(" ");
  return new Promise((resolve, reject) => {
    const child = spawn(program, awsArguments(call), {
      stdio: ["ignore", "pipe", "pipe"],
      // Without a pager, and without a prompt, whatever the shell has set.
      env: { ...environmentFor("aws"), AWS_PAGER: "", AWS_CLI_AUTO_PROMPT: "off" },
    });
    const kept = { stdout: "", stderr: "" };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, LIMIT);
    child.stdout.setEncoding("utf8").on("data", (text: string) => (kept.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (kept.stderr += text));
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new UserError(`aws ${what}: ${error.message}`));
    });
    child.on("close", (status) => {
      clearTimeout(timer);
      if (status === 0) resolve(kept.stdout);
      else if (late) reject(new UserError(`aws ${what} didn't end within ${LIMIT / 1000} s`));
      else reject(new AwsError(`aws ${what} failed: ${kept.stderr.trim()}`, codeIn(kept.stderr)));
    });
  });
}

/** Source: botocore/exceptions.py, ClientError. */
function codeIn(text: string): string {
  return /An error occurred \(([^)]+)\)/.exec(text)?.[1] ?? "";
}
