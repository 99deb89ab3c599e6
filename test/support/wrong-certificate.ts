/** Hosts that serve another certificate than their own, as one does that a renewal has missed, or that has somebody else's. */
import type { Pair } from "./authority";
import type { TestStack } from "./test-stack";

/** Port of the process that answers instead of the host; nothing else uses it. */
const PORT = 5999;

/** A host's port, and how connections come to it. */
export interface Served {
  readonly host: string;
  readonly port: number;
  /** Address of a load balancer whose connections begin with a PROXY header. @default there is none */
  readonly proxy?: string;
}

/**
 * Redirects connections from other hosts to a server with this certificate, and restarts nothing. Clients that verify the
 * certificate end the connection. The load balancer's health check doesn't verify it, and gets the status that it expects.
 *
 * @returns removes the server
 */
export async function serveInFront(
  stack: TestStack,
  places: readonly Served[],
  { cert, key }: Pair,
): Promise<() => Promise<void>> {
  const each = async (script: (place: Served) => string): Promise<void> => {
    await Promise.all(places.map((place) => stack.exec(place.host, ["bash", "-euc", script(place)], cert + key)));
  };
  const rule = ({ port }: Served): string =>
    `PREROUTING -p tcp --dport ${String(port)} -j REDIRECT --to-ports ${String(PORT)}`;
  await each(
    (place) => `mkdir -m 0700 /run/in-front; cd /run/in-front; cat >pair.pem; cat >haproxy.cfg <<END
global
  maxconn 100
frontend in-front
  mode http
  timeout client 10s
  ${place.proxy === undefined ? "" : `tcp-request connection expect-proxy layer4 if { src ${place.proxy} }`}
  bind :${String(PORT)} ssl crt /run/in-front/pair.pem
  http-request return status 200
END
    haproxy -D -p pid -f haproxy.cfg; iptables -t nat -I ${rule(place)}`,
  );
  return () =>
    each((place) => `iptables -t nat -D ${rule(place)}; kill "$(cat /run/in-front/pid)"; rm -r /run/in-front`);
}
