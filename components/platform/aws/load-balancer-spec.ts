import type { AwsConfig } from "../../../config/platforms/aws";
import type { LoadBalancerName, Role } from "../../../plan/roles";
import { PORTS } from "../../../plan/ports";
import { hasInternalRegistryLoadBalancer, type GroupName } from "./security";

/** Health checks of members, in AWS's terms; the same as on the local platform (haproxy.ts). */
export interface MemberCheck {
  readonly protocol: "HTTP" | "HTTPS";
  readonly port: number;
  readonly path: string;
}

/** One listener of a load balancer. */
export interface Listener {
  /** Port of the load balancer, and of its members. */
  readonly port: number;
  readonly check: MemberCheck;
  /** Whether members get the client's address by PROXY protocol v2. */
  readonly proxyProtocol: boolean;
  /** Certificate of a listener that terminates TLS and opens TLS to its members. @default TLS passes through */
  readonly certificate?: string;
}

/** A load balancer as planned. */
export interface LoadBalancerSpec {
  readonly name: LoadBalancerName | "registry-internal";
  readonly group: GroupName;
  readonly internal: boolean;
  /** Role of its members. */
  readonly members: Role;
  readonly listeners: readonly Listener[];
  /**
   * Seconds that connections to an unhealthy member stay open. With 0 they are closed at once, so that clients connect again
   * to a healthy one.
   */
  readonly leaving: number;
}

/** The load balancers of a stack. */
export function loadBalancerSpecs(aws: AwsConfig): LoadBalancerSpec[] {
  const { manager, registry, app, registryCertificate, appCertificate } = aws.loadBalancers;
  const images = (certificate?: string): Listener => ({
    port: PORTS.registry,
    // The certificate behind HTTPS isn't verified, here as elsewhere.
    check: { protocol: "HTTPS", port: PORTS.registry, path: "/" },
    proxyProtocol: false,
    ...(certificate === undefined ? {} : { certificate }),
  });
  const ping: MemberCheck = { protocol: "HTTP", port: PORTS.ping, path: "/ping" };
  return [
    {
      name: "manager",
      group: "lb-manager",
      internal: manager === "internal",
      members: "manager",
      // TLS always passes through, so that client certificates work end to end.
      listeners: [
        { port: PORTS.api, check: { protocol: "HTTP", port: PORTS.health, path: "/health" }, proxyProtocol: false },
      ],
      leaving: 0,
    },
    {
      name: "registry",
      group: "lb-registry",
      internal: registry === "internal",
      members: "registry",
      listeners: [images(registryCertificate)],
      leaving: 0,
    },
    ...(hasInternalRegistryLoadBalancer({ aws })
      ? [
          {
            name: "registry-internal",
            group: "lb-registry-internal",
            internal: true,
            members: "registry",
            listeners: [images()],
            leaving: 0,
          } as const,
        ]
      : []),
    {
      name: "app",
      group: "lb-app",
      internal: app === "internal",
      members: "worker",
      listeners: [
        { port: PORTS.http, check: ping, proxyProtocol: true },
        {
          port: PORTS.https,
          check: ping,
          proxyProtocol: true,
          ...(appCertificate === undefined ? {} : { certificate: appCertificate }),
        },
      ],
      // A stopping replica of the ingress is out after 5 s at the earliest, and answers for 22 s (its static settings).
      leaving: 20,
    },
  ];
}
