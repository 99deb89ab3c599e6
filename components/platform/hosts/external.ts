/** Load balancers that the user provides: what they have to forward and check. Pure. */
import type { LoadBalancerOf } from "../../../config/platforms/hosts/load-balancers";
import type { HostSpec } from "../../../plan/placement";
import { PORTS } from "../../../plan/ports";
import type { LoadBalancerName } from "../../../plan/roles";
import type { Forwarding } from "../../outputs";
import { listenersOf } from "./balancers";

/** A tier's load balancer that the user provides. */
export type ExternalLoadBalancer = Extract<LoadBalancerOf, { readonly kind: "external" }>;

/** Host and port of an endpoint. */
export interface EndpointParts {
  readonly host: string;
  readonly port: number;
}

/** Splits `host:port`. A rule refuses any other text. */
export function endpointParts(endpoint: string): EndpointParts {
  const at = endpoint.lastIndexOf(":");
  return { host: endpoint.slice(0, at), port: Number(endpoint.slice(at + 1)) };
}

/** What the user's own load balancer has to do. */
export function forwarding(
  tier: LoadBalancerName,
  { endpoint, sources }: ExternalLoadBalancer,
  hosts: readonly HostSpec[],
): Forwarding {
  return {
    endpoint,
    listeners: listenersOf(tier, hosts).map(({ port, memberPort = port, members, check, proxyProtocol = false }) => ({
      // People use the endpoint's port; HTTP leads them there.
      port: port === PORTS.http ? port : endpointParts(endpoint).port,
      members: members.map(({ name, address }) => ({ name, address: `${address}:${String(memberPort)}` })),
      check: {
        protocol: check.kind ?? "http",
        port: check.port,
        path: check.path,
        status: check.status ?? 200,
        intervalSeconds: CHECK_SECONDS,
      },
      // Members accept the header only from known addresses.
      ...(proxyProtocol && sources.length > 0 ? { proxyProtocol: { version: 2, sources: [...sources] } } : {}),
    })),
  };
}

/** Seconds between two checks of a member: what the load balancers of all platforms have. */
const CHECK_SECONDS = 5;
