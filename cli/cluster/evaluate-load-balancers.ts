import type { LoadBalancerName, Role } from "../../plan/roles";
import type { ClusterStatus, Desired, Live, LiveMember, LoadBalancerStatus, Problem } from "./model";
import { commands, list, span } from "./words";

/** The role of each load balancer's members. */
const MEMBERS: Record<LoadBalancerName, Role> = { manager: "manager", registry: "registry", app: "worker" };

/** The load balancers' names, in the order in which they are shown. */
const NAMES: readonly LoadBalancerName[] = ["manager", "registry", "app"];

/**
 * Compares every load balancer's members with those that it should have. Hosts that aren't Ready are expected to be out.
 *
 * @param sick hosts that aren't Ready; undefined when no manager could list the nodes
 */
export function evaluateLoadBalancers(
  desired: Desired,
  live: Live,
  sick: ReadonlySet<string> | undefined,
): { status: ClusterStatus["loadBalancers"]; problems: Problem[] } {
  const status: Partial<Record<LoadBalancerName, LoadBalancerStatus>> = {};
  const problems: Problem[] = [];
  for (const name of NAMES) {
    const wanted = desired.loadBalancers[name];
    if (wanted === undefined) continue;
    const names = desired.nodes.filter((node) => node.role === MEMBERS[name]).map((node) => node.name);
    const found = live.loadBalancers[name] ?? { error: "it was not asked" };
    if ("unknown" in found) {
      // This is no problem, and no command can change it.
      status[name] = { url: wanted.url, healthy: [], unhealthy: [], unknown: names, reason: found.unknown };
      continue;
    }
    if ("error" in found) {
      status[name] = { url: wanted.url, healthy: [], unhealthy: [], unknown: names, reason: found.error };
      problems.push(unknown(name, found.error, desired.stack));
      continue;
    }
    const up = new Set(found.filter((member) => member.up).map((member) => member.name));
    status[name] = {
      url: wanted.url,
      healthy: names.filter((member) => up.has(member)),
      unhealthy: names.filter((member) => !up.has(member)),
      unknown: [],
    };
    problems.push(...memberProblems(name, names, found, sick, desired.stack));
  }
  return { status, problems };
}

function unknown(name: LoadBalancerName, error: string, stack: string): Problem {
  const text = `The ${name} load balancer doesn't report its members (${error}): ${commands(stack).repair}`;
  return { kind: "loadBalancer", hosts: [], text };
}

function memberProblems(
  name: LoadBalancerName,
  names: readonly string[],
  found: readonly LiveMember[],
  sick: ReadonlySet<string> | undefined,
  stack: string,
): Problem[] {
  const { up, repair } = commands(stack);
  const problem = (text: string, hosts: string[]): Problem => ({ kind: "loadBalancer", hosts, text });
  const problems: Problem[] = [];
  if (names.length > 0 && !names.some((member) => found.some((one) => one.name === member && one.up))) {
    const text = `The ${name} load balancer has no healthy member, so no connection succeeds. ${repair}`;
    return [problem(text, [...names])];
  }
  for (const member of names) {
    const seen = found.find((one) => one.name === member);
    if (seen === undefined) {
      // Pulumi notices what was deregistered by hand only by a refresh.
      problems.push(
        problem(`${member} is not registered with the ${name} load balancer. Register it: ${up} --refresh`, [member]),
      );
    } else if (!seen.up && sick?.has(member) === false) {
      problems.push(
        problem(
          `The ${name} load balancer sends no traffic to ${member}${lasting(seen)} (${seen.check}), though its ` +
            `node is Ready. If that lasts longer than 60 s: ${repair}`,
          [member],
        ),
      );
    }
  }
  const unmanaged = found.map((one) => one.name).filter((member) => !names.includes(member));
  if (unmanaged.length > 0) {
    problems.push(
      problem(
        `The ${name} load balancer has unmanaged members: ${list(unmanaged)}. Deregister by hand what was registered by ` +
          `hand; remove the rest: ${up} --refresh`,
        unmanaged,
      ),
    );
  }
  return problems;
}

function lasting({ seconds }: LiveMember): string {
  return seconds === undefined ? "" : ` for ${span(seconds)}`;
}
