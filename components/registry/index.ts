import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { IMAGES } from "../images";
import type { IssuedCertificate } from "../pki";
import type { Platform, RegistryAccess } from "../platform/types";
import type { Swarm } from "../swarm";
import { swarmStack } from "../swarm/stack";
import { registrySecrets } from "./credentials";
import { REGISTRY_USER, registrySettings, STORAGE_MARKER } from "./settings";

/** Arguments of {@link Registry}. */
export interface RegistryArgs {
  readonly platform: Platform;
  /** The swarm that it runs on. */
  readonly swarm: Swarm;
  /** Its certificate, valid for `registryName`. */
  readonly certificate: IssuedCertificate;
  /** The authority of that, PEM. */
  readonly ca: pulumi.Input<string>;
}

/**
 * A replica of CNCF Distribution on each registry host, all on the same storage, behind the registry load balancer: which
 * of them answers makes no difference, not even in the middle of an upload.
 */
export class Registry extends pulumi.ComponentResource {
  /** Who may pull and push. The password is a secret. */
  public readonly credentials: { readonly username: pulumi.Output<string>; readonly password: pulumi.Output<string> };
  /** The same as a line of an htpasswd file, the password as a bcrypt hash. A secret all the same. */
  public readonly htpasswd: pulumi.Output<string>;
  /**
   * What one who pushes to it needs. `ready` are its nodes, and not the step that deploys it: what is pulled from it, the
   * ingress, would be rolled only after it, and a renewal of certificates take twice as long.
   */
  public readonly access: RegistryAccess;

  public constructor(name: string, args: RegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:registry:Registry", name, {}, opts);
    const { platform, swarm, certificate, ca } = args;
    const key = new tls.PrivateKey(`${name}-secret`, { algorithm: "ED25519" }, { parent: this });
    const secrets = pulumi.secret(key.privateKeyPem.apply(registrySecrets));
    this.htpasswd = secrets.htpasswd;
    this.credentials = { username: pulumi.unsecret(secrets.username), password: secrets.password };

    const hosts = platform.hosts.filter((host) => host.role === "registry");
    const of = (all: Readonly<Record<string, pulumi.Resource>>): pulumi.Resource[] =>
      hosts.flatMap((host) => all[host.name] ?? []);
    const image = platform.images.onHosts(IMAGES.registry, hosts, of(swarm.prepared));

    const storage = platform.registryStorage;
    const settings = pulumi
      .all([storage.kind === "s3" ? storage.bucket : "", secrets.httpSecret])
      .apply(([bucket, secret]) =>
        registrySettings(storage.kind === "s3" ? { ...storage, bucket } : { kind: "folder" }, secret),
      );
    swarmStack(
      "registry",
      {
        context: swarm.context,
        ...(storage.kind === "folder" ? { extensions: ["registry-folder"] } : {}),
        values: {
          IMAGE: image.reference,
          USER: String(REGISTRY_USER),
          ...(storage.kind === "folder" ? { FOLDER: storage.path, MARKER: STORAGE_MARKER } : {}),
        },
        secrets: { settings, htpasswd: secrets.htpasswd, "tls-key": certificate.key },
        configs: { "tls-certificate": certificate.certificate },
        identities: hosts.map((host) => host.identity),
        // Three replicas, each with 40 s to stop, and as many to come and be taken in again.
        limit: 600,
        after: [...image.ready, ...of(swarm.nodes)],
      },
      { parent: this },
    );
    this.access = { ca, ...this.credentials, ready: of(swarm.nodes) };
    this.registerOutputs({});
  }
}
