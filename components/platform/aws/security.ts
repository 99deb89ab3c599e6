import type { AwsStackConfig } from "../../../config/platforms/aws";
import { PORTS } from "../../../plan/ports";
import { description, type Description } from "./description";

/** Security groups. Every node is in `node` and in the one of its tier. */
export type GroupName =
  | "node"
  | "manager"
  | "registry"
  | "worker"
  | "bastion"
  | "lb-manager"
  | "lb-registry"
  | "lb-registry-internal"
  | "lb-app";

/** An end of a rule outside the stack: addresses, or S3 behind its endpoint. */
export type Outside = { readonly range: string } | { readonly prefixList: "s3" };

/** Who may open connections to whom. Each becomes a rule at both ends that are groups. */
export interface SecurityRule {
  readonly from: GroupName | Outside;
  readonly to: GroupName | Outside;
  readonly protocol: "tcp" | "udp" | "esp";
  /** None for ESP, which has no ports. */
  readonly port?: number;
  /** Purpose, as the rule's description. */
  readonly why: Description;
}

/** What the table depends on. */
export type SecurityConfig = Pick<AwsStackConfig, "aws" | "access" | "backup">;

/** Whether the stack has a bucket of its own for backups. */
export function hasBackupBucket({ backup }: Pick<SecurityConfig, "backup">): boolean {
  return backup !== undefined && backup.repository === undefined;
}

/** The groups that a stack has. */
export function securityGroups(config: SecurityConfig): GroupName[] {
  return [
    "node",
    "manager",
    "registry",
    "worker",
    "bastion",
    "lb-manager",
    "lb-registry",
    ...(hasInternalRegistryLoadBalancer(config) ? (["lb-registry-internal"] as const) : []),
    "lb-app",
  ];
}

/** Whether nodes have their own load balancer for the registry: a public one has no address inside. */
export function hasInternalRegistryLoadBalancer({ aws }: Pick<SecurityConfig, "aws">): boolean {
  return aws.loadBalancers.registry === "public" || aws.loadBalancers.registryCertificate !== undefined;
}

/** The whole table: docs/architecture.md, "Who may reach whom". All other traffic is blocked. */
export function securityRules(config: SecurityConfig): SecurityRule[] {
  return [
    ...betweenNodes(config),
    ...throughLoadBalancers(config),
    ...bySteps(),
    ...fromOutside(config),
    ...toOutside(config),
  ];
}

function tcp(from: SecurityRule["from"], to: SecurityRule["to"], port: number, why: string): SecurityRule {
  return { from, to, protocol: "tcp", port, why: description(why) };
}

function betweenNodes({ aws }: SecurityConfig): SecurityRule[] {
  return [
    tcp("node", "manager", PORTS.swarm, "swarm management"),
    tcp("node", "node", PORTS.gossip, "gossip"),
    { from: "node", to: "node", protocol: "udp", port: PORTS.gossip, why: description("gossip") },
    { from: "node", to: "node", protocol: "udp", port: PORTS.vxlan, why: description("overlay networks") },
    ...(aws.network.encryptedOverlays
      ? [{ from: "node", to: "node", protocol: "esp", why: description("encrypted overlay networks") } as const]
      : []),
    tcp("worker", "manager", PORTS.readOnlyApi, "read-only API for the ingress"),
    tcp("worker", "manager", PORTS.health, "health of the manager that serves it"),
  ];
}

function throughLoadBalancers(config: SecurityConfig): SecurityRule[] {
  const inner = hasInternalRegistryLoadBalancer(config) ? "lb-registry-internal" : "lb-registry";
  return [
    tcp("lb-manager", "manager", PORTS.api, "Docker API"),
    tcp("lb-manager", "manager", PORTS.health, "health check"),
    tcp("lb-registry", "registry", PORTS.registry, "registry, and its health check"),
    ...(inner === "lb-registry" ? [] : [tcp(inner, "registry", PORTS.registry, "registry, and its health check")]),
    tcp("node", inner, PORTS.registry, "images"),
    tcp("lb-app", "worker", PORTS.http, "applications"),
    tcp("lb-app", "worker", PORTS.https, "applications"),
    tcp("lb-app", "worker", PORTS.ping, "health check"),
  ];
}

function bySteps(): SecurityRule[] {
  return [
    tcp("bastion", "node", PORTS.ssh, "steps"),
    tcp("bastion", "manager", PORTS.api, "cluster-wide steps"),
    tcp("bastion", "manager", PORTS.health, "health, for status and repair"),
    tcp("bastion", "registry", PORTS.registry, "certificate, for status"),
    tcp("bastion", "worker", PORTS.https, "certificate, for status"),
  ];
}

function fromOutside({ access, aws }: SecurityConfig): SecurityRule[] {
  const each = (ranges: readonly string[], to: GroupName, port: number, why: string): SecurityRule[] =>
    ranges.map((range) => tcp({ range }, to, port, why));
  return [
    // A tunnel of the Session Manager ends on the host itself, and needs no ingress rule.
    ...(aws.bastion.access === "ssm" ? [] : each(access.ssh, "bastion", PORTS.ssh, "steps")),
    ...each(access.admin, "lb-manager", PORTS.api, "Docker API"),
    ...each(access.admin, "lb-registry", PORTS.registry, "images"),
    ...each(access.app, "lb-app", PORTS.http, "applications"),
    ...each(access.app, "lb-app", PORTS.https, "applications"),
  ];
}

function toOutside(config: SecurityConfig): SecurityRule[] {
  const { access, aws } = config;
  const { ranges, ports } = access.egress;
  const s3 = { prefixList: "s3" } as const;
  return [
    ...(["node", "bastion"] as const).flatMap((from) =>
      ranges.flatMap((range) => ports.map((port) => tcp(from, { range }, port, "egress"))),
    ),
    // Always open: buckets of the stack. (An existing VPC has its own endpoint, or none.)
    ...(aws.network.vpc === undefined
      ? [
          tcp("registry", s3, 443, "bucket of the registry"),
          ...(hasBackupBucket(config) ? [tcp("bastion", s3, 443, "bucket of the backups")] : []),
        ]
      : []),
  ];
}
