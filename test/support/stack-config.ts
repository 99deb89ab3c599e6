/** Config files for stacks that run beside a person's own: tests and CI never touch the stack `local`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { StackFile } from "../../cli/pulumi/project";
import { root } from "../../cli/paths";

/** What has to differ between two local stacks that run side by side. */
export interface OwnPlace {
  /** Address range of its hosts. */
  readonly hosts: string;
  /** Ports on 127.0.0.1, by what they lead to, e.g. `{ ssh: 2401, manager: 2402 }`. */
  readonly ports: Readonly<Record<string, number>>;
}

/** Five ports of this workstation in a row, for all that a local stack publishes. */
export function portsFrom(first: number): OwnPlace["ports"] {
  return { ssh: first, manager: first + 1, registry: first + 2, http: first + 3, https: first + 4 };
}

type Section = Readonly<Record<string, unknown>>;

/** The text of a stack file like `text`, in a place of its own. */
export function stackConfigIn(place: OwnPlace, text: string): string {
  const file = parse(text) as { config?: Section } & Section;
  const config = file.config ?? {};
  const section = (key: string) => (config[key] ?? {}) as Section;
  const local = section("swarm-ha:local");
  return stringify({
    ...file,
    config: {
      ...config,
      "swarm-ha:network": { ...section("swarm-ha:network"), hosts: place.hosts },
      "swarm-ha:local": { ...local, ports: { ...(local["ports"] as Section | undefined), ...place.ports } },
    },
  });
}

/** A stack file of this clone, wherever the stack files of the run are (SWARM_HA_CONFIG_DIR). */
export function shippedStack(stack: string): StackFile {
  const path = join(root, `Pulumi.${stack}.yaml`);
  const text = readFileSync(path, "utf8");
  const { config } = parse(text) as { config: Record<string, unknown> };
  return { path, text, platform: String(config["swarm-ha:platform"]) };
}
