import { keepAlives } from "../swarm/keep-alives";
import { PORTS } from "../../plan/ports";

/** Port on which a load balancer serves its members' state. */
export const STATS_PORT = 8404;

/** Health check of a load balancer's members. */
export interface HealthCheck {
  /**
   * Protocol. The certificate behind `https` isn't verified; clouds' load balancers don't verify it either.
   *
   * @default "http"
   */
  readonly kind?: "http" | "https";
  /** TCP port of the check. */
  readonly port: number;
  /** Path of the request. */
  readonly path: string;
  /** Expected status. @default 200 */
  readonly status?: number;
  /**
   * Whether 404 means that a member is stopping: it gets no further connections after that check, and keeps those
   * that it has. Otherwise they are cut when it is out, even in the middle of a request.
   *
   * @default false
   */
  readonly leavesBy404?: boolean;
}

/** One listener of a load balancer. */
export interface Listener {
  /** Address of the load balancer. @default all of its host */
  readonly address?: string;
  /** TCP port of the load balancer. */
  readonly port: number;
  /** TCP port of its members. @default the same */
  readonly memberPort?: number;
  /** Hosts that traffic goes to. */
  readonly members: readonly { readonly name: string; readonly address: string }[];
  /** Health check of the members. */
  readonly check: HealthCheck;
  /** Whether members get the client's address by PROXY protocol v2, which they must accept. @default false */
  readonly proxyProtocol?: boolean;
}

/** The members' state of some listeners, as one page. */
export interface StatsPage {
  /** Path of the page; the table is at `<path>;csv`. */
  readonly path: string;
  /** Its listeners. */
  readonly listeners: readonly Listener[];
}

/** Where HAProxy keeps its files, and whom it serves. */
export interface LoadBalancerPlace {
  /** Socket of HAProxy's runtime API. */
  readonly socket: string;
  /** File that passes the members' states to the new process at a reload. */
  readonly states: string;
  /** Further lines, indented, at the end of the section `global`. @default none */
  readonly global?: string;
  /** Addresses that it serves the members' state on. @default all of its host */
  readonly addresses?: readonly string[];
  /** Addresses that may read the members' state. */
  readonly readers: readonly string[];
  /** Pages of the members' state. @default one of all listeners, `/stats` */
  readonly pages?: readonly StatsPage[];
  /** Further sections at the end. @default none */
  readonly sections?: string;
}

/** The place of a load balancer in a container of its own. */
function ownContainer(bastion: string): LoadBalancerPlace {
  return { socket: "/run/haproxy.sock", states: "/run/haproxy.state", readers: [bastion] };
}

/**
 * Settings of HAProxy that make it behave like a cloud's network load balancer: connections pass through untouched
 * and are never retried, a member is out after two failed checks, and its connections end when it is out. A member that
 * is added starts out of service (scripts/reload-load-balancer.sh).
 * Source: docs.aws.amazon.com, Network Load Balancers, "Health checks for your target groups".
 *
 * HAProxy waits from the end of a check to the beginning of the next one, and uses the traffic's connect timeout. For checks
 * of a dead member every five seconds, too, connecting has 3 s, and the check after a failed one
 * follows after 2 s. So a dead member is out after at most 13 s (with HAProxy's defaults 18 s: measured).
 *
 * An unhealthy member is checked every two seconds, and is in after three good answers: after 4 to 6 seconds, where a
 * cloud's load balancer takes 5 to 10. Unlike a cloud's, it forwards no connection when all members are out.
 *
 * @param listeners Its listeners.
 * @param place Its files, and who may read the members' state; of a load balancer in a container of its own, the bastion's address.
 */
