/** More names than this are counted instead. */
const MOST_NAMES = 8;

/** Names as a person would list them: all of a few, the first ones of many. */
export function names(all: readonly string[], most = MOST_NAMES): string {
  if (all.length <= most) return all.join(", ");
  return `${all.slice(0, most - 1).join(", ")} and ${all.length - most + 1} more`;
}

/** `0 losses`, `1 loss`. */
export function losses(n: number): string {
  return count(n, "loss", "losses");
}

/** A number with its noun. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** A share in whole percent: rounded, but nothing and all are said of nothing and all only. */
export function percent(part: number, of: number): number {
  if (part <= 0) return 0;
  return part >= of ? 100 : Math.min(99, Math.max(1, Math.round((100 * part) / of)));
}

/** Text that stays what it is inside a Markdown table or paragraph. */
export function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|#]/g, (character) => `\\${character}`).replace(/\s+/g, " ");
}

/** Text as code, in which nothing but backticks and line ends could do harm. */
export function code(text: string): string {
  return `\`${text.replace(/[`\s]+/g, " ").replaceAll("|", "\\|")}\``;
}
