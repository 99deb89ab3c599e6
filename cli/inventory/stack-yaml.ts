/** Changes of a stack file as its author keeps it: comments, order and everything else stay. Pure. */
import { isAlias, isMap, isSeq, parseDocument, type Document, type YAMLMap, type YAMLSeq } from "yaml";
import { UserError } from "../terminal/errors";

/** A value, and the path that it belongs to. */
export interface Change {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/**
 * A stack file's text with other values. Where a mapping on the way is an alias, the one that it stands for is changed.
 *
 * @throws UserError when the text is no YAML, or something on the way is no mapping, or takes its values from others (`<<`)
 */
export function withValues(text: string, changes: readonly Change[]): string {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw new UserError(`The stack file is not valid YAML: ${error.message}`);
  for (const { path, value } of changes) {
    const node = document.createNode(value);
    if (isSeq(node)) for (const item of node.items) if (isMap(item)) item.flow = true;
    set(document, path, node);
  }
  const changed = document.toString({
    lineWidth: 0,
    indentSeq: !/^(\s*)\S[^\n]*:[ \t]*(?:#[^\n]*)?\n\1- /m.test(text),
  });
  return withOwnBlanks(changed, text);
}

/** Sets a value; mappings that are missing are made. */
function set(document: Document, path: readonly (string | number)[], node: unknown): void {
  let at: YAMLMap | YAMLSeq | undefined;
  for (let length = 0; length < path.length; length++) {
    const found: unknown = length === 0 ? document.contents : at?.get(path[length - 1], true);
    const next: unknown = isAlias(found) ? found.resolve(document) : found;
    if (next === undefined || next === null) {
      // What a mapping takes from another one isn't there, and would be hidden.
      if (at?.has("<<") === true) throw notWritten(path, length - 1, "takes its values from another mapping (<<)");
      if (at === undefined) document.setIn(path, node);
      else at.setIn(path.slice(length - 1), node);
      return;
    }
    if (!isMap(next) && !isSeq(next)) throw notWritten(path, length, "is no mapping");
    at = next;
  }
  at?.set(path.at(-1), node);
}

function notWritten(path: readonly (string | number)[], length: number, why: string): UserError {
  return new UserError(`${path.slice(1, length).join(".")} of the stack file ${why}: write it out by hand.`);
}

/** Lines that only blanks within brackets tell from the author's are the author's. */
function withOwnBlanks(changed: string, text: string): string {
  const plain = (line: string): string => line.replace(/(?<=[[{]) +| +(?=[\]}])/g, "");
  const own = new Map(text.split("\n").map((line) => [plain(line), line]));
  return changed
    .split("\n")
    .map((line) => own.get(plain(line)) ?? line)
    .join("\n");
}
