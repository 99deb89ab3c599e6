import { hkdfSync } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { platformOf, type StackConfig } from "../config";
import type { BackupStore } from "./outputs";
import type { Platform } from "./platform/types";

/**
 * Where backups are stored, with the secrets that a restore needs. A secret as a whole.
 *
 * @returns undefined when the configuration has no backups
 */
export function backupStore(config: StackConfig, platform: Platform): pulumi.Output<BackupStore> | undefined {
  const { backup } = config;
  if (backup === undefined) return undefined;
  const repository = backup.repository ?? platform.backupRepository ?? platformOf(config).backupFolder;
  if (repository === undefined) return undefined;
  const password = backup.password ?? new BackupPassword("backup", { protect: platform.protectsData }).password;
  return pulumi.secret(
    pulumi.all([repository, password]).apply(([at, of]) => ({ ...backup, repository: at, password: of })),
  );
}

/** A password that the stack generates once. Its key is protected like the backups: without it nobody can read them. */
class BackupPassword extends pulumi.ComponentResource {
  public readonly password: pulumi.Output<string>;

  public constructor(name: string, { protect }: { readonly protect: boolean }, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:backup:Password", name, {}, opts);
    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ED25519" }, { parent: this, protect });
    this.password = pulumi.secret(key.privateKeyPem.apply(derivedPassword));
    this.registerOutputs({});
  }
}

/** Derives a password of 192 bits from a key: the same in every run. */
function derivedPassword(key: string): string {
  return Buffer.from(hkdfSync("sha256", key, "swarm-ha backup", "password", 24)).toString("base64url");
}
