import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { IMAGES } from "../images";
import type { IssuedCertificate } from "../pki";
import type { Platform } from "../platform/types";
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

  public constructor(name: string, args: RegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:registry:Registry", name, {}, opts);
    const { platform, swarm, certificate } = args;
    const key = new tls.PrivateKey(`${name}-secret`, { algorithm: "ED25519" }, { parent: this });
    const secrets = pulumi.secret(key.privateKeyPem.apply(registrySecrets));
    this.htpasswd = secrets.htpasswd;
    this.credentials = { username: pulumi.unsecret(secrets.username), password: secrets.password };

    const hosts = platform.hosts.filter((host) => host.role === "registry");
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
          IMAGE: platform.images.reference(IMAGES.registry),
          USER: String(REGISTRY_USER),
          ...(storage.kind === "folder" ? { FOLDER: storage.path, MARKER: STORAGE_MARKER } : {}),
        },
        secrets: { settings, htpasswd: secrets.htpasswd, "tls-key": certificate.key },
        configs: { "tls-certificate": certificate.certificate },
        identities: hosts.map((host) => host.identity),
        // Three replicas, each with 40 s to stop, and 40 s to start and be healthy again.
        limit: 600,
        after: hosts.flatMap((host) => swarm.nodes[host.name] ?? []),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
