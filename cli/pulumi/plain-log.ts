/** Shortens the Pulumi engine's output without a terminal: it prints extra lines when a step starts. */

import { WITH_EFFECT } from "./unfinished";

/** What a line of it says. */
export type LogLine =
  /** To be shown: a step that is done, and all other output (errors, the summary). */
  | { readonly kind: "show"; readonly text: string }
  /** A step that is under way. */
  | { readonly kind: "under way"; readonly text: string }
  /** Not shown: keys, certificates and components, which take no time. */
  | { readonly kind: "drop" };

/** A step: its sign, type, name, what is or was done, how long it has taken; what it printed last, or what has changed. */
const STEP = /^ *([-+~<>=|]{1,2}) +(\S+:\S+) +(\S+) +([a-z][a-z ]*) \(([\d.]+s)\) *(.*)$/;

/**
 * Reads a line. What isn't a step, and a step that failed (`**creating failed (3s)**`), is shown as it is.
 *
 * Source of the words: pulumi/pulumi pkg/backend/display/progress.go, getStepDoneDescription and what follows it.
 */
export function readLogLine(line: string): LogLine {
  const [, sign = "", type = "", name, what = "", time = "", info = ""] = STEP.exec(line) ?? [];
  if (name === undefined) return { kind: "show", text: line.trimEnd() };
  if (!WITH_EFFECT.test(type)) return { kind: "drop" };
  if (/^[a-z]+ing\b/.test(what)) return { kind: "under way", text: `${name} ${what}` };
  const changed = info.startsWith("[diff:") ? ` ${info.trimEnd()}` : "";
  return { kind: "show", text: `  ${sign.padEnd(2)} ${name} ${what} (${time})${changed}` };
}
