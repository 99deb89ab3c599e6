import { readFileSync } from "node:fs";
import * as path from "node:path";
import { readScript } from "../../ssh/script";
import { hostKeyPath } from "./policies";

/** sshd's settings are those of the local platform's machines: the steps need the same of both. */
const SSHD_SETTINGS = path.join(__dirname, "..", "..", "..", "image", "sshd_config");

/** What a machine is told at its first boot. */
export interface UserData {
  readonly stack: string;
  readonly region: string;
  /** Host name. */
  readonly name: string;
  /** Version of the engine. @default the machine gets none */
  readonly engine?: string;
  /** Whether it may forward SSH connections: the operator alone. */
  readonly forwards: boolean;
  /** Public key that may log in. */
  readonly client: string;
}

/**
 * The text that cloud-init runs once. There is no secret in it: everybody who may look at an instance can read it. The
 * host key is fetched by the machine itself.
 */
export function userData({ stack, region, name, engine, forwards, client }: UserData): string {
  const data = {
    region,
    host_name: name,
    host_key: `${hostKeyPath(stack)}/${name}`,
    engine: engine ?? "",
    client: client.trim(),
    sshd_settings: sshdSettings(forwards),
  };
  const lines = Object.entries(data).map(([key, value]) => `${key}='${value.replaceAll("'", `'\\''`)}'`);
  return `#!/bin/bash\n${lines.join("\n")}\n${readScript("boot").text}`;
}

/** Without comments; the first value of a keyword counts. */
function sshdSettings(forwards: boolean): string {
  const lines = readFileSync(SSHD_SETTINGS, "utf8")
    .split("\n")
    .filter((line) => !/^\s*(#|$|Include\b)/.test(line));
  return [...(forwards ? ["AllowTcpForwarding yes"] : []), ...lines].join("\n");
}
