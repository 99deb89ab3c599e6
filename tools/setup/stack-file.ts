/** The config file of a stack, before Pulumi reads it: what set-up has to know first. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../paths";
import { SetupError } from "./errors";

/**
 * Checks that a stack is one that lives on this machine.
 *
 * @param directory where the stack files are. @default SWARM_HA_CONFIG_DIR, else the clone
 * @throws SetupError if there is no such stack, or it lives elsewhere
 */
export function requireLocalStack(stack: string, directory = process.env["SWARM_HA_CONFIG_DIR"] ?? root): void {
  const file = join(directory, `Pulumi.${stack}.yaml`);
  if (!/^[A-Za-z0-9_.-]+$/.test(stack) || !existsSync(file)) {
    const names = existsSync(directory)
      ? readdirSync(directory).map((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1])
      : [];
    const known = names.filter((name) => name !== undefined);
    throw new SetupError(
      `There is no stack ${JSON.stringify(stack)}: ${directory} has files for ${known.join(", ") || "none"}.`,
    );
  }
  const platform = (parse(readFileSync(file, "utf8")) as { config?: Record<string, unknown> } | null)?.config?.[
    "swarm-ha:platform"
  ];
  if (platform !== "local") {
    throw new SetupError(
      `The stack ${stack} is on the platform ${JSON.stringify(platform ?? null)}: npm start is for stacks on this machine (local). ` +
        `For this one: npm run pulumi -- up -s ${stack}`,
    );
  }
}
