import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Host, RegistryStorage } from "../platform/types";
import { REGISTRY_USER, STORAGE_MARKER } from "../registry/settings";
import { hostStep } from "../ssh/remote-step";
import type { SwarmContext } from "./context";

/** Whether the registry's storage is a folder of its only host. Otherwise the prepare step checks that it is mounted. */
export function hasOwnFolder(
  storage: RegistryStorage,
): storage is Extract<RegistryStorage, { readonly kind: "folder" }> {
  return storage.kind === "folder" && !storage.shared;
}

/**
 * Creates the registry's folder on its only host. Runs on the host.
 *
 * @returns no step where the storage is another one, or the host no registry host
 */
export function registryFolder(
  host: Host,
  context: SwarmContext,
  after: readonly pulumi.Resource[],
  parent: pulumi.Resource,
): command.remote.Command[] {
  const storage = context.registry.registryStorage;
  if (host.role !== "registry" || !hasOwnFolder(storage)) return [];
  return [
    hostStep(
      `registry-folder-${host.name}`,
      {
        connection: host.connection,
        script: "registry-folder",
        triggers: [host.identity],
        input: { name: host.name, path: storage.path, owner: REGISTRY_USER, marker: STORAGE_MARKER },
      },
      { parent, dependsOn: [...after], deletedWith: context.lifetime },
    ),
  ];
}
