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
 * A replica of CNCF Distribution on each registry host, all on the same storage, behind the registry load balancer. Any
 * replica can answer, even in the middle of an upload.
 */
export class Registry extends pulumi.ComponentResource {
  /** Credentials for pull and push. The password is a secret. */
  public readonly credentials: { readonly username: pulumi.Output<string>; readonly password: pulumi.Output<string> };
  /** The same as a line of an htpasswd file, with the password's bcrypt hash. Also a secret. */
  public readonly htpasswd: pulumi.Output<string>;
  /**
   * Access for pushing. `ready` are its nodes, not the step that deploys it. Otherwise the ingress, whose image is pulled from it,
   * would be rolled only afterwards, and a renewal of certificates would take twice as long.
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
        // Three replicas, each with 40 s to stop, and 40 s to start and be healthy again.
        limit: 600,
        after: [...image.ready, ...of(swarm.nodes)],
      },
      { parent: this },
    );
    this.access = { ca, ...this.credentials, ready: of(swarm.nodes) };
    this.registerOutputs({});
  }
}
