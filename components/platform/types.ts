import type * as pulumi from "@pulumi/pulumi";
import type { Image } from "../images";
import type { Forwarding } from "../outputs";
import type { HostConnection, SshConnection } from "../ssh/connection";
import type { HostSpec } from "../../plan/placement";
import type { LoadBalancerName } from "../../plan/roles";

/** A host or the bastion, as the platform created it. */
export interface AnyHost {
  /** Changes exactly when it is another instance or container: container id, instance id. Its resources are replaced with it. */
  readonly identity: pulumi.Output<string>;
  /** Resources that must exist before it can be reached: the host itself, and on a cloud its routes and rules. */
  readonly ready: readonly pulumi.Resource[];
}

/** A host that becomes a node of the swarm. */
export interface Host extends Omit<HostSpec, "address">, AnyHost {
  /** Its private address; a manager's never changes. */
  readonly address: pulumi.Output<string>;
  /** How the bastion reaches it: address, port and keys belong to its name and outlive it. */
  readonly connection: HostConnection;
  /** Lines of /etc/hosts, for names that the host's resolvers don't have. @default none */
  readonly names?: readonly string[];
}

/** The bastion: the one host that reaches all others, and where cluster-wide steps run. It holds no data. */
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
  /** Source addresses of its connections to the members, CIDR. Members accept the PROXY protocol only from these. */
  readonly sources: readonly string[];
  /** URL of the members' state (HAProxy's CSV), as seen from the bastion. @default none */
  readonly stats?: pulumi.Output<string>;
  /** DNS names that people reach it by; servers behind it have them in their certificates. */
  readonly dnsNames: readonly string[];
  /** IP addresses that people reach it by; also in the certificates. */
  readonly ipAddresses: readonly string[];
}

/** The storage that all replicas of the registry share. */
export type RegistryStorage =
  /**
   * A folder that is the same on every registry host. `shared`: whether it is a mount that several hosts share. Otherwise it is a
   * folder of the only registry host, and a step creates it.
   */
  | { readonly kind: "folder"; readonly path: string; readonly shared: boolean }
  /** A bucket. */
  | {
      readonly kind: "s3";
      readonly bucket: pulumi.Output<string>;
      readonly region: string;
      /** URL of an S3 service other than AWS's. @default AWS's, in that region */
      readonly endpoint?: string;
      /** Keys of the bucket's user. A secret. @default the registry hosts may use the bucket */
      readonly keys?: pulumi.Output<S3Keys>;
    };

/** Keys of a user of S3. */
export interface S3Keys {
  /** Its id. */
  readonly accessKey: string;
  readonly secretKey: string;
}

/** Sources of the images of a stack's own services: public registries, or this workstation if the hosts have no internet. */
export interface Images {
  /** An image's reference in a service. */
  reference(image: Image): string;
  /**
   * Puts an image on a host, if the host can't pull it.
   *
   * @param after Resources that must exist before the host's Docker engine can load it.
   * @returns the resources after which a service with that image can run there
   */
  onHost(image: Image, host: Host, after: readonly pulumi.Resource[]): readonly pulumi.Resource[];
}

/** Infrastructure that the swarm is deployed on. */
export interface Platform {
  /** The resource that is deleted only with the whole stack. It is always ours, never protected. Steps are `deletedWith` it. */
  readonly lifetime: pulumi.Resource;
  readonly bastion: Bastion;
  /** In the order of the plan. */
  readonly hosts: readonly Host[];
  readonly loadBalancers: Readonly<Record<LoadBalancerName, LoadBalancer>>;
  /** DNS records for the load balancers: name → name or address of a load balancer. @default people use addresses */
  readonly records?: Readonly<Record<string, pulumi.Output<string>>>;
  /** What load balancers that the user provides have to do, by name. @default the platform has all load balancers */
  readonly forwards?: Readonly<Partial<Record<LoadBalancerName, Forwarding>>>;
  /**
   * The registry's `host:port`: the one name of it in image references, on the hosts and on workstations. Every
   * host can resolve it.
   */
  readonly registryName: pulumi.Output<string>;
  /** The registry's storage. It stays when registry hosts are replaced. */
  readonly registryStorage: RegistryStorage;
  /** Where backups of a stack without `backup.repository` are stored, as restic names it. @default there is no bucket for them */
  readonly backupRepository?: pulumi.Output<string>;
  readonly images: Images;
  /** Public HTTPS port of the applications. */
  readonly httpsPort: number;
  /** Whether data and the authority's key, which can't be recreated, are protected from being deleted. */
  readonly protectsData: boolean;
}
