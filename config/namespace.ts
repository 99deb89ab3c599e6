import { NAMESPACE } from "./problem";

/** The keys of this project, without its name before them; others belong to providers. */
export function namespaceOf<T>(all: Readonly<Record<string, T>>): Record<string, T> {
  const prefix = `${NAMESPACE}:`;
  const own = Object.entries(all).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}
