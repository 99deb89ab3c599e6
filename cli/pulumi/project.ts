/** The project and its stacks' config files. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { PLATFORM_NAMES as PLATFORMS } from "../../config/platforms";
import { stackNameProblem } from "../../config/platforms/local/stack-name";
import { root } from "../paths";
import { SetupError } from "../terminal/errors";
import { hasEnvironment } from "../platform/aws/credentials";

/** The project's name, as Pulumi.yaml has it. */
export const PROJECT = "swarm-ha";

/** What is known of a stack before anything runs. */
export interface StackFile {
  /** The stack's config file as its author keeps it. */
  readonly path: string;
  /** Its text. */
  readonly text: string;
  /** `swarm-ha:platform`, if it is said there. */
  readonly platform: string | undefined;
}

/** Where stacks' config files are: SWARM_HA_CONFIG_DIR, else the clone. */
export function configDirectory(): string {
  const set = process.env["SWARM_HA_CONFIG_DIR"];
  return set === undefined || set === "" ? root : set;
}

/**
 * A stack's config file.
 *
 * @throws SetupError that lists the stacks there are, when there is none of that name
 */
export function readStackFile(stack: string): StackFile {
  const directory = configDirectory();
  const path = join(directory, `Pulumi.${stack}.yaml`);
  if (!/^[A-Za-z0-9_.-]+$/.test(stack)) throw new SetupError(`${JSON.stringify(stack)} is no stack name.`);
  if (!existsSync(path)) {
    const known = readdirSync(directory).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
    throw new SetupError(
      `There is no stack '${stack}': ${path} doesn't exist. Stacks here: ${known.join(", ") || "none"}.`,
    );
  }
  const text = readFileSync(path, "utf8");
  const file = { path, text, platform: platformOf(text, path) };
  checkPlatform(stack, file);
  return file;
}

/** What every command has to know, before anything else is said: where the stack is, and that it can be there. */
function checkPlatform(stack: string, { path, text, platform }: StackFile): void {
  if (platform === undefined && hasEnvironment({ text })) return; // Pulumi ESC may have it.
  if (!(PLATFORMS as readonly (string | undefined)[]).includes(platform)) {
    const got =
      text.trim() === ""
        ? "is empty"
        : `has ${platform === undefined ? "no swarm-ha:platform" : `the platform '${platform}'`}`;
    throw new SetupError(
      `${path} ${got}. The platform is ${PLATFORMS.join(" or ")}; the least that a file for this machine needs:\n\n` +
        `config:\n  ${PROJECT}:platform: local\n`,
    );
  }
  const problem = platform === "local" ? stackNameProblem(stack) : undefined;
  if (problem !== undefined)
    throw new SetupError(
      `A stack on this machine can't be called ${problem.got}. Allowed: ${problem.allowed}. Fix: ${problem.fix}.`,
    );
}

function platformOf(text: string, path: string): string | undefined {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new SetupError(`${path} is not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const platform = (content as { config?: Record<string, unknown> } | null)?.config?.[`${PROJECT}:platform`];
  return typeof platform === "string" ? platform : undefined;
}

/** What has to be known of a stack on AWS before the program, which checks it, has run. */
export interface AwsKeys {
  readonly region?: string;
  readonly bastion?: { readonly access?: string; readonly port?: number };
}

/** The key `swarm-ha:aws` of a stack file, as far as it is needed here; empty where there is none. */
export function awsKeys({ text }: Pick<StackFile, "text">): AwsKeys {
  const content = parse(text) as { config?: Record<string, AwsKeys | null | undefined> } | null;
  return content?.config?.[`${PROJECT}:aws`] ?? {};
}

/** The region of a stack on AWS. @throws SetupError for a stack file without one, or with something else in its place */
export function regionOf(file: Pick<StackFile, "text" | "path">): string {
  const { region } = awsKeys(file);
  if (typeof region !== "string" || !/^[a-z0-9-]+$/.test(region)) {
    throw new SetupError(`${file.path}: swarm-ha:aws.region has to be a region's name, such as eu-central-1.`);
  }
  return region;
}
