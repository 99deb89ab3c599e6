import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { engineNetwork } from "../../plan/addressing";
import type { Host } from "../platform/types";
import { REGISTRY_USER, STORAGE_MARKER } from "../registry/settings";
import { hostStep } from "../ssh/remote-step";
import type { SwarmContext } from "./context";
import { daemonSettings } from "./engine";
import { managerHealthSettings } from "./manager-health";
import { workerProxySettings } from "./worker-proxy";

/**
 * Prepares a host to be a node: checks it, sets up its Docker engine, and starts it. Runs on the host.
 *
 * @param kept Repositories of images that housekeeping never removes: the host may be unable to pull them again.
 * @param after The step that prepares the bastion, and the resource that refuses a change of address ranges before any host
 * gets them.
 */
export function prepare(
  host: Host,
  context: SwarmContext,
  kept: readonly string[],
  after: readonly pulumi.Resource[],
  parent: pulumi.Resource,
): command.remote.Command {
  const storage = context.registry.registryStorage;
  const server = context.pki.servers[host.name];
  return hostStep(
    `prepare-${host.name}`,
    {
      connection: host.connection,
      script: "prepare",
      triggers: [host.identity],
      input: {
        name: host.name,
        ca: context.pki.ca,
        registry: context.registry.registryName,
        ...(host.names === undefined ? {} : { names: host.names }),
        ...(host.role === "registry" && storage.kind === "folder" && storage.shared
          ? { storage: { path: storage.path, owner: REGISTRY_USER, marker: STORAGE_MARKER } }
          : {}),
        daemon: JSON.stringify(
          daemonSettings({ labels: host.labels, network: engineNetwork(context.config) }),
          undefined,
          2,
        ),
        housekeeping: { ...context.config.housekeeping, keep: kept },
        ...(server === undefined
          ? {}
          : {
              tls: {
                certificate: server.certificate,
                key: server.key,
                readOnlyApiClients: context.pki.readOnlyApi.clientAuthority,
              },
              proxy: managerHealthSettings(),
            }),
        ...(host.role === "worker" ? { proxy: workerProxySettings(context.config) } : {}),
      },
    },
    { parent, dependsOn: [...host.ready, ...after], deletedWith: context.lifetime },
  );
}
