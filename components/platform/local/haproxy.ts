import { PORTS } from "../../swarm/ports";

/** Port on which a load balancer tells its members' state. */
export const STATS_PORT = 8404;

/** How a load balancer finds out whether a member can take traffic. */
export interface HealthCheck {
  /** TCP port that is asked. */
  readonly port: number;
  /** Path that has to answer 200. */
  readonly path: string;
}

/** One way through a load balancer. */
export interface Listener {
  /** TCP port, of the load balancer and of its members. */
  readonly port: number;
  /** Hosts that traffic goes to. */
  readonly members: readonly { readonly name: string; readonly address: string }[];
  /** When a member takes traffic. */
  readonly check: HealthCheck;
}

/**
 * Settings of HAProxy that make it behave like a cloud's network load balancer: connections pass through untouched
 * and are never retried, a member is out after two failed checks and in after two good ones, five seconds apart.
 * Source: docs.aws.amazon.com, Network Load Balancers, "Health checks for your target groups".
 *
 * @param listeners What it answers on.
 * @param operator Address of the only machine that may read the members' state.
 */
export function loadBalancerSettings(listeners: readonly Listener[], operator: string): string {
  return `global
  log stdout format raw daemon notice
  maxconn 20000

defaults
  log global
  mode tcp
  timeout connect 5s
  # A cloud's network load balancer forgets a connection that was idle for 350 s.
  timeout client 350s
  timeout server 350s
  timeout check 3s
  retries 0

${listeners.map(listener).join("\n")}
frontend stats
  mode http
  bind :${String(STATS_PORT)}
  timeout client 5s
  http-request deny unless { src ${operator} }
  stats enable
  stats uri /stats
`;
}

function listener({ port, members, check }: Listener): string {
  const name = `port-${String(port)}`;
  return `listen ${name}
  bind :${String(port)}
  balance roundrobin
  option httpchk GET ${check.path}
  http-check expect status 200
  default-server check port ${String(check.port)} inter 5s fall 2 rise 2 on-marked-down shutdown-sessions
${members.map((member) => `  server ${member.name} ${member.address}:${String(port)}\n`).join("")}`;
}

/** The manager load balancer: TLS passes through to the engines, so that their client certificates stay end to end. */
export function managerListener(members: Listener["members"]): Listener {
  return { port: PORTS.api, members, check: { port: PORTS.health, path: "/health" } };
}
