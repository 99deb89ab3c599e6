import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";

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

/**
 * What travels on a step's standard input: the script that does it, the one that undoes it, then the data.
 *
 * The data is a bash array by path, `{ client: { key } }` as `client.key`, and a list has its elements on lines. Not
 * JSON: with Debian's jq 1.6 each value taken out of that costs 25 ms of processor time (measured), on every host.
 *
 * Both scripts are always there because a command resource has one standard input for its create and its delete.
 */
export function payload(create: Script, undo: Script | undefined, data: StepData): string {
  return create.text + (undo?.text ?? "") + `given=(${values(data).join(" ")})\n`;
}

function values(data: StepData, path: readonly string[] = []): string[] {
  return Object.entries(data).flatMap(([key, value]) => {
    const at = [...path, key];
    // What isn't there stays away, so that the script says so; the text 'undefined' would pass for a value.
    if ((value as unknown) === undefined || value === null) return [];
    if (typeof value === "object" && !isList(value)) return values(value, at);
    return `[${quote(at.join("."))}]=${quote(isList(value) ? value.join("\n") : String(value))}`;
  });
}

function isList(value: StepData[string]): value is readonly string[] {
  return Array.isArray(value);
}

/** A word that the shell takes literally, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The command lines that take their script off such a payload, and leave the data for it to read.
 *
 * They hold lengths and a digest, never a script nor its data: errors print the whole command line and process lists
 * show it; the digest lets a preview show *that* a script changed. (`head -c` takes exactly as many bytes as asked.)
 */
export function commandLines(create: Script, undo: Script | undefined): { create: string; delete?: string } {
  const [before, after] = [size(create), undo === undefined ? 0 : size(undo)];
  const lines = { create: commandLine(create, 0, after) };
  return undo === undefined ? lines : { ...lines, delete: commandLine(undo, before, 0) };
}

function commandLine(script: Script, skipBefore: number, skipAfter: number): string {
  const skip = (bytes: number): string => (bytes === 0 ? "" : `head -c ${String(bytes)} >/dev/null; `);
  const digest = createHash("sha256").update(script.text).digest("hex").slice(0, 12);
  return (
    `${skip(skipBefore)}script=$(head -c ${String(size(script))}); ` +
    `${skip(skipAfter)}exec bash -c "$script" ${script.step} ${digest}`
  );
}

function size(script: Script): number {
  return Buffer.byteLength(script.text, "utf8");
}
