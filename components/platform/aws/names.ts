import * as route53 from "@pulumi/aws/route53";
import * as pulumi from "@pulumi/pulumi";
import type { AwsStackConfig } from "../../../config/platforms/aws";
import type { LoadBalancerSpec } from "./load-balancer-spec";
import type { NetworkLoadBalancer } from "./load-balancer";
import { nameTag } from "./tags";

/** Arguments of {@link Names}. */
export interface NamesArgs {
  readonly config: AwsStackConfig;
  readonly vpcId: pulumi.Input<string>;
  readonly loadBalancers: Readonly<Partial<Record<LoadBalancerSpec["name"], NetworkLoadBalancer>>>;
}

/** DNS names for people and nodes, which stay when a load balancer is replaced. */
export class Names extends pulumi.ComponentResource {
  /** Records that lead to the load balancers: name → name of the load balancer. */
  public readonly records: Readonly<Record<string, pulumi.Output<string>>>;

  public constructor(
    name: string,
    { config, vpcId, loadBalancers }: NamesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("swarm-ha:aws:Names", name, {}, opts);
    const { domain, aws, stack } = config;
    const registry = `registry.${domain}`;
    const alias = (resource: string, zoneId: pulumi.Input<string>, host: string, target: NetworkLoadBalancer): void => {
      new route53.Record(
        resource,
        {
          zoneId,
          name: host,
          type: "A",
          aliases: [{ name: target.resource.dnsName, zoneId: target.resource.zoneId, evaluateTargetHealth: false }],
        },
        { parent: this },
      );
    };

    // Inside the VPC, the registry's name resolves to the nodes' own load balancer.
    const inside = loadBalancers["registry-internal"] ?? loadBalancers.registry;
    if (inside !== undefined) {
      const zone = new route53.Zone(
        "inside",
        {
          name: registry,
          comment: `${stack}: the registry, as its nodes see it`,
          vpcs: [{ vpcId }],
          tags: nameTag(stack, registry),
        },
        // In an existing network, other zones and other people's associations stay as they are.
        { parent: this, ignoreChanges: ["vpcs"] },
      );
      alias("inside-registry", zone.zoneId, registry, inside);
    }

    const outside = Object.entries({ manager: `manager.${domain}`, registry, app: `*.app.${domain}` } as const);
    this.records = Object.fromEntries(
      outside.flatMap(([tier, host]) => {
        const target = loadBalancers[tier as "manager"];
        if (target === undefined) return [];
        if (aws.hostedZone !== undefined && aws.hostedZone !== "none")
          alias(`name-${tier}`, aws.hostedZone, host, target);
        return [[host, target.resource.dnsName]];
      }),
    );
    this.registerOutputs({});
  }
}
