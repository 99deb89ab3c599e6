/** Runtime options of Pulumi.yaml, as the official Node.js language host reads them. */

/** What `runtime.options` may hold, as far as it matters for running a program. */
export interface RuntimeOptions {
  /** Whether the SDK registers ts-node itself. @default true */
  readonly typescript: boolean;
  /** Path of the tsconfig that ts-node gets. */
  readonly tsconfig?: string;
  /** Arguments of node, before the program. @default none */
  readonly nodeargs: readonly string[];
}

/** @throws Error that names an option of the wrong type. */
export function parseOptions(options: Readonly<Record<string, unknown>>): RuntimeOptions {
  const { typescript = true, tsconfig, nodeargs = "" } = options;
  if (typeof typescript !== "boolean") throw new Error("typescript option must be a boolean");
  if (tsconfig !== undefined && typeof tsconfig !== "string") throw new Error("tsconfig option must be a string");
  if (typeof nodeargs !== "string") throw new Error("nodeargs option must be a string");
  return { typescript, ...(tsconfig === undefined ? {} : { tsconfig }), nodeargs: splitWords(nodeargs) };
}

/** Splits a line into words as a shell does: blanks separate, quotes and backslashes keep together. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let n = 0; n < line.length; n++) {
    const char = line.charAt(n);
    if (quote === "'" ? char === "'" : quote !== "" && char === quote) quote = "";
    else if (quote === "" && (char === "'" || char === '"')) [quote, word] = [char, word ?? ""];
    else if (char === "\\" && quote !== "'" && n + 1 < line.length) word = (word ?? "") + line.charAt(++n);
    else if (quote === "" && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (quote !== "") throw new Error(`nodeargs has a quote without an end: ${line}`);
  if (word !== undefined) words.push(word);
  return words;
}
