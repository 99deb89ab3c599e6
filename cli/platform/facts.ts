/** The facts of every platform, without the code that asks for more: see index.ts. */
import { hasState } from "../pulumi/log-in";
import { awsFacts } from "./aws/facts";
import { hostsFacts } from "./hosts/facts";
import { localFacts } from "./local/facts";
import type { CliPlatformFacts, PlatformName } from "./types";

/** Facts by platform. */
export const FACTS: Readonly<Record<PlatformName, CliPlatformFacts>> = {
  local: localFacts,
  aws: awsFacts,
  hosts: hostsFacts,
};

/** Names of all platforms. */
export function platformNames(): string[] {
  return Object.keys(FACTS);
}

/** The facts of all platforms. */
export function allFacts(): CliPlatformFacts[] {
  return Object.values(FACTS);
}

/** The facts of the platform that a stack file names; undefined where Pulumi ESC names it, or there is no such platform. */
export function factsOf({ platform }: { readonly platform?: string | undefined }): CliPlatformFacts | undefined {
  return Object.entries(FACTS).find(([name]) => name === platform)?.[1];
}

/** Whether a stack's state is on this workstation. @param env what names a backend of Pulumi @default this process's own */
export function hasLocalState(
  file: { readonly platform?: string | undefined },
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  const local = factsOf(file)?.localState ?? false;
  return local === "by default" ? !hasState(env) : local;
}
