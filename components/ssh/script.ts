import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { shellQuote } from "../shell-quote";

/** Where the host side of every step lies. */
const SCRIPTS = path.join(__dirname, "..", "..", "scripts");

/** A step's shell text, ready to be sent: its libraries first, the step itself last. */
export interface Script {
  /** The step's name, which is also what messages on the host begin with. */
  readonly step: string;
  /** The whole text. It holds no secret. */
  readonly text: string;
}

/**
 * Reads a step from `scripts/<step>.sh`. Its lines `. lib/<name>.sh` are replaced by the library's text, since only
 * one text travels; in the file they are what shellcheck follows.
 *
 * @throws Error when a file is missing.
 */
export function readScript(step: string): Script {
  return { step, text: expand(`${step}.sh`) };
}

function expand(file: string): string {
  return strip(readFileSync(path.join(SCRIPTS, file), "utf8")).replace(/^\. (lib\/\S+\.sh)$/gm, (_, library: string) =>
    expand(library),
  );
}

/** Comments explain to the reader of the file; on the wire and in the state they would only weigh. */
function strip(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join("\n")
    .concat("\n");
}

/** What a step gets to know: texts, numbers, flags, lists of texts, and objects of them. */
export interface StepData {
  readonly [key: string]: string | number | boolean | readonly string[] | StepData;
}

/** Where a machine keeps the scripts that {@link installed} lines run. */
export const STEPS_FOLDER = "/var/lib/swarm-ha/steps";

/**
 * A step's data as it travels on standard input: a bash array by path, `{ client: { key } }` as `client.key`, and a list
 * has its elements on lines. Not JSON: with Debian's jq 1.6 each value taken out of that costs 25 ms of processor time
 * (measured), on every host.
 */
export function dataText(data: StepData): string {
  return `given=(${values(data).join(" ")})\n`;
}

function values(data: StepData, path: readonly string[] = []): string[] {
  return Object.entries(data).flatMap(([key, value]) => {
    const at = [...path, key];
    // What isn't there stays away, so that the script says so; the text 'undefined' would pass for a value.
    if (((value as unknown) ?? undefined) === undefined) return [];
    if (typeof value === "object" && !isList(value)) return values(value, at);
    return `[${shellQuote(at.join("."))}]=${shellQuote(isList(value) ? value.join("\n") : String(value))}`;
  });
}

function isList(value: StepData[string]): value is readonly string[] {
  return Array.isArray(value);
}

/**
 * The command line that takes its script off standard input, where the data follows it.
 *
 * It holds a length and a digest, never the script nor its data: errors print the whole command line and process lists
 * show it; the digest lets a preview show *that* a script changed. (`head -c` takes exactly as many bytes as asked.)
 */
export function sent(script: Script): string {
  const size = Buffer.byteLength(script.text, "utf8");
  return `script=$(head -c ${String(size)}); exec bash -c "$script" ${script.step} ${digest(script)}`;
}

/** The command line for a script that the bastion has in {@link STEPS_FOLDER}; only data comes on standard input. */
export function installed(script: Script): string {
  return `${present(script.step, script.step)}exec bash -c '. ${fileOf(script.step)}' ${script.step} ${digest(script)}`;
}

/** Name of the script that takes a step from the bastion to its host. */
export const ON_HOST = "on-host";

/**
 * The bastion's command line for a step of a host. On standard input come what {@link ON_HOST} reads ({@link sized}), and
 * then what the host gets, as of {@link sent}.
 *
 * The digest is that of the step alone: another way to the host is no reason to run the steps of all hosts again. The
 * SSH agent holds the client's key for as long as the call.
 */
export function forHost(script: Script): string {
  const size = Buffer.byteLength(script.text, "utf8");
  const run = `exec ssh-agent bash -c '. ${fileOf(ON_HOST)}' ${script.step} ${String(size)} ${digest(script)}`;
  return present(script.step, ON_HOST) + run;
}

/** A text after its length in bytes: who reads it leaves what follows it to somebody else. */
export function sized(text: string): string {
  return `${String(Buffer.byteLength(text, "utf8"))}\n${text}`;
}

function fileOf(script: string): string {
  return `${STEPS_FOLDER}/${script}.sh`;
}

/** Stops a command line whose script isn't there. */
function present(step: string, script: string): string {
  const file = fileOf(script);
  const missing = `${step}: ${file} is missing: the bastion was replaced and not prepared yet; run 'up' again`;
  return `[ -s ${file} ] || { echo "${missing}" >&2; exit 1; }; `;
}

function digest(script: Script): string {
  return createHash("sha256").update(script.text).digest("hex").slice(0, 12);
}
