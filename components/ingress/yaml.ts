import { stringify } from "yaml";

/** Settings as YAML that people can read: everything in its place, and no line broken. */
export function yaml(settings: Readonly<Record<string, unknown>>): string {
  return stringify(settings, { aliasDuplicateObjects: false, lineWidth: 0 });
}