export function loadBalancerSettings(listeners: readonly Listener[], place: LoadBalancerPlace | string): string {
  const {
    socket,
    states,
    global = "",
    sections = "",
    ...stats
  } = typeof place === "string" ? ownContainer(place) : place;
  return `global
  log stdout format raw daemon notice
  # Two descriptors each. Where a container gets fewer, as in sandboxes, it takes what there is instead of giving up.
  maxconn 4000
  no strict-limits
  user haproxy
  group haproxy
  # HAProxy's runtime API: passes the members' states to the new process at a reload, and sets a member's new address.
  stats socket ${socket} mode 600 level admin
  server-state-file ${states}
${global}
defaults
  log global
  load-server-state-from-file global
  mode tcp
  timeout connect 3s
  # A cloud load balancer drops a connection after 350 s idle, but counts TCP keep-alives, which the ingress, Docker engines
  # and registries send. HAProxy doesn't see those; its own keep-alives detect dead peers in two minutes (the kernel's
  # defaults: 2 hours and 11 minutes). Silent streams and WebSockets stay open for a day.
${keepAlives("cli")}
${keepAlives("srv")}
  timeout client 24h
  timeout server 24h
  timeout check 3s
  retries 0

${listeners.map(listener).join("\n")}
${statsSection(stats)}${sections}`;
}

/** Most addresses in one line: HAProxy reads at most 64 words and 2048 characters. */
const READERS_A_LINE = 40;

function statsSection({
  addresses = [""],
  readers,
  pages,
}: Pick<LoadBalancerPlace, "addresses" | "readers" | "pages">): string {
  const lines = Array.from({ length: Math.ceil(readers.length / READERS_A_LINE) }, (_, i) =>
    readers.slice(i * READERS_A_LINE, (i + 1) * READERS_A_LINE).join(" "),
  );
  const [first = "", ...more] = lines;
  return `frontend stats
  mode http
${addresses.map((address) => `  bind ${address}:${String(STATS_PORT)}\n`).join("")}  timeout client 5s
${
  more.length === 0
    ? `  http-request deny unless { src ${first} }\n`
    : `${lines.map((line) => `  acl reader src ${line}\n`).join("")}  http-request deny unless reader\n`
}${
    pages === undefined
      ? "  stats enable\n  stats uri /stats\n"
      : pages.map(({ path }, i) => `  use_backend stats-${String(i + 1)} if { path_beg ${path} }\n`).join("")
  }${(pages ?? []).map(statsPage).join("")}`;
}

function statsPage({ path, listeners }: StatsPage, i: number): string {
  return `
backend stats-${String(i + 1)}
  mode http
  stats enable
  stats uri ${path}
${listeners.map((each) => `  stats scope ${nameOf(each)}\n`).join("")}`;
}

/** Name of a listener's section. */
function nameOf({ port }: Listener): string {
  return `port-${String(port)}`;
}

function listener(settings: Listener): string {
  const { address = "", port, memberPort = port, members, check, proxyProtocol = false } = settings;
  const server = [
    `check port ${String(check.port)} inter 5s fastinter 2s downinter 2s fall 2 rise 3 on-marked-down shutdown-sessions`,
    ...(check.kind === "https" ? ["check-ssl verify none"] : []),
    ...(proxyProtocol ? ["send-proxy-v2"] : []),
    // A check on a separate port has no PROXY header. On the same port, the member expects it.
    ...(proxyProtocol && check.port === memberPort ? ["check-send-proxy"] : []),
  ].join(" ");
  return `listen ${nameOf(settings)}
  bind ${address}:${String(port)}
  balance roundrobin
  option httpchk GET ${check.path}
  http-check expect status ${String(check.status ?? 200)}${check.leavesBy404 === true ? "\n  http-check disable-on-404" : ""}
  default-server ${server}
${members.map((member) => `  server ${member.name} ${member.address}:${String(memberPort)}\n`).join("")}`;
}

/** The registry load balancer: TLS passes through to the replicas, whose health check includes their storage. */
export function registryListener(port: number, members: Listener["members"]): Listener {
  return { port, memberPort: PORTS.registry, members, check: { kind: "https", port: PORTS.registry, path: "/" } };
}

/** The application load balancer: both listeners lead to the ingress, which gets the client's address. */
export function applicationListeners(members: Listener["members"]): Listener[] {
  return [PORTS.http, PORTS.https].map((port) => ({
    port,
    members,
    check: { port: PORTS.ping, path: "/ping", leavesBy404: true },
    proxyProtocol: true,
  }));
}

/** The manager load balancer: TLS passes through to the managers, so that client certificates work end to end. */
export function managerListener(members: Listener["members"]): Listener {
  return { port: PORTS.api, members, check: { port: PORTS.health, path: "/health" } };
}
