import { readFileSync } from "node:fs";
import * as path from "node:path";
import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { bastionStep } from "../ssh/remote-step";
import { clientOf, type SwarmContext } from "./context";
import { stackName, type OwnStack } from "../../plan/stack-names";

/** Folder of the stacks' compose files, for `docker stack deploy`. */
const STACKS = path.join(__dirname, "..", "..", "stacks");

/** Texts by name. A name is of lower-case letters, digits and hyphens. */
type Texts = Readonly<Record<string, pulumi.Input<string>>>;

/** Arguments of {@link swarmStack}. */
export interface SwarmStackArgs {
  /** Common inputs of the steps. */
  readonly context: SwarmContext;
  /**
   * Names of further compose files, which `docker stack deploy` merges with it.
   *
   * @default none
   */
  readonly extensions?: readonly string[];
  /**
   * Values for `${NAME}` in the compose file. Write `${NAME:?}` there, so that a missing one is an error. Never put a secret
   * here: everybody with access to the managers can read what is deployed.
   *
   * @default none
   */
  readonly values?: Texts;
  /**
   * Swarm secrets by name. The compose file has them as `external: true, name: "${SECRET_<NAME>:?}"`: the name in the
   * cluster depends on the content, so that a change rolls the services that use it.
   *
   * @default none
   */
  readonly secrets?: Texts;
  /** Swarm configs, likewise, with `${CONFIG_<NAME>:?}`. @default none */
  readonly configs?: Texts;
  /**
   * Its overlay networks' ranges by name, CIDR. The step creates them; the compose file has them as external. A network can't
   * be changed: an existing one of another size is an error, before anything is deployed.
   *
   * @default none
   */
  readonly networks?: Texts;
  /**
   * Identities of hosts that have a task each: when one is replaced, the step waits for its new task.
   *
   * @default the step runs only when the description changes
   */
  readonly identities?: readonly pulumi.Input<string>[];
  /** Seconds until services must run as described. @default 300 */
  readonly limit?: number;
  /** Resources that must exist before: the nodes that it runs on. */
  readonly after: readonly pulumi.Resource[];
}

/**
 * A stack of swarm services, described by `stacks/<name>.yml`.
 *
 * A step on the bastion deploys it through any healthy manager, and is done when every task runs as described.
 * In the swarm it is called `swarm-ha-<name>`. A service of that stack without our label is an error, and only services with
 * the label are ever removed. Its delete removes the stack, unless the whole cluster is destroyed.
 *
 * @throws Error when there is no such file.
 */
export function swarmStack(
  name: OwnStack,
  args: SwarmStackArgs,
  opts: pulumi.ComponentResourceOptions,
): command.remote.Command {
  const { context, values = {}, secrets = {}, configs = {}, networks = {}, identities, limit = 300 } = args;
  const texts = [name, ...(args.extensions ?? [])].map((file) =>
    readFileSync(path.join(STACKS, `${file}.yml`), "utf8"),
  );
  return bastionStep(
    `stack-${name}`,
    {
      connection: context.bastion.connection,
      script: "stack",
      onDelete: "remove-stack",
      input: {
        stack: stackName(name),
        former: name,
        services: serviceNames(texts),
        compose: Object.fromEntries(texts.map((text, i) => [String(i + 1), text])),
        values,
        secrets,
        configs,
        networks,
        ...(identities === undefined ? {} : { identities }),
        limit,
        client: clientOf(context),
      },
    },
    { ...opts, dependsOn: [...args.after], deletedWith: context.lifetime },
  );
}

/** Names of the services that compose files describe, without the stack's. */
function serviceNames(texts: readonly string[]): string[] {
  const names = texts.flatMap((text) => {
    const { services } = parse(text, { merge: true }) as { services: Readonly<Record<string, unknown>> };
    return Object.keys(services);
  });
  return [...new Set(names)].sort();
}
