/** The Pulumi engine built from its Go module, for workstations that can't download the official one. */
import { join } from "node:path";
import { root } from "../paths";
import { cachedProgram, discardProgram, ensureProgram, type GoProgram } from "../workstation/go-program";
import type { Progress } from "../terminal/progress";
import { ENGINE_VERSION, noEngine, versionOf } from "./version";

const ENGINE: GoProgram = {
  what: `the Pulumi engine ${ENGINE_VERSION}`,
  place: ["engine", ENGINE_VERSION],
  file: "pulumi",
  wrapper: join(root, "offline", "engine"),
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  stamp: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${ENGINE_VERSION}` },
  usually: "4 minutes",
  notice:
    "No Pulumi on PATH: the offline kit is used. To have the official one instead, install it and run this again.",
  check: async (path) => {
    const version = await versionOf(path);
    return version === ENGINE_VERSION ? undefined : `it says its version is ${version ?? "nothing"}`;
  },
  noGo: noEngine,
};

/** The Pulumi engine in the cache; undefined if it is missing, or has changed since it last ran. */
export function cachedEngine(): string | undefined {
  return cachedProgram(ENGINE);
}

/**
 * The built Pulumi engine, from the cache or built now. Several runs at once build it only once.
 *
 * @throws UserError when there is no Go, or the build fails
 */
export function ensureBuiltEngine(progress: Progress): Promise<string> {
  return ensureProgram(ENGINE, progress);
}

/** Deletes the built Pulumi engine, for example because it doesn't run; {@link ensureBuiltEngine} rebuilds it. */
export function discardBuiltEngine(): void {
  discardProgram(ENGINE);
}
