import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { shellQuote } from "../shell-quote";

/** Folder of the steps' scripts. */
const SCRIPTS = path.join(__dirname, "..", "..", "scripts");

/** A step's shell text, ready to send: libraries first, the step itself last. */
export interface Script {
  /** The step's name. Messages on the host begin with it. */
  readonly step: string;
  /** The whole text. It contains no secret. */
  readonly text: string;
}

/**
 * Reads a step from `scripts/<step>.sh`. Its lines `. lib/<name>.sh` are replaced by the library's text, because only
 * one text is sent. In the file, shellcheck follows these lines.
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

/** Removes comments: on the wire and in the state they would only take space. */
function strip(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join("\n")
    .concat("\n");
}

/** A step's input: texts, numbers, flags, lists of texts, and objects of them. */
export interface StepData {
  readonly [key: string]: string | number | boolean | readonly string[] | StepData;
}

/** Folder of installed scripts on the bastion, which {@link installed} lines run. */
export const STEPS_FOLDER = "/var/lib/swarm-ha/steps";

/**
 * A step's data for standard input: a bash array by path, `{ client: { key } }` as `client.key`, and a list
 * with one element on each line. It isn't JSON: reading a value with Debian's jq 1.6 takes 25 ms of processor time
 * (measured), on every host.
 */
export function dataText(data: StepData): string {
  return `given=(${values(data).join(" ")})\n`;
}

/** The values of {@link dataText} with their paths, in order, also where it is a part of a text. Numbers and flags are texts. */
export function dataIn(text: string): (readonly [path: string, value: string])[] {
  const plain = (quoted: string): string => quoted.replaceAll(`'\\''`, "'");
  const pairs = text.matchAll(/\['([^']*(?:'\\''[^']*)*)'\]='([^']*(?:'\\''[^']*)*)'/g);
  return [...pairs].map(([, path = "", value = ""]) => [plain(path), plain(value)]);
}

function values(data: StepData, path: readonly string[] = []): string[] {
  return Object.entries(data).flatMap(([key, value]) => {
    const at = [...path, key];
    // Missing values are left out, so that the script reports them. The text 'undefined' would be used as a value.
    if (((value as unknown) ?? undefined) === undefined) return [];
    if (typeof value === "object" && !isList(value)) return values(value, at);
    return `[${shellQuote(at.join("."))}]=${shellQuote(isList(value) ? value.join("\n") : String(value))}`;
  });
}

function isList(value: StepData[string]): value is readonly string[] {
  return Array.isArray(value);
}

/**
 * The command line that reads its script, and then the data, from standard input.
 *
 * It contains a length and a digest, never the script or its data: errors print the whole command line, and process lists
 * show it. With the digest, a preview shows *that* a script changed. (`head -c` reads exactly that many bytes.)
 */
export function sent(script: Script): string {
  const size = Buffer.byteLength(script.text, "utf8");
  return `script=$(head -c ${String(size)}); exec bash -c "$script" ${script.step} ${digest(script)}`;
}

/** The command line for a script in the bastion's {@link STEPS_FOLDER}. Standard input has only the data. */
export function installed(script: Script): string {
  return `${present(script.step, script.step)}exec bash -c '. ${fileOf(script.step)}' ${script.step} ${digest(script)}`;
}

/** Name of the script that runs a step from the bastion on its host. */
export const ON_HOST = "on-host";

/**
 * The bastion's command line for a step of a host, whose script is in the bastion's {@link STEPS_FOLDER}, too. Standard
 * input has the input of {@link ON_HOST} ({@link sized}), and then the host's data.
 *
 * The digest covers only the step: a change of {@link ON_HOST} doesn't run the steps of all hosts again. The
 * SSH agent holds the client's key during the call.
 */
export function forHost(script: Script): string {
  const run = `exec ssh-agent bash -c '. ${fileOf(ON_HOST)}' ${script.step} ${digest(script)}`;
  return present(script.step, ON_HOST) + present(script.step, script.step) + run;
}

/** A text after its length in bytes, so that a reader stops before what follows. */
export function sized(text: string): string {
  return `${String(Buffer.byteLength(text, "utf8"))}\n${text}`;
}

function fileOf(script: string): string {
  return `${STEPS_FOLDER}/${script}.sh`;
}

/** Stops a command line whose script is missing. */
function present(step: string, script: string): string {
  const file = fileOf(script);
  const missing = `${step}: ${file} is missing: the bastion was replaced and not prepared yet; run 'up' again`;
  return `[ -s ${file} ] || { echo "${missing}" >&2; exit 1; }; `;
}

/** What tells two versions of a script apart. */
function digest(script: Script): string {
  return createHash("sha256").update(script.text).digest("hex").slice(0, 12);
}
