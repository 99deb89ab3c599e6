/** The project and its stacks' config files. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PLATFORMS } from "../../config/platforms";
import type { Platforms } from "../../config/platforms/types";
import { root } from "../paths";
import { UserError } from "../terminal/errors";
import { factsOf, hasLocalState, platformNames } from "../platform/facts";
import { hasEnvironment, stackValues } from "./stack-values";

/** The project's name, as Pulumi.yaml has it. */
export const PROJECT = "swarm-ha";

/** The stack of `npm start`, and of read-only commands, when none is given. */
export const DEFAULT_STACK = "local";

/** A stack's config file, and what commands need from it. */
export interface StackFile {
  /** The stack's config file as its author keeps it. */
  readonly path: string;
  /** Its text. */
  readonly text: string;
  /** `swarm-ha:platform`; undefined if the file doesn't have it. */
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
 * @throws UserError that lists the stacks there are, when there is none of that name
 */
export function readStackFile(stack: string): StackFile {
  const directory = configDirectory();
  const path = join(directory, `Pulumi.${stack}.yaml`);
  if (!/^[A-Za-z0-9_.-]+$/.test(stack)) throw new UserError(`${JSON.stringify(stack)} is no stack name.`);
  if (!existsSync(path)) {
    const known = readdirSync(directory).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
    throw new UserError(
      `There is no stack '${stack}': ${path} doesn't exist. Stacks here: ${known.join(", ") || "none"}.`,
    );
  }
  const text = readFileSync(path, "utf8");
  const file = { path, text, platform: platformIn(text, path) };
  checkPlatform(stack, file);
  return file;
}

/** Checks the platform first, for every command, and the stack's name on it. */
function checkPlatform(stack: string, { path, text, platform }: StackFile): void {
  if (platform === undefined && hasEnvironment({ text })) return; // Pulumi ESC may have it.
  if (factsOf({ platform }) === undefined) {
    const names = platformNames();
    const got =
      text.trim() === ""
        ? "is empty"
        : `has ${platform === undefined ? "no swarm-ha:platform" : `the platform '${platform}'`}`;
    throw new UserError(
      `${path} ${got}. Allowed platforms: ${names.join(", ")}. The smallest file for a stack on this workstation:\n\n` +
        `config:\n  ${PROJECT}:platform: ${names.find((name) => hasLocalState({ platform: name })) ?? ""}\n`,
    );
  }
  const problem = (PLATFORMS as Platforms)[platform ?? ""]?.stackName?.(stack);
  if (problem !== undefined)
    throw new UserError(
      `A stack on the platform ${platform ?? ""} can't be called ${problem.got}. Allowed: ${problem.allowed}. Fix: ${problem.fix}.`,
    );
}

function platformIn(text: string, path: string): string | undefined {
  let values: Readonly<Record<string, unknown>>;
  try {
    values = stackValues({ text });
  } catch (error) {
    throw new UserError(`${path} is not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { platform } = values;
  return typeof platform === "string" ? platform : undefined;
}
