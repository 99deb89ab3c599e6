/**
 * The seam of the simulated AWS. The *world* (state, rules, refusals, APIs) decides; the *substrate* makes it real with
 * containers: hosts that boot, packet filters, routes, load balancers, names, metadata. Every call is idempotent and
 * replaces what was there under that id.
 */
import type { RequestListener } from "node:http";

/** One line of a packet filter: what it lets through. Answers to what was let through pass as well. */
export interface PacketRule {
  readonly direction: "in" | "out";
  /** `-1` is all protocols, `50` is ESP. */
  readonly protocol: "tcp" | "udp" | "icmp" | "50" | "-1";
  /** First and last port; none for protocols without ports. */
  readonly ports?: readonly [number, number];
  /** Who may be at the other end, IPv4 CIDR. Empty: nobody. */
  readonly peers: readonly string[];
}

/** An instance, as it is launched. */
export interface InstancePlan {
  /** Instance id. */
  readonly id: string;
  readonly vpc: string;
  /** Private address. */
  readonly address: string;
  /** Processor architecture that was asked for; the container always has the workstation's own. */
  readonly architecture: "amd64" | "arm64";
  /** Whether containers inside it may reach the metadata service (hop limit of 2 or more). */
  readonly metadataHops: number;
  /** Labels of the container, besides the substrate's own. */
  readonly labels: Readonly<Record<string, string>>;
}

/** How a subnet gets out of the VPC. */
export interface SubnetRoute {
  readonly cidr: string;
  /** `nat`: through a NAT gateway; `internet`: with a public address of one's own; `none`: not at all. */
  readonly out: "nat" | "internet" | "none";
  /** Public address that a NAT gateway speaks with. */
  readonly natAddress?: string;
}

/** All that a VPC's router does. */
export interface Routing {
  readonly subnets: readonly SubnetRoute[];
  /** Elastic IPs of instances: public address → private address. */
  readonly publicAddresses: Readonly<Record<string, string>>;
}

/** A target of a load balancer. */
export interface BalancerTarget {
  /** Instance id. */
  readonly id: string;
  readonly address: string;
  readonly port: number;
}

/** A listener and its target group. */
export interface BalancerListener {
  readonly port: number;
  readonly proxyProtocol: boolean;
  readonly check: {
    readonly protocol: "TCP" | "HTTP" | "HTTPS";
    readonly port: number;
    readonly path: string;
    /** Seconds. */
    readonly interval: number;
    /** Seconds. */
    readonly timeout: number;
    readonly healthy: number;
    readonly unhealthy: number;
  };
  /** Whether connections of a member that is out are cut at once. */
  readonly cutUnhealthy: boolean;
  readonly targets: readonly BalancerTarget[];
}

/** A network load balancer with one address in each of its subnets. */
export interface BalancerPlan {
  readonly id: string;
  readonly vpc: string;
  /** Private addresses, one for each subnet; its connections to targets come from them. */
  readonly addresses: readonly string[];
  /** Public addresses, one for each subnet; none where it is internal. */
  readonly publicAddresses: readonly string[];
  readonly listeners: readonly BalancerListener[];
}

/** State of a target as its load balancer sees it. */
export interface TargetState {
  readonly port: number;
  readonly id: string;
  readonly state: "initial" | "healthy" | "unhealthy";
  /** What the check saw last. */
  readonly reason: string;
}

/** What the substrate asks of the world when a host or the workstation calls. */
export interface CloudServices {
  /**
   * Addresses of a name, as resolved inside a VPC (private zones first).
   *
   * @returns undefined for a name that doesn't exist
   */
  resolve(vpc: string, name: string): readonly string[] | undefined;
  /** The metadata service: full path with IMDSv2 handled by the substrate. @returns the text, or undefined for a 404 */
  metadata(instance: string, path: string): string | undefined;
  /** HTTPS by host name of the request, e.g. `ssm.eu-central-1.amazonaws.com` or `<bucket>.s3.eu-central-1.amazonaws.com`. */
  https(host: string): RequestListener | undefined;
}

/** See the file's head. */
export interface Substrate {
  /** Address that hosts reach HTTPS services and package mirrors by; what {@link CloudServices.resolve} answers for them. */
  readonly servicesAddress: string;
  /** The range that public addresses are taken from; the workstation has its first address. */
  readonly publicRange: string;
  createVpc(id: string, cidr: string): Promise<void>;
  /** @throws Error while an instance or a load balancer is in it */
  deleteVpc(id: string): Promise<void>;
  route(vpc: string, routing: Routing): Promise<void>;
  /** Starts an instance's container; it boots by itself. */
  launch(instance: InstancePlan): Promise<void>;
  stop(id: string): Promise<void>;
  start(id: string): Promise<void>;
  /** Whether package mirrors answer 503 to an instance, and to no other; may be told before it is launched. */
  failPackages(id: string, fail: boolean): Promise<void>;
  /** Removes container and volumes. */
  terminate(id: string): Promise<void>;
  /** Sets the packet filter of an instance or a load balancer, whole. What no rule names doesn't pass. */
  filter(id: string, rules: readonly PacketRule[]): Promise<void>;
  balance(plan: BalancerPlan): Promise<void>;
  deleteBalancer(id: string): Promise<void>;
  targets(balancer: string): Promise<readonly TargetState[]>;
  /** Removes everything that this substrate has made, whatever it knows of it. */
  end(): Promise<void>;
}
