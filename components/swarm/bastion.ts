import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { HostSpec } from "../../plan/placement";
import { hostLines, type PlannedHost } from "../../plan/batches";
import { bastionStep } from "../ssh/remote-step";
import { ON_HOST, readScript } from "../ssh/script";
import type { SwarmContext } from "./context";
import { hasOwnFolder } from "./registry-folder";

/** A manager's address. */
export interface ManagerAddress {
  /** Host name. */
  readonly name: string;
  /** Its fixed private address. */
  readonly address: string;
}

/**
 * The managers of a plan.
 *
 * @throws Error if one has no fixed address: Raft identifies managers by their addresses, so these never change.
 */
export function managersOf(hosts: readonly HostSpec[]): ManagerAddress[] {
  return hosts
    .filter((host) => host.role === "manager")
    .map(({ name, address }) => {
      if (address === undefined) throw new Error(`the plan has no fixed address for ${name}`);
      return { name, address };
    });
}

/** Scripts that are installed on the bastion: those of cluster-wide steps, those of hosts' steps, and the one that runs these. */
const INSTALLED = [
  ...["init", "swarm-settings", "token", "node", "remove-node", "stack", "remove-stack", "acme"],
  ...["prepare", "join", "save-swarm", "restore-swarm", "verify-swarm", ON_HOST],
];

function installedFor({ config, registry }: SwarmContext): string[] {
  return [
    ...INSTALLED,
    ...(config.externalCa === undefined ? [] : ["external-ca"]),
    ...(hasOwnFolder(registry.registryStorage) ? ["registry-folder"] : []),
  ];
}

/** Gives the bastion the list of managers, the desired hosts, the CA, and the steps' scripts. Runs on the bastion. */
export function prepareBastion(
  managers: readonly ManagerAddress[],
  hosts: readonly PlannedHost[],
  context: SwarmContext,
  parent: pulumi.Resource,
): command.remote.Command {
  return bastionStep(
    "prepare-bastion",
    {
      connection: context.bastion.connection,
      script: "bastion",
      installed: false,
      triggers: [context.bastion.identity],
      input: {
        managers: managers.map(({ name, address }) => `${name} ${address}`),
        hosts: hostLines(hosts, context.config),
        ca: context.pki.ca,
        certificate: context.pki.bastion.certificate,
        drain: context.config.drain,
        steps: Object.fromEntries(installedFor(context).map((step) => [step, readScript(step).text])),
      },
    },
    { parent, dependsOn: [...context.bastion.ready], deletedWith: context.lifetime },
  );
}
