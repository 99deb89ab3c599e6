/**
 * The state of local stacks: on this workstation, for this user, outside any clone, so that every clone sees the same stacks
 * and `git status` stays clean.
 */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { backendDir, passphraseFile, stackConfigDir } from "../paths";
import { UserError } from "../terminal/errors";
import { allFacts } from "../platform/facts";
import { PROJECT, type StackFile } from "./project";
import type { State } from "./unfinished";

const SALT = /^encryptionsalt:\s*(\S+)\s*$/m;

/** Where Pulumi's file backend keeps a stack's checkpoint. */
export const checkpointFile = (stack: string): string =>
  join(backendDir(), ".pulumi", "stacks", PROJECT, `${stack}.json`);

/** What a JSON file holds; undefined if it is damaged. */
export function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as unknown;
  } catch {
    return undefined;
  }
}

/** Creates the directories and the passphrase if they don't exist. */
export function ensureLocalState(): void {
  mkdirSync(backendDir(), { recursive: true, mode: 0o700 });
  mkdirSync(stackConfigDir(), { recursive: true, mode: 0o700 });
  if (existsSync(passphraseFile())) return;
  const stacks = join(backendDir(), ".pulumi", "stacks", PROJECT);
  const names = existsSync(stacks) ? readdirSync(stacks).flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []) : [];
  if (names.length > 0) {
    throw new UserError(
      `${passphraseFile()} is gone, but there are local stacks in ${stacks} whose secrets it protects. ` +
        `Restore the file. If it is lost, remove these stacks with their state:\n\n` +
        [...names.flatMap(removals), `rm -r ${stacks}`].map((line) => `  ${line}\n`).join(""),
    );
  }
  writeNew(passphraseFile(), `${randomBytes(32).toString("base64url")}\n`);
}

/** The commands of all platforms: the stack's file, which names its platform, may be gone. */
function removals(stack: string): string[] {
  return allFacts().flatMap(({ removalCommand }) => removalCommand?.(stack) ?? []);
}

/** Writes a file that only this user may read. One that another run wrote meanwhile stays. */
function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Where the Pulumi engine reads a local stack's config: a copy of the author's file, with the salt of its secrets. */
export const workingConfig = (stack: string): string => join(stackConfigDir(), `Pulumi.${stack}.yaml`);

/** Brings the working copy of a stack's config up to date; the salt stays. */
export function writeWorkingConfig(stack: string, file: StackFile): string {
  const path = workingConfig(stack);
  const salt = SALT.exec(file.text)?.[1] ?? knownSalt(stack);
  const text = salt === undefined ? withoutSalt(file.text) : `${withoutSalt(file.text)}encryptionsalt: ${salt}\n`;
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
    writeFileSync(`${path}.${process.pid}`, text, { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
  }
  chmodSync(path, 0o600);
  return path;
}

/** Config text without the salt, ending in a newline. */
export function withoutSalt(text: string): string {
  const rest = text.replace(SALT, "").trimEnd();
  return rest === "" ? "" : `${rest}\n`;
}

/** The salt of a stack's secrets: in the working copy, else in the state itself. */
function knownSalt(stack: string): string | undefined {
  const path = workingConfig(stack);
  if (existsSync(path)) {
    const salt = SALT.exec(readFileSync(path, "utf8"))?.[1];
    if (salt !== undefined) return salt;
  }
  return readCheckpoint(stack)?.latest?.secrets_providers?.state?.salt;
}

/** The parts of a checkpoint that matter here. */
interface Checkpoint {
  readonly latest?: (State & { readonly secrets_providers?: { readonly state?: { readonly salt?: string } } }) | null;
}

/** A local stack's checkpoint; undefined if there is none. */
export function readCheckpoint(stack: string): Checkpoint | undefined {
  const path = checkpointFile(stack);
  if (!existsSync(path)) return undefined;
  const file = parsed(path) as { checkpoint?: Checkpoint } | undefined;
  if (file !== undefined) return file.checkpoint;
  throw new UserError(
    `The state of stack '${stack}' can't be read: ${path} is damaged. Beside it is a backup (${path}.bak): copy it over the damaged file.`,
  );
}

/** Removes the working copy of a removed stack's config. */
export function forgetStack(stack: string): void {
  rmSync(workingConfig(stack), { force: true });
}
