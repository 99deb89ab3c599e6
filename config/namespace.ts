import { NAMESPACE } from "./problem";

/** The keys of this project, without the project's name. Other keys belong to providers. */
export function namespaceOf<T>(all: Readonly<Record<string, T>>): Record<string, T> {
  const prefix = `${NAMESPACE}:`;
  const own = Object.entries(all).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}
