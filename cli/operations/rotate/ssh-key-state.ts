/**
 * Puts another SSH key into a stack's state: in the place of the old one, wherever the state has it. So the state never has steps with
 * the old key beside steps with the new one, and no step runs again for it: a step's key only opens its connection.
 *
 * The public key is replaced also where it isn't secret: in the user data of a cloud's instances. A host reads that only at its first
 * boot, and an `up` ignores its changes. But an `up` that replaces the host takes it from the state (components/platform/aws/renewal.ts).
 * pulumi-aws 7 has it there as plain text, in inputs and outputs (Terraform's provider since version 6; before, outputs had a hash).
 */
import { generateKeyPairSync } from "node:crypto";
import { describe, type KeyForms } from "../../../offline/tls/key-forms";
import {
  asSecret,
  instancesOf,
  nameOf,
  outputsOf,
  resourcesOf,
  secretIn,
  unwrap,
  type Deployment,
} from "../../cluster/deployment";
import type { StackState } from "../../cluster/stack";
import { list } from "../../cluster/words";
import { UserError } from "../../terminal/errors";
import { readExported, withKey, withResources } from "./exported-state";

/** The key's resource (components/ssh/keys.ts). */
const CLIENT = { name: "ssh-client", type: "tls:index/privateKey:PrivateKey" };

/** Texts, and what takes their places. */
type Texts = readonly (readonly [from: string, to: string])[];

/** Makes a key as the resource does: Ed25519. */
export function newSshKey(): KeyForms {
  return describe(generateKeyPairSync("ed25519").privateKey);
}

/** The stack's SSH key in its state, OpenSSH's formats. @returns undefined when there is none. Pure */
export function sshKeyIn(deployment: Deployment): { readonly private: string; readonly public: string } | undefined {
  const outputs = unwrap(resourcesOf(deployment).find(isClient)?.outputs ?? {}) as Record<string, unknown>;
  const { privateKeyOpenssh: own, publicKeyOpenssh: shown } = outputs;
  return typeof own === "string" && typeof shown === "string" ? { private: own, public: shown } : undefined;
}

/**
 * The state with another SSH key. Pure.
 *
 * @param exported what `pulumi stack export --show-secrets` prints, parsed
 * @param tried the stack on whose hosts the new key was tried
 * @param used the private key that the stack's outputs have had, OpenSSH's format. The key's resource has another one where an `up`
 * has replaced it and didn't finish: both are replaced
 * @throws UserError when the outputs have another one now, or the hosts have changed since; Error when an old key would still be in it
 */
export function withSshKey(
  exported: unknown,
  { stack, deployment: then }: Pick<StackState, "stack" | "deployment">,
  used: string,
  key: KeyForms,
): unknown {
  const state = readExported(exported);
  const { deployment } = state;
  const old = sshKeyIn({ deployment });
  const { access } = outputsOf({ deployment }) as { access?: { bastion?: { privateKey?: unknown } } };
  if (old === undefined || access?.bastion?.privateKey !== used) {
    throw new UserError(`Another run has changed the SSH key of the stack ${stack} meanwhile.`);
  }
  const changed = changedHosts(then, { deployment });
  if (changed.length > 0) {
    throw new UserError(
      `Another run has changed hosts of the stack ${stack} meanwhile: ${list(changed)}. They may not accept the new key.`,
    );
  }
  const shown: Texts = [[old.public.trim(), key.publicKeyOpenssh.trim()]];
  const replaced: Texts = [
    ...[used, old.private].map((text) => [text.trim(), key.privateKeyOpenssh.trim()] as const),
    ...shown,
  ];
  const change = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    inTexts(inSecrets(values, replaced), shown) as Record<string, unknown>;
  const rewritten = withResources(state, (resource) => {
    const { inputs, outputs } = resource;
    if (isClient(resource)) return withKey(resource, key);
    return {
      ...resource,
      ...(inputs === undefined ? {} : { inputs: change(inputs) }),
      ...(outputs === undefined ? {} : { outputs: change(outputs) }),
    };
  });
  const left = rewritten.deployment.resources.flatMap(({ urn, ...rest }) =>
    [used, old.private].some((one) => has(rest, one, key)) ? [nameOf(urn)] : [],
  );
  if (left.length > 0) throw new Error(`The old SSH key would still be in the state, in ${left.join(", ")}.`);
  return rewritten;
}

/** Names of hosts that aren't in both states, or are another instance in each. Pure. */
function changedHosts(then: Deployment, now: Deployment): string[] {
  const [before, after] = [identitiesOf(then), identitiesOf(now)];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).sort();
}

/** Hosts of the stack's outputs and of its resources, each with the ids of its instance. */
function identitiesOf(deployment: Deployment): Record<string, string> {
  const { hosts } = outputsOf(deployment) as { hosts?: Readonly<Record<string, unknown>> };
  const listed = Object.keys(hosts ?? {}).map((name) => [name, "listed"] as const);
  const instances = instancesOf(deployment).map(({ name, id }) => [name, id] as const);
  return [...listed, ...instances].reduce<Record<string, string>>(
    (all, [name, what]) => ({ ...all, [name]: `${all[name] ?? ""} ${what}` }),
    {},
  );
}

function isClient({ urn, type }: { readonly urn: string; readonly type: string }): boolean {
  return type === CLIENT.type && nameOf(urn) === CLIENT.name;
}

/** Replaces texts in all that is secret. */
function inSecrets(values: Readonly<Record<string, unknown>>, texts: Texts): Record<string, unknown> {
  const change = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(change);
    return secretIn(value) === undefined ? inSecrets(value as Record<string, unknown>, texts) : inTexts(value, texts);
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

/** Replaces texts everywhere. */
function inTexts(value: unknown, texts: Texts): unknown {
  if (typeof value === "string") return texts.reduce((text, [from, to]) => text.replaceAll(from, () => to), value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => inTexts(item, texts));
  const secret = secretIn(value);
  if (secret !== undefined) return asSecret(inTexts(secret.value, texts));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inTexts(inner, texts)]));
}

/** Whether a value has a part of a private key. Lines of Base64 look the same however often a text is escaped. */
function has(value: unknown, privateKey: string, key: KeyForms): boolean {
  const text = JSON.stringify(value);
  // The lines with the format's head and padding are those of every key.
  const common = new Set(key.privateKeyOpenssh.split("\n"));
  return privateKey.split("\n").some((line) => line.length >= 32 && !common.has(line) && text.includes(line));
}
