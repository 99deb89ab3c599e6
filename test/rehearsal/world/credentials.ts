/** Keys that calls are signed with: the account's own user, and the temporary ones of instances. */
import { randomBytes } from "node:crypto";
import type { Cloud } from "./cloud";
import { newCode } from "./ids";
import type { Instance } from "./instances";
import type { PolicyDocument } from "./policy";

/** Who a key belongs to. */
export interface Identity {
  /** ARN of the user, or of the assumed role's session. */
  readonly arn: string;
  /** The instance, where it is one. */
  readonly instance?: Instance;
  /** Name of the instance's role. */
  readonly role?: string;
}

/** A key. */
export interface Key {
  readonly id: string;
  readonly secret: string;
  /** Session token of a temporary one. */
  readonly token?: string;
  /** When it ends, real milliseconds since 1970. @default never */
  readonly expires?: number;
  readonly identity: Identity;
}

/** How long temporary keys are good for, and how long before their end new ones are given out, milliseconds. */
const LIFETIME = 6 * 3_600_000;
const EARLY = 30 * 60_000;

/** See the file's head. */
export class Credentials {
  private readonly keys = new Map<string, Key>();
  private readonly current = new Map<string, Key>();
  /** The key of the account's administrator: for the `aws` program and for Pulumi. */
  public readonly user: Key;

  public constructor(private readonly cloud: Cloud) {
    this.user = {
      id: newCode("AKIA", 16),
      secret: randomBytes(30).toString("base64"),
      identity: { arn: `arn:aws:iam::${cloud.account}:user/rehearsal` },
    };
    this.keys.set(this.user.id, this.user);
  }

  /** A key by its id. */
  public find(id: string): Key | undefined {
    return this.keys.get(id);
  }

  /** Name of the role that an instance has; undefined without profile, role, or trust in EC2. */
  public roleOf(instance: Instance): string | undefined {
    const { profiles, roles } = this.cloud.state;
    const profile = [...profiles.values()].find(({ name }) => name === instance.profile);
    const role = roles.get(profile?.role ?? "");
    const trusted = role?.trust.Statement.some(
      ({ Effect, Principal }) =>
        Effect === "Allow" && typeof Principal === "object" && Principal["Service"]?.includes("ec2.amazonaws.com"),
    );
    return trusted === true ? role?.name : undefined;
  }

  /** The temporary key that the metadata service gives an instance. */
  public ofInstance(instance: Instance, role: string): Key {
    const known = this.current.get(instance.id);
    if (known?.identity.role === role && (known.expires ?? 0) - EARLY > Date.now()) return known;
    const session = `arn:aws:sts::${this.cloud.account}:assumed-role/${role}/${instance.id}`;
    const key: Key = {
      id: newCode("ASIA", 16),
      secret: randomBytes(30).toString("base64"),
      token: randomBytes(120).toString("base64"),
      expires: Date.now() + LIFETIME,
      identity: { arn: session, instance, role },
    };
    this.keys.set(key.id, key);
    this.current.set(instance.id, key);
    return key;
  }

  /** The policies that count for somebody by now; undefined for the administrator, who may do everything. */
  public policiesOf({ role }: Identity): PolicyDocument[] | undefined {
    if (role === undefined) return undefined;
    const now = this.cloud.clock.now();
    const inline = this.cloud.state.roles.get(role)?.policies.values() ?? [];
    return [...inline].filter(({ counts }) => counts <= now).map(({ document }) => document);
  }
}
