import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import type { AwsStackConfig } from "../../../config/platforms/aws";
import { addressPlan } from "../../../plan/addressing";
import { FlowLogs } from "./flow-logs";
import { edgeRanges } from "../../../config/platforms/aws/subnets";
import { nameTag, TAGS } from "./tags";

/** A subnet to put instances into. */
export interface Subnet {
  readonly id: pulumi.Input<string>;
  /** Its range, CIDR. */
  readonly cidr: string;
}

/** The network: our own, or an existing one. */
export interface AwsNetwork {
  readonly vpcId: pulumi.Input<string>;
  /** Our own VPC; undefined in an existing one. */
  readonly vpc?: ec2.Vpc;
  /** By zone: for hosts. */
  readonly inner: Readonly<Record<string, Subnet>>;
  /** By zone: for load balancers and the bastion. */
  readonly edge: Readonly<Record<string, Subnet>>;
  /** Prefix list of the S3 endpoint, where it is ours. */
  readonly s3PrefixList?: pulumi.Output<string>;
  /**
   * By zone: what an instance needs before it starts. It needs the route to the internet, for its packages, and its reserved
   * address. No zone waits for another one's.
   */
  readonly ready: Readonly<Record<string, readonly pulumi.Resource[]>>;
  /**
   * The internet gateway, its route and the public subnets' route table. Load balancers that face the
   * internet and Elastic IPs are created after them, and deleted before them. Empty in an existing VPC.
   */
  readonly open: readonly pulumi.Resource[];
}

/**
 * The network of the configuration.
 *
 * @param ranges What our own network waits for. (In an existing one, hosts get its addresses, not those of `network.hosts`.)
 */
export function createNetwork(config: AwsStackConfig, ranges: pulumi.Resource, parent: pulumi.Resource): AwsNetwork {
  const { vpc, subnets } = config.aws.network;
  if (vpc === undefined || subnets === undefined) return new OwnNetwork("network", config, ranges, { parent });
  const plan = addressPlan(config);
  const pick = (kind: "private" | "public"): Readonly<Record<string, Subnet>> =>
    Object.fromEntries(
      config.zones.flatMap((zone) => (subnets[zone] === undefined ? [] : [[zone, subnets[zone][kind]]])),
    );
  const inner = pick("private");
  const ready = Object.fromEntries(
    Object.entries(inner).map(([zone, { id }]) => [zone, reserve(zone, id, plan.zones[zone]?.fixed ?? [], { parent })]),
  );
  return { vpcId: vpc.id, inner, edge: pick("public"), ready, open: [] };
}

/**
 * Reserves the addresses of managers and registries. Otherwise AWS could give a manager's fixed address to a worker while
 * the manager is being replaced.
 */
function reserve(
  zone: string,
  subnetId: pulumi.Input<string>,
  ranges: readonly string[],
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  return ranges.map(
    (cidrBlock, i) =>
      new ec2.SubnetCidrReservation(
        `reserved-${zone}-${String(i + 1)}`,
        { subnetId, cidrBlock, reservationType: "explicit", description: "fixed addresses of managers and registries" },
        opts,
      ),
  );
}

/** A VPC with a private and a public subnet in each zone. */
class OwnNetwork extends pulumi.ComponentResource implements AwsNetwork {
  public readonly vpc: ec2.Vpc;
  public readonly vpcId: pulumi.Output<string>;
  public readonly inner: Readonly<Record<string, Subnet>>;
  public readonly edge: Readonly<Record<string, Subnet>>;
  public readonly s3PrefixList: pulumi.Output<string>;
  public readonly ready: AwsNetwork["ready"];
  public readonly open: readonly pulumi.Resource[];

