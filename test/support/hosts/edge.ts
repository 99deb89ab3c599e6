/** A load balancer that a user has: HAProxy, made to do what the output `forwards` of a stack says. */
import type { Forwarding } from "../../../components/outputs";
import type { TestHosts } from "./test-hosts";

/** Makes a host forward a tier. */
export async function forward(hosts: TestHosts, host: string, { listeners }: Forwarding): Promise<void> {
  const sections = listeners.flatMap(({ port, members, check }) => [
    `listen port-${String(port)}`,
    `  bind :${String(port)}`,
    `  option httpchk GET ${check.path}`,
    `  http-check expect status ${String(check.status)}`,
    ...members.map(({ name, address }) => {
      const tls = check.protocol === "https" ? " check-ssl verify none" : "";
      return `  server ${name} ${address} check port ${String(check.port)}${tls} inter ${String(check.intervalSeconds)}s`;
    }),
  ]);
  const timeouts = ["connect 5s", "client 5m", "server 5m"].map((text) => `  timeout ${text}`);
  const settings = ["defaults", "  mode tcp", ...timeouts, ...sections, ""].join("\n");
  await hosts.exec(host, ["install", "-m", "0644", "/dev/stdin", "/etc/haproxy/haproxy.cfg"], settings);
  await hosts.exec(host, ["systemctl", "restart", "haproxy"]);
}
