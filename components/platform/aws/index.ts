import { Provider } from "@pulumi/aws/provider";
import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import type { AwsStackConfig } from "../../../config/platforms/aws";
import { directConnection, fromBastion } from "../../ssh/connection";
import { publicImages } from "../../images/public";
import type { SshKeys } from "../../ssh/keys";
import { PORTS } from "../../../plan/ports";
import type { HostSpec } from "../../../plan/placement";
import type { Host, Images, LoadBalancer, Bastion, Platform, RegistryStorage } from "../types";
import { imageLookup } from "./image";
import { createInstance, type InstanceWithKey, type InstanceArgs } from "./instance";
import { NetworkLoadBalancer } from "./load-balancer";
import { loadBalancerSpecs, type LoadBalancerSpec } from "./load-balancer-spec";
import { shapeOf, tierShape } from "./instance-shape";
import { Names } from "./names";
import { createNetwork, type AwsNetwork } from "./network";
import { isRenewed } from "./renewal";
import { Roles } from "./roles";
import { hasBackupBucket } from "./security";
import { SecurityGroups } from "./security-groups";
import { PrivateBucket } from "./storage";
import { nameTag, TAGS } from "./tags";
import { userData } from "./user-data";

/** Arguments of {@link createAwsPlatform}. */
export interface AwsPlatformArgs {
  readonly config: AwsStackConfig;
  /** The plan: hosts by name, role and zone. */
  readonly hosts: readonly HostSpec[];
  /** Host keys by host name, and the key that logs in. */
  readonly keys: SshKeys;
  /** The resource that refuses a change of address ranges. The network depends on it. */
  readonly ranges: pulumi.Resource;
}

/**
 * Failed dials of the bastion before an error: a new instance answers after one to three minutes, when
 * it has its host key. The limit is reached after 3 minutes if it refuses, after 7 if it is silent.
 */
const DIALS = 40;

/** Seconds until a host must accept SSH connections: the same as for a silent bastion. */
const CONNECT_LIMIT = 420;

/** Three availability zones, private subnets, EC2, network load balancers, S3. */
export function createAwsPlatform(args: AwsPlatformArgs): Platform {
  const { region, tags, accountId } = args.config.aws;
  const provider = new Provider("aws", {
    region: region as pulumi.Input<"eu-central-1">,
    ...(accountId === undefined ? {} : { allowedAccountIds: [accountId] }),
    defaultTags: { tags: { ...tags, [TAGS.stack]: args.config.stack } },
  });
  return new AwsPlatform("aws", args, { providers: [provider] });
}

/** See {@link createAwsPlatform}. */
class AwsPlatform extends pulumi.ComponentResource implements Platform {
  public readonly lifetime: pulumi.Resource;
  public readonly bastion: Bastion;
  public readonly hosts: readonly Host[];
  public readonly loadBalancers: Platform["loadBalancers"];
  public readonly records: NonNullable<Platform["records"]>;
  public readonly registryName: pulumi.Output<string>;
  public readonly registryStorage: RegistryStorage;
  public readonly backupRepository?: pulumi.Output<string>;

  public readonly images: Images;
  public readonly httpsPort = PORTS.https;
  public readonly protectsData: boolean;

  private readonly network: AwsNetwork;
  private readonly security: SecurityGroups;
  private readonly roles: Roles;
  private readonly image: ReturnType<typeof imageLookup>;

  public constructor(
    name: string,
    private readonly args: AwsPlatformArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("swarm-ha:platform:Aws", name, {}, opts);
    const { config, hosts } = args;
    const { stack, aws, domain } = config;
    const child = { parent: this };
    this.protectsData = aws.protect;
    this.images = publicImages(config.images);
    this.image = imageLookup(aws, this);
    this.network = createNetwork(config, args.ranges, this);
    this.security = new SecurityGroups(
      "security",
      {
        stack,
        config,
        vpcId: this.network.vpcId,
        ...(this.network.s3PrefixList === undefined ? {} : { s3PrefixList: this.network.s3PrefixList }),
      },
      child,
    );
    // In an existing network: the first resource of ours, which all others depend on.
    this.lifetime = this.network.vpc ?? this.security.group("node");
    const { region, protect } = aws;
    const storage = new PrivateBucket("registry-storage", { kind: "RegistryBucket", stack, protect }, child);
    this.registryStorage = { kind: "s3", bucket: storage.name, region };
    const backups = hasBackupBucket(config)
      ? new PrivateBucket("backup-storage", { kind: "BackupBucket", stack, protect }, child)
      : undefined;
    if (backups !== undefined)
      this.backupRepository = pulumi.interpolate`s3:https://s3.${region}.amazonaws.com/${backups.name}`;
    const backupArn = backups === undefined ? {} : { backupArn: backups.bucket.arn };
    this.roles = new Roles("roles", { stack, region, bucketArn: storage.bucket.arn, ...backupArn }, child);
    this.bastion = this.createBastion();
    this.hosts = hosts.map((spec) => this.createHost(spec));

    const specs = loadBalancerSpecs(aws);
    const made = new Map(specs.map((spec) => [spec.name, this.createLoadBalancer(spec)]));
    const names = new Names(
      "names",
      { config, vpcId: this.network.vpcId, loadBalancers: Object.fromEntries(made) },
      child,
    );
    this.records = names.records;
    this.registryName = pulumi.output(`registry.${domain}:${String(PORTS.registry)}`);
    this.loadBalancers = {
      manager: this.loadBalancer("manager", `manager.${domain}`, `:${String(PORTS.api)}`, made.get("manager")),
      registry: this.loadBalancer("registry", `registry.${domain}`, `:${String(PORTS.registry)}`, made.get("registry")),
      app: this.loadBalancer("app", `*.app.${domain}`, "", made.get("app")),
    };
    this.registerOutputs({});
  }