  public constructor(
    name: string,
    private readonly config: AwsStackConfig,
    ranges: pulumi.Resource,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("swarm-ha:aws:Network", name, {}, opts);
    const { stack, zones, aws } = config;
    const plan = addressPlan(config);
    this.vpc = new ec2.Vpc(
      "vpc",
      { cidrBlock: plan.cidr, enableDnsHostnames: true, enableDnsSupport: true, tags: nameTag(stack, "vpc") },
      { parent: this, dependsOn: [ranges] },
    );
    this.vpcId = this.vpc.id;
    // The VPC's default group, for resources without a group of their own. It lets no traffic through.
    new ec2.DefaultSecurityGroup("default", { vpcId: this.vpcId, tags: nameTag(stack, "default") }, { parent: this });

    const gateway = new ec2.InternetGateway(
      "gateway",
      { vpcId: this.vpcId, tags: nameTag(stack, "gateway") },
      { parent: this },
    );
    const publicRoutes = this.routeTable("public");
    const out = this.defaultRoute("public", publicRoutes, { gatewayId: gateway.id });

    const edges = edgeRanges(config);
    const edge = zones.map((zone) => this.subnet("public", zone, edges[zone] ?? "", publicRoutes));
    const nats = zones.slice(0, aws.network.nat === "single" ? 1 : zones.length).map((zone, i) => {
      const address = new ec2.Eip(
        `nat-${zone}`,
        { domain: "vpc", tags: nameTag(stack, `nat-${zone}`) },
        { parent: this, dependsOn: [gateway] },
      );
      return new ec2.NatGateway(
        `nat-${zone}`,
        { subnetId: edge[i]?.subnet.id ?? "", allocationId: address.id, tags: nameTag(stack, `nat-${zone}`) },
        { parent: this, dependsOn: [out, ...(edge[i] ? [edge[i].association] : [])] },
      );
    });
    const inner = zones.map((zone, i) => {
      const routes = this.routeTable(`private-${zone}`);
      const nat = nats[i] ?? nats[0];
      const route = this.defaultRoute(`private-${zone}`, routes, nat === undefined ? {} : { natGatewayId: nat.id });
      const { cidr = "", fixed = [] } = plan.zones[zone] ?? {};
      const { subnet, association } = this.subnet("private", zone, cidr, routes);
      return {
        subnet,
        cidr,
        routes,
        ready: [route, association, ...reserve(zone, subnet.id, fixed, { parent: this })],
      };
    });
    const s3 = new ec2.VpcEndpoint(
      "s3",
      {
        vpcId: this.vpcId,
        serviceName: `com.amazonaws.${aws.region}.s3`,
        vpcEndpointType: "Gateway",
        routeTableIds: inner.map(({ routes }) => routes.id),
        tags: nameTag(stack, "s3"),
      },
      { parent: this },
    );
    this.s3PrefixList = s3.prefixListId;
    if (aws.network.flowLogs > 0)
      new FlowLogs("flow-logs", { stack, vpcId: this.vpcId, days: aws.network.flowLogs }, { parent: this });

    const byZone = (all: readonly { readonly subnet: ec2.Subnet; readonly cidr: string }[]): Record<string, Subnet> =>
      Object.fromEntries(zones.map((zone, i) => [zone, { id: all[i]?.subnet.id ?? "", cidr: all[i]?.cidr ?? "" }]));
    this.inner = byZone(inner);
    this.edge = byZone(edge);
    this.open = [out, ...edge.map(({ association }) => association)];
    this.ready = Object.fromEntries(
      zones.map((zone, i) => [zone, [out, ...(edge[i] ? [edge[i].association] : []), ...(inner[i]?.ready ?? [])]]),
    );
    this.registerOutputs({});
  }

  private subnet(
    kind: "public" | "private",
    zone: string,
    cidr: string,
    routes: ec2.RouteTable,
  ): { readonly subnet: ec2.Subnet; readonly cidr: string; readonly association: pulumi.Resource } {
    const name = `${kind}-${zone}`;
    const subnet = new ec2.Subnet(
      name,
      {
        vpcId: this.vpcId,
        availabilityZone: zone,
        cidrBlock: cidr,
        // Instances get a public address only on request.
        mapPublicIpOnLaunch: false,
        tags: { ...nameTag(this.config.stack, name), [TAGS.zone]: zone },
      },
      { parent: this },
    );
    const association = new ec2.RouteTableAssociation(
      name,
      { subnetId: subnet.id, routeTableId: routes.id },
      { parent: this },
    );
    return { subnet, cidr, association };
  }

  private routeTable(name: string): ec2.RouteTable {
    return new ec2.RouteTable(name, { vpcId: this.vpcId, tags: nameTag(this.config.stack, name) }, { parent: this });
  }

  private defaultRoute(
    name: string,
    routes: ec2.RouteTable,
    target: { readonly gatewayId?: pulumi.Input<string>; readonly natGatewayId?: pulumi.Input<string> },
  ): ec2.Route {
    return new ec2.Route(
      name,
      { routeTableId: routes.id, destinationCidrBlock: "0.0.0.0/0", ...target },
      { parent: this },
    );
  }
}
