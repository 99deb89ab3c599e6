import { keepAlives } from "../../swarm/keep-alives";
import { PORTS } from "../../../plan/ports";

/** Port on which a load balancer tells its members' state. */
export const STATS_PORT = 8404;

/** How a load balancer finds out whether a member can take traffic. */
export interface HealthCheck {
  /**
   * What is asked. The certificate behind `https` isn't verified, as no cloud's load balancer does.
   *
   * @default "http"
   */
  readonly kind?: "http" | "https";
  /** TCP port that is asked. */
  readonly port: number;
  /** Path that has to answer. */
  readonly path: string;
  /** Status that it has to answer. @default 200 */
  readonly status?: number;
  /**
   * Whether a member that answers 404 is about to go: it gets no further connections from that check on, and keeps those
   * that it has. Otherwise they are cut when it is out, in the middle of a request too.
   *
   * @default false
   */
  readonly leavesBy404?: boolean;
}

/** One way through a load balancer. */
export interface Listener {
  /** TCP port of the load balancer. */
  readonly port: number;
  /** TCP port of its members. @default the same */
  readonly memberPort?: number;
  /** Hosts that traffic goes to. */
  readonly members: readonly { readonly name: string; readonly address: string }[];
  /** When a member takes traffic. */
  readonly check: HealthCheck;
  /** Whether members are told the client's address by PROXY protocol v2, which they have to understand. @default false */
  readonly proxyProtocol?: boolean;
}

/**
 * Settings of HAProxy that make it behave like a cloud's network load balancer: connections pass through untouched
 * and are never retried, a member is out after two failed checks, and its connections end when it is out. A member that
 * is added starts out of service (scripts/reload-load-balancer.sh).
 * Source: docs.aws.amazon.com, Network Load Balancers, "Health checks for your target groups".
 *
 * HAProxy waits from a check's end to the next one's begin, and gives connecting as long as the traffic has. So that checks
 * of a dead member are five seconds apart, too, from begin to begin, connecting has 3 s, and the check after a failed one
 * comes in 2 s: a dead member is out after 13 s at the most (with HAProxy's own times it took 18 s: measured).
 *
 * One that is out is asked every two seconds, and is in when it has answered well three times: after 4 to 6 seconds, where a
 * cloud's takes 5 to 10. Unlike a cloud's it sends nobody anywhere when all members are out.
 *
 * @param listeners What it answers on.
 * @param bastion Address of the bastion: only it may read the members' state.
 */
export function loadBalancerSettings(listeners: readonly Listener[], bastion: string): string {
  return `global
  log stdout format raw daemon notice
  # Two descriptors each. Where a container gets fewer, as in sandboxes, it takes what there is instead of giving up.
  maxconn 4000
  no strict-limits
  user haproxy
  group haproxy
  # What the members' states are handed over with when these settings are read again, and where a member's new address is told.
  stats socket /run/haproxy.sock mode 600 level admin
  server-state-file /run/haproxy.state

defaults
  log global
  load-server-state-from-file global
  mode tcp
  timeout connect 3s
  # A cloud's forgets a connection that is idle for 350 s, but counts TCP's keep-alives as traffic: the ingress, engines and
  # registries send them. HAProxy sees none of them. Its own end the connections of dead peers, after two minutes; the
  # kernel's own times are 2 hours and 11 minutes. Silent streams and WebSockets go on for a day.
${keepAlives("cli")}
${keepAlives("srv")}
  timeout client 24h
  timeout server 24h
  timeout check 3s
  retries 0

${listeners.map(listener).join("\n")}
frontend stats
  mode http
  bind :${String(STATS_PORT)}
  timeout client 5s
  http-request deny unless { src ${bastion} }
  stats enable
  stats uri /stats
`;
}

function listener({ port, memberPort = port, members, check, proxyProtocol = false }: Listener): string {
  const server = [
    `check port ${String(check.port)} inter 5s fastinter 2s downinter 2s fall 2 rise 3 on-marked-down shutdown-sessions`,
    ...(check.kind === "https" ? ["check-ssl verify none"] : []),
    ...(proxyProtocol ? ["send-proxy-v2"] : []),
    // With a port of its own given, a check goes without the header; where both are the same port, it is expected.
    ...(proxyProtocol && check.port === memberPort ? ["check-send-proxy"] : []),
  ].join(" ");
  return `listen port-${String(port)}
  bind :${String(port)}
  balance roundrobin
  option httpchk GET ${check.path}
  http-check expect status ${String(check.status ?? 200)}${check.leavesBy404 === true ? "\n  http-check disable-on-404" : ""}
  default-server ${server}
${members.map((member) => `  server ${member.name} ${member.address}:${String(memberPort)}\n`).join("")}`;
}

/** The registry load balancer: TLS passes through to the replicas, whose own health check also asks their storage. */
export function registryListener(port: number, members: Listener["members"]): Listener {
  return { port, memberPort: PORTS.registry, members, check: { kind: "https", port: PORTS.registry, path: "/" } };
}

/** The application load balancer: both ways lead to the ingress, which learns the client's address. */
export function applicationListeners(members: Listener["members"]): Listener[] {
  return [PORTS.http, PORTS.https].map((port) => ({
    port,
    members,
    check: { port: PORTS.ping, path: "/ping", leavesBy404: true },
    proxyProtocol: true,
  }));
}

/** The manager load balancer: TLS passes through to the engines, so that their client certificates stay end to end. */
export function managerListener(members: Listener["members"]): Listener {
  return { port: PORTS.api, members, check: { port: PORTS.health, path: "/health" } };
}
