/** The simulated AWS: one account in one region, whole. It decides; the substrate makes it real. */
import type { CloudServices, Substrate } from "../cloud/substrate";
import { addressKinds } from "./addresses";
import { bucketKinds } from "./buckets";
import { Clock, type Speed } from "./clock";
import type { Cloud } from "./cloud";
import { Credentials } from "./credentials";
import { noFaults, type Faults } from "./faults";
import { serviceFor } from "./host-services";
import { iamKinds } from "./iam";
import { Images } from "./images";
import { instanceKinds, terminate, type Instance } from "./instances";
import type { Kinds } from "./kind";
import { listenerKinds } from "./listeners";
import { balancerKinds } from "./load-balancers";
import { metadata } from "./metadata";
import { monitoringKinds } from "./monitoring";
import { resolveInside, resolvePublic } from "./names";
import { Network } from "./network";
import type { ObjectStore } from "./object-store";
import { defaultQuotas, type Quotas } from "./quotas";
import { addZone, dnsKinds } from "./route53";
import { routingKinds } from "./routing";
import { groupKinds } from "./security-groups";
import { parameterKinds } from "./ssm";
import { State } from "./state";
import { targetGroupKinds } from "./target-groups";
import { vpcKinds } from "./vpc";

/** What {@link World} is made of. */
export interface WorldArgs {
  /** Makes the substrate; it asks the world for names, metadata and services. */
  readonly substrate: (services: CloudServices) => Substrate | Promise<Substrate>;
  readonly objects: ObjectStore;
  /** @default eu-central-1 */
  readonly region?: string;
  /** Letters of its zones. @default abc */
  readonly zones?: string;
  /** @default 123456789012 */
  readonly account?: string;
  readonly speed?: Speed;
  /** Names outside of AWS that the substrate answers for. @default {@link MIRRORS} with the region's */
  readonly mirrors?: readonly string[];
}

/** Names that package mirrors and the registry of public images have. */
const MIRRORS = ["archive.ubuntu.com", "security.ubuntu.com", "ports.ubuntu.com", "download.docker.com"];

/** Host name of the registry that stands for the public ones. */
export const PUBLIC_REGISTRY = "registry.rehearsal.example";

/** See the file's head. */
export class World implements CloudServices {
  public readonly kinds: Kinds;
  public readonly credentials: Credentials;
  public readonly images = new Images();

  private constructor(
    public readonly cloud: Cloud,
    private readonly mirrors: readonly string[],
  ) {
    this.credentials = new Credentials(cloud);
    this.kinds = {
      ...vpcKinds(cloud),
      ...routingKinds(cloud),
      ...addressKinds(cloud),
      ...groupKinds(cloud),
      ...instanceKinds(cloud, this.images),
      ...balancerKinds(cloud),
      ...listenerKinds(cloud),
      ...targetGroupKinds(cloud),
      ...iamKinds(cloud),
      ...parameterKinds(cloud),
      ...bucketKinds(cloud),
      ...dnsKinds(cloud),
      ...monitoringKinds(cloud),
    };
  }

  /** Makes a world with its substrate. */
  public static async make(args: WorldArgs): Promise<World> {
    const { region = "eu-central-1", zones = "abc", account = "123456789012", speed = {} } = args;
    const mirrors = args.mirrors ?? [
      ...MIRRORS,
      `${region}.ec2.archive.ubuntu.com`,
      `${region}.ec2.ports.ubuntu.com`,
      PUBLIC_REGISTRY,
    ];
    const cloud = new Account(region, zones, account, new Clock(speed), args.objects);
    const world = new World(cloud, mirrors);
    cloud.substrate = await args.substrate(world);
    return world;
  }

  /** The account's faults, which a drive may set. */
  public get faults(): Faults {
    return this.cloud.faults;
  }

  /** Makes a public hosted zone, which the program takes for granted. */
  public addHostedZone(id: string, name: string): void {
    addZone(this.cloud, { id, name, tags: {} });
  }

  /** Whether package mirrors answer 503 to a host: to its instance, and to those that it gets later. */
  public async failPackages(host: string, fail: boolean): Promise<void> {
    if (fail) this.faults.withoutPackages.add(host);
    else this.faults.withoutPackages.delete(host);
    const there = [...this.cloud.state.instances.values()].filter(
      ({ tags, state }) => tags["swarm-ha.host"] === host && state !== "terminated",
    );
    await Promise.all(there.map(({ id }) => this.cloud.substrate.failPackages(id, fail)));
  }

  /**
   * Terminates instances behind Pulumi's back, and waits until they have ended.
   *
   * @param which What an instance has to be like
   * @returns their ids
   */
  public async endInstances(which: (instance: Readonly<Instance>) => boolean): Promise<string[]> {
    const ended = [...this.cloud.state.instances.values()].filter((one) => one.state !== "terminated" && which(one));
    await Promise.all(ended.map((one) => terminate(this.cloud, one)));
    return ended.map(({ id }) => id);
  }

  /** Addresses of a name as the workstation resolves it. @returns undefined for one that doesn't exist */
  public resolveOutside(name: string): readonly string[] | undefined {
    return resolvePublic(this.cloud, this.mirrors, name);
  }

  public resolve(vpc: string, name: string): readonly string[] | undefined {
    return resolveInside(this.cloud, this.mirrors, vpc, name);
  }

  public metadata(instance: string, path: string): string | undefined {
    return metadata(this.cloud, this.credentials, instance, path);
  }

  public https(host: string): ReturnType<CloudServices["https"]> {
    return serviceFor(this.cloud, this.credentials, host);
  }
}

/** The parts of {@link Cloud}; its substrate comes when it is made. */
class Account implements Cloud {
  public readonly state = new State();
  public readonly network: Network = new Network(this);
  public readonly quotas: Quotas = defaultQuotas();
  public readonly faults: Faults = noFaults();
  public readonly zones: readonly string[];
  private made: Substrate | undefined;

  public constructor(
    public readonly region: string,
    letters: string,
    public readonly account: string,
    public readonly clock: Clock,
    public readonly objects: ObjectStore,
  ) {
    this.zones = letters.split("").map((letter) => `${region}${letter}`);
  }

  public get substrate(): Substrate {
    if (this.made === undefined) throw new Error("the substrate isn't made yet");
    return this.made;
  }

  public set substrate(substrate: Substrate) {
    this.made = substrate;
  }
}
