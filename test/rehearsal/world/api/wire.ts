/** Requests and answers of AWS's protocols, as the `aws` program speaks them. */

/** What is written as XML: an undefined field is left out, a list becomes elements of its protocol. */
export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [name: string]: Xml };

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text of an element. @param item Name of a list's elements: `item` for EC2, `member` for other query services */
export function xml(name: string, value: Xml, item: string): string {
  if (value === undefined) return "";
  return `<${name}>${content(value, item)}</${name}>`;
}

function isList(value: Xml): value is readonly Xml[] {
  return Array.isArray(value);
}

function content(value: Xml, item: string): string {
  if (value === undefined) return "";
  if (isList(value)) return value.map((one) => xml(item, one, item)).join("");
  if (typeof value === "object")
    return Object.entries(value)
      .map(([name, inner]) => xml(name, inner, item))
      .join("");
  return String(value).replace(/[&<>"]/g, (char) => ESCAPES[char] ?? char);
}

/** Parameters of a query request. */
export class Query {
  private readonly fields: URLSearchParams;

  public constructor(body: string) {
    this.fields = new URLSearchParams(body);
  }

  /** Name of the operation. */
  public get action(): string {
    return this.text("Action") ?? "";
  }

  /** One parameter. */
  public text(name: string): string | undefined {
    return this.fields.get(name) ?? undefined;
  }

  /** `Name.1`, `Name.2`, or `Name.member.1` and so on. */
  public list(name: string): string[] {
    const found: string[] = [];
    for (const prefix of [name, `${name}.member`])
      for (let i = 1; this.fields.has(`${prefix}.${String(i)}`); i++)
        found.push(this.text(`${prefix}.${String(i)}`) ?? "");
    return found;
  }

  /** `Filter.1.Name`, `Filter.1.Value.1` and so on. */
  public filters(): { readonly name: string; readonly values: readonly string[] }[] {
    const found: { name: string; values: string[] }[] = [];
    for (let i = 1; this.fields.has(`Filter.${String(i)}.Name`); i++)
      found.push({ name: this.text(`Filter.${String(i)}.Name`) ?? "", values: this.list(`Filter.${String(i)}.Value`) });
    return found;
  }
}

/** An answer. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** An answer in JSON. */
export function jsonReply(value: unknown, status = 200): Reply {
  return { status, type: "application/x-amz-json-1.1", body: JSON.stringify(value) };
}

/** An answer in XML. */
export function xmlReply(body: string, status = 200): Reply {
  return { status, type: "text/xml;charset=UTF-8", body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}` };
}

/** Tags as lists of pairs. */
export function pairs<K extends string, V extends string>(
  tags: Readonly<Record<string, string>>,
  key: K,
  value: V,
): Record<K | V, string>[] {
  return Object.entries(tags).map(([k, v]) => ({ [key]: k, [value]: v }) as Record<K | V, string>);
}
