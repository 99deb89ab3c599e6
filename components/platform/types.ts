import type * as pulumi from "@pulumi/pulumi";
import type { Image } from "../images";
import type { HostConnection, SshConnection } from "../ssh/connection";
import type { HostSpec } from "../../plan/placement";
import type { LoadBalancerName } from "../../plan/roles";

/** A host or the bastion, as the platform created it. */
export interface AnyHost {
  /** Changes exactly when it is another instance or container: container id, instance id. Its resources are replaced with it. */
  readonly identity: pulumi.Output<string>;
  /** What has to be there before it can be reached: the host itself, and on a cloud its routes and rules. */
  readonly ready: readonly pulumi.Resource[];
}

/** A host that becomes a node of the swarm. */
export interface Host extends Omit<HostSpec, "address">, AnyHost {
  /** Its private address; a manager's never changes. */
  readonly address: pulumi.Output<string>;
  /** How the bastion reaches it: address, port and keys belong to its name and outlive it. */
  readonly connection: HostConnection;
  /** Lines of /etc/hosts, for names that no resolver of the host has. @default none */
  readonly names?: readonly string[];
}

/** The bastion: the one host that reaches all others, and where cluster-wide steps run. It holds nothing of value. */
export interface Bastion extends AnyHost {
  /** How steps reach it: address, port and keys belong to its name and outlive it. */
  readonly connection: SshConnection;
}

/** The endpoint of one tier, over all zones. */
export interface LoadBalancer {
  /** Which tier it leads to. */
  readonly name: LoadBalancerName;
  /** `host:port`, as seen by people. */
  readonly endpoint: pulumi.Output<string>;
  /** Where its own connections to the members come from, CIDR: who may speak the PROXY protocol to them. */
  readonly sources: readonly string[];
  /** Where the members' state can be read, as seen from the bastion (HAProxy's CSV). @default it can't be read so */
  readonly stats?: pulumi.Output<string>;
  /** DNS names that people reach it by; servers behind it have them in their certificates. */
  readonly dnsNames: readonly string[];
  /** IP addresses that people reach it by; likewise. */
  readonly ipAddresses: readonly string[];
}

/** Where all replicas of the registry keep what is pushed to them: one place for all. */
export type RegistryStorage =
  /** A folder that is the same on every registry host. */
  | { readonly kind: "folder"; readonly path: string }
  /** A bucket that the registry hosts may use. */
  | { readonly kind: "s3"; readonly bucket: pulumi.Output<string>; readonly region: string };

/** An image where services can be made of it. */
export interface ProvidedImage {
  /** What a service calls it. */
  readonly reference: pulumi.Output<string>;
  /** What has to be there before a service of it is made. */
  readonly ready: readonly pulumi.Resource[];
}

/** The stack's own registry, as one who pushes to it needs it. */
export interface RegistryAccess {
  /** The authority that its certificate is from, PEM. */
  readonly ca: pulumi.Input<string>;
  readonly username: pulumi.Input<string>;
  /** Treated as a secret. */
  readonly password: pulumi.Input<string>;
  /** What has to be there before it can come up: who wants to push waits for its answer from then on. */
  readonly ready: readonly pulumi.Resource[];
}

/** Where a stack's images come from: the public's registries, or this workstation, whose hosts may have no internet. */
export interface Images {
  /**
   * An image that services use while there is no registry of our own: the registry's.
   *
   * @param hosts Where its services may run.
   * @param after What has to be there before the hosts' engines can be given it.
   */
  onHosts(image: Image, hosts: readonly Host[], after: readonly pulumi.Resource[]): ProvidedImage;
  /** An image that all hosts can pull; where the public's registries can't be reached, from the stack's own. */
  inRegistry(image: Image, registry: RegistryAccess): ProvidedImage;
}

/** What everything above is laid on. */
export interface Platform {
  /** The resource whose end means the end of everything; always ours, never protected. Steps are `deletedWith` it. */
  readonly lifetime: pulumi.Resource;
  readonly bastion: Bastion;
  /** In the order of the plan. */
  readonly hosts: readonly Host[];
  readonly loadBalancers: Readonly<Record<LoadBalancerName, LoadBalancer>>;
  /** DNS records that lead to the load balancers: name → name of a load balancer. @default they have addresses, no names */
  readonly records?: Readonly<Record<string, pulumi.Output<string>>>;
  /**
   * The registry's `host:port`: the one name of it in image references, on the hosts and on workstations. Every
   * host can resolve it.
   */
  readonly registryName: pulumi.Output<string>;
  /** Where the registry keeps its content. It outlives the registry hosts. */
  readonly registryStorage: RegistryStorage;
  readonly images: Images;
  /** Port at which people reach the applications by HTTPS. */
  readonly httpsPort: number;
  /** Whether what can't be made again, data and the authority's key, is protected from being deleted. */
  readonly protectsData: boolean;
}
