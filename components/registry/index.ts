import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { IMAGES } from "../images";
import type { IssuedCertificate } from "../pki";
import type { Platform } from "../platform/types";
import type { Swarm } from "../swarm";
import { swarmStack } from "../swarm/stack";
import { httpSecret, registryLogin, USERNAMES, type DerivedLogin, type RegistryLogin } from "./credentials";
import { LoginInUse } from "./login-in-use";
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
  /** The login that comes next, which the registry accepts already, and the key whose replacement makes it the one in use. */
  public readonly next: pulumi.Output<RegistryLogin & { readonly replaces: string }>;
  /** Both logins as lines of an htpasswd file, with bcrypt hashes of the passwords. Also a secret. */
  public readonly htpasswd: pulumi.Output<string>;

  public constructor(name: string, args: RegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:registry:Registry", name, {}, opts);
    const { platform, swarm, certificate } = args;
    const keyNames = [`${name}-secret`, `${name}-secret-2`] as const;
    const [first, second] = keyNames.map((one) => this.key(one)) as [tls.PrivateKey, tls.PrivateKey];
    const derive = (key: tls.PrivateKey, username: string): pulumi.Output<DerivedLogin> =>
      pulumi.secret(key.privateKeyPem.apply((pem) => registryLogin(username, pem)));
    const logins = pulumi.all([derive(first, USERNAMES[0]), derive(second, USERNAMES[1])]);
    const inUse = new LoginInUse(
      `${name}-login`,
      { first: first.publicKeyOpenssh, second: second.publicKeyOpenssh },
      { parent: this },
    );
    // (Without the resource's provider, as in tests, it stores nothing.)
    const index = inUse.secondInUse.apply((is: boolean | undefined) => (is === true ? 1 : 0));
    const login = pulumi.all([logins, index]).apply(([all, at]) => all[at]);
    this.credentials = { username: pulumi.unsecret(login.username), password: login.password };
    this.next = pulumi.all([logins, index]).apply(([all, at]) => {
      const { username, password } = all[1 - at] ?? all[0];
      return { username, password, replaces: keyNames[at] };
    });
    this.htpasswd = logins.apply((all) => all.map(({ htpasswd }) => htpasswd).join(""));
    // Not a login's key: a push that is under way continues at a replica with other passwords.
    const secret = pulumi.secret(this.key(`${name}-http-secret`).privateKeyPem.apply(httpSecret));

    const hosts = platform.hosts.filter((host) => host.role === "registry");
    const storage = platform.registryStorage;
    const settings = pulumi
      .all([storage.kind === "s3" ? { bucket: storage.bucket, keys: storage.keys } : {}, secret])
      .apply(([{ bucket = "", keys }, shared]) =>
        registrySettings(storage.kind === "s3" ? { ...storage, bucket, keys } : { kind: "folder" }, shared),
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
        secrets: { settings, htpasswd: this.htpasswd, "tls-key": certificate.key },
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

  private key(name: string): tls.PrivateKey {
    return new tls.PrivateKey(name, { algorithm: "ED25519" }, { parent: this });
  }
}