  private createBastion(): Bastion {
    const { config, keys } = this.args;
    const { stack, aws, zones } = config;
    const zone = aws.bastion.zone ?? zones[0] ?? "";
    const bastion = aws.bastion.access === "public";
    const made = this.createInstance(
      { name: "bastion", role: "bastion", zone },
      {
        shape: tierShape(config, "bastion"),
        subnet: (bastion ? this.network.edge : this.network.inner)[zone],
        groups: ["bastion"],
        tier: "bastion",
      },
    );
    const endpoint = {
      privateKey: keys.client.privateKeyOpenssh,
      hostKey: keys.hostKey("bastion").publicKeyOpenssh,
      dialErrorLimit: DIALS,
    };
    const identity = made.instance.id;
    const rules = this.security.between("bastion");
    if (!bastion) {
      const connection = directConnection({ host: "127.0.0.1", port: aws.bastion.port, ...endpoint });
      return { identity, connection, ready: [made.instance, made.key, ...rules] };
    }
    // The address stays when the instance is replaced.
    const address = new ec2.Eip(
      "bastion",
      { domain: "vpc", tags: nameTag(stack, "bastion") },
      { parent: this, dependsOn: [...this.network.open] },
    );
    const association = new ec2.EipAssociation(
      "bastion",
      { allocationId: address.id, instanceId: made.instance.id },
      { parent: this, deleteBeforeReplace: true },
    );
    const connection = directConnection({ host: address.publicIp, ...endpoint });
    return { identity, connection, ready: [made.instance, made.key, association, ...rules] };
  }

  private createHost(spec: HostSpec): Host {
    const { config, keys } = this.args;
    const { address: fixed, ...host } = spec;
    const made = this.createInstance(host, {
      shape: shapeOf(config, host),
      subnet: this.network.inner[host.zone],
      ...(fixed === undefined ? {} : { address: fixed }),
      groups: ["node", host.role],
      tier: host.role,
    });
    const address = fixed === undefined ? made.instance.privateIp : pulumi.output(fixed);
    const connection = fromBastion(this.bastion.connection, {
      name: host.name,
      host: address,
      privateKey: keys.client.privateKeyOpenssh,
      hostKey: keys.hostKey(host.name).publicKeyOpenssh,
      connectLimit: CONNECT_LIMIT,
    });
    return {
      ...host,
      identity: made.instance.id,
      address,
      connection,
      ready: [made.instance, made.key, ...this.bastion.ready, ...this.security.between("node", host.role)],
    };
  }

  private createInstance(
    host: Pick<InstanceArgs, "name" | "role" | "zone"> & { readonly pool?: string },
    what: Pick<InstanceArgs, "shape" | "address"> & {
      readonly subnet: InstanceArgs["subnet"] | undefined;
      readonly groups: readonly Parameters<SecurityGroups["group"]>[0][];
      readonly tier: Parameters<Roles["of"]>[0];
    },
  ): InstanceWithKey {
    const { config, keys } = this.args;
    const { stack, aws } = config;
    const { subnet, groups, tier, ...rest } = what;
    if (subnet === undefined) throw new Error(`the network has no subnet in ${host.zone}`);
    const { region } = aws;
    const bastion = tier === "bastion";
    return createInstance(
      {
        stack,
        ...host,
        ...rest,
        subnet,
        image: this.image(what.shape.architecture),
        groups: groups.map((group) => this.security.group(group).id),
        profile: this.roles.of(tier),
        userData: keys.client.publicKeyOpenssh.apply((client) =>
          userData({ stack, region, name: host.name, client, engine: aws.engine, node: !bastion, forwards: bastion }),
        ),
        hostKey: keys.hostKey(host.name).privateKeyOpenssh,
        renewed: isRenewed(host.name),
        after: [...(this.network.ready[host.zone] ?? []), ...this.security.waysOut(bastion ? "bastion" : "node")],
      },
      this,
    );
  }

  private createLoadBalancer(spec: LoadBalancerSpec): NetworkLoadBalancer {
    const { stack, aws, zones } = this.args.config;
    const { alarms } = aws.loadBalancers;
    return new NetworkLoadBalancer(
      `lb-${spec.name}`,
      {
        stack,
        spec,
        vpcId: this.network.vpcId,
        subnets: zones.flatMap((zone) => this.network.edge[zone] ?? []),
        securityGroup: this.security.group(spec.group).id,
        members: this.hosts.filter(({ role }) => role === spec.members),
        after: spec.internal ? [] : this.network.open,
        ...(alarms === undefined ? {} : { alarms }),
      },
      { parent: this },
    );
  }

  private loadBalancer(
    name: LoadBalancer["name"],
    host: string,
    port: string,
    made: NetworkLoadBalancer | undefined,
  ): LoadBalancer {
    if (made === undefined) throw new Error(`there is no load balancer ${name}`);
    return {
      name,
      // Waits for the load balancer, so that the endpoint works once it is an output.
      endpoint: made.ready.apply(() => `${host}${port}`),
      // Its addresses are in its subnets. No other clients of the members are in them.
      sources: this.args.config.zones.flatMap((zone) => this.network.edge[zone]?.cidr ?? []),
      dnsNames: [host],
      // Without a public address it is reached by a tunnel from the workstation.
      ipAddresses: name === "manager" && this.args.config.aws.loadBalancers.manager === "internal" ? ["127.0.0.1"] : [],
    };
  }
}
