import { instancesOf } from "../cluster/deployment";
import { bastionLogin, findLogin, isSameHost } from "../cluster/logins";
import type { LiveStack, StackState } from "../cluster/stack";
import { commands, list } from "../cluster/words";
import { UserError } from "../terminal/errors";
import { balancersIn, BASTION } from "./replace";

/** What was asked to be replaced. */
export interface AskedHosts {
  readonly hosts: readonly string[];
  /** Whether all hosts of the swarm are meant. */
  readonly all: boolean;
  /** Whether the program creates the hosts. Otherwise hosts of load balancers can be replaced, too. */
  readonly createsHosts: boolean;
}

/**
 * Names of the hosts to replace, each once. Pure.
 *
 * @throws UserError for a name that the stack doesn't have, or `bastion` where another host is the bastion
 */
export function chosenHosts(stack: LiveStack, { hosts, all, createsHosts }: AskedHosts): string[] {
  const { desired } = stack;
  const nodes = desired.nodes.map((node) => node.name);
  const balancers = createsHosts ? [] : balancersIn(stack.instances);
  const unknown = hosts.filter((host) => host !== BASTION && !nodes.includes(host) && !balancers.includes(host));
  if (unknown.length > 0) {
    const beside = balancers.length === 0 ? "" : ` and the load balancers ${list(balancers)}`;
    throw new UserError(
      `The stack ${desired.stack} has no host ${list(unknown)}; its hosts are ${nodes.join(", ")}, besides the ${BASTION}${beside}`,
    );
  }
  const own = stack.instances.some(({ name }) => name === BASTION);
  if (hosts.includes(BASTION) && !createsHosts && !own) throw new UserError(sharedText(stack));
  return all ? nodes : [...new Set(hosts)];
}

function sharedText({ stack, deployment }: StackState): string {
  const bastion = bastionLogin(deployment);
  const name = instancesOf(deployment).find((instance) => {
    const login = findLogin(instance.name, { deployment, privateKey: "" });
    return login !== undefined && isSameHost(login, bastion);
  })?.name;
  return name === undefined
    ? `Nothing was replaced: the stack ${stack} has no bastion of its own, one of its hosts is the bastion. Name that host.`
    : `Nothing was replaced: the stack ${stack} has no bastion of its own, ${name} is the bastion. Replace that host: ${commands(stack).replace} ${name}`;
}
