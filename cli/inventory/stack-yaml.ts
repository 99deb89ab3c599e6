/** Changes of a stack file as its author keeps it: comments, order and everything else stay. Pure. */
import { isMap, isSeq, parseDocument, type Document } from "yaml";
import { UserError } from "../terminal/errors";

/** A value, and the path that it belongs to. */
export interface Change {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/**
 * A stack file's text with other values.
 *
 * @throws UserError when the text is no YAML, or a mapping on the way is an alias, which others use too
 */
export function withValues(text: string, changes: readonly Change[]): string {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw new UserError(`The stack file is not valid YAML: ${error.message}`);
  for (const { path, value } of changes) {
    refuseAlias(document, path);
    const node = document.createNode(value);
    if (isSeq(node)) for (const item of node.items) if (isMap(item)) item.flow = true;
    document.setIn(path, node);
  }
  const changed = document.toString({
    lineWidth: 0,
    indentSeq: !/^(\s*)\S[^\n]*:[ \t]*(?:#[^\n]*)?\n\1- /m.test(text),
  });
  return withOwnBlanks(changed, text);
}

function refuseAlias(document: Document, path: readonly (string | number)[]): void {
  for (let length = 1; length < path.length; length++) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (node === undefined || isMap(node) || isSeq(node)) continue;
    throw new UserError(`${path.slice(1, length).join(".")} of the stack file is no mapping: write it out by hand.`);
  }
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
