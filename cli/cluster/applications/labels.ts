/** Routers, services and middlewares that a service's labels define for the ingress. Pure. */

/** Protocols that labels have parts for. */
export type Protocol = "http" | "tcp" | "udp";

/** What labels define by name. */
export type Kind = "routers" | "services" | "middlewares";

/** One router, service or middleware, as the labels of one service define it. */
export interface Definition {
  readonly protocol: Protocol;
  readonly kind: Kind;
  readonly name: string;
  /** A label of it, for messages; empty where Traefik generates it. */
  readonly label: string;
  /** The rest of its labels' names, in lower case, and their values. */
  readonly values: Readonly<Record<string, string>>;
}

const DEFINITION = /^traefik\.(http|tcp|udp)\.(routers|services|middlewares)\.([^.]+)\.(.+)$/i;

/**
 * Reads labels as Traefik does: names of fields in any case, names that people give as they are.
 * Source: github.com/traefik/paerser, parser/labels_decode.go.
 */
export function definitionsOf(labels: Readonly<Record<string, string>>): Definition[] {
  const found = new Map<string, Definition & { readonly values: Record<string, string> }>();
  for (const label of Object.keys(labels).sort()) {
    const [, protocol = "", kind = "", name = "", field = ""] = DEFINITION.exec(label) ?? [];
    if (field === "") continue;
    const lower = { protocol: protocol.toLowerCase() as Protocol, kind: kind.toLowerCase() as Kind };
    const key = `${lower.protocol} ${lower.kind} ${name.toLowerCase()}`;
    const one = found.get(key) ?? { ...lower, name, label, values: {} };
    one.values[field.toLowerCase()] = labels[label] ?? "";
    found.set(key, one);
  }
  return [...found.values()];
}

/** A label's value, whatever the case of its name. */
export function valueOf(labels: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(labels).find(([label]) => label.toLowerCase() === name)?.[1];
}

/** Whether a label's value is true, as Go's strconv.ParseBool and Traefik read it. */
export function isTrue(value: string | undefined): boolean {
  return ["1", "t", "true"].includes((value ?? "").toLowerCase());
}

/** The parts of a list in a label. */
export function listIn(text: string | undefined): string[] {
  return (text ?? "").split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()]));
}
