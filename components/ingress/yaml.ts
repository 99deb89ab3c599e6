import { stringify } from "yaml";

/** Settings as readable YAML, without anchors or folded lines. */
export function yaml(settings: Readonly<Record<string, unknown>>): string {
  return stringify(settings, { aliasDuplicateObjects: false, lineWidth: 0 });
}
