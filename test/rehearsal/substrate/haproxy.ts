import type { BalancerListener, BalancerPlan, TargetState } from "../cloud/substrate";

/** Where the balancer's process tells its targets' states: on its own loopback alone. */
export const STATES_PORT = 8999;

/**
 * HAProxy's settings for a network load balancer: connections pass through untouched and are never retried; targets get
 * them in turn, whatever their zone.
 *
 * HAProxy waits from a check's end to the next one's begin. A check that fails takes its whole time limit, so that the one
 * after it comes sooner: checks are `interval` seconds apart from begin to begin, as AWS's are.
 */
export function balancerSettings({ listeners }: Pick<BalancerPlan, "listeners">): string {
  return `global
  log stdout format raw daemon notice
  maxconn 4000
  no strict-limits
  user haproxy
  group haproxy
  stats socket /run/haproxy.sock mode 600 level operator
  stats socket ipv4@127.0.0.1:${String(STATES_PORT)} level user
  server-state-file /run/haproxy.state

defaults
  log global
  load-server-state-from-file global
  mode tcp
  timeout connect 10s
  # Source: docs.aws.amazon.com, Network Load Balancers: a flow without a packet for 350 s is forgotten. Keep-alives count,
  # which HAProxy doesn't see: it sends its own, and waits longer.
  option clitcpka
  option srvtcpka
  timeout client 1h
  timeout server 1h
  retries 0

${listeners.map(section).join("\n")}`;
}

function section({ port, proxyProtocol, check, cutUnhealthy, targets }: BalancerListener): string {
  const next = Math.max(1, check.interval - check.timeout);
  const server = [
    `check port ${String(check.port)} inter ${String(check.interval)}s fastinter ${String(next)}s`,
    `downinter ${String(check.interval)}s fall ${String(check.unhealthy)} rise ${String(check.healthy)}`,
    ...(check.protocol === "HTTPS" ? ["check-ssl verify none"] : []),
    ...(cutUnhealthy ? ["on-marked-down shutdown-sessions"] : []),
    // Source: docs.aws.amazon.com, "Proxy protocol": the header is sent with health checks, too.
    ...(proxyProtocol ? ["send-proxy-v2 check-send-proxy"] : []),
  ].join(" ");
  const http = ["  option httpchk GET " + check.path, "  http-check expect rstatus ^[23]", ""].join("\n");
  return `listen port-${String(port)}
  bind :${String(port)}
  balance roundrobin
  timeout check ${String(check.timeout)}s
${check.protocol === "TCP" ? "" : http}  default-server ${server}
${targets.map(({ id, address, port: at }) => `  server ${id} ${address}:${String(at)}\n`).join("")}`;
}

/**
 * Reads HAProxy's table of states.
 *
 * A target that has never been in service is `initial` until its first check has failed.
 */
export function targetStates(csv: string): TargetState[] {
  const [head = "", ...rows] = csv.trim().split("\n");
  const names = head.replace(/^# /, "").split(",");
  return rows.flatMap((row) => {
    const cells = row.split(",");
    const cell = (name: string): string => cells[names.indexOf(name)] ?? "";
    const [listener, id, status] = [cell("pxname"), cell("svname"), cell("status")];
    if (!listener.startsWith("port-") || id === "FRONTEND" || id === "BACKEND") return [];
    const check = cell("check_status").replace(/^\* /, "");
    const passing = /^(L[467]OK)$/.test(check);
    const state = status.startsWith("UP")
      ? "healthy"
      : check === "INI" || check === "" || passing
        ? "initial"
        : "unhealthy";
    const seen = [check, cell("check_code"), cell("last_chk")].filter((each) => each !== "").join(" ");
    return [{ port: Number(listener.slice("port-".length)), id, state, reason: seen }];
  });
}
