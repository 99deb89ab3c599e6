/**
 * Puts another SSH key into a stack's state: in the place of the old one, wherever the state has it. So the state never has steps with
 * the old key beside steps with the new one, and no step runs again for it: a step's key only opens its connection.
 *
 * What isn't secret stays as it is, such as a cloud's user data: an instance was created with the old public key, and reads it only
 * once.
 */
import { generateKeyPairSync } from "node:crypto";
import { z } from "zod";
import { describe, PUBLIC, SECRETS, type KeyForms } from "../../../offline/tls/key-forms";
import { asSecret, nameOf, outputsOf, resourcesOf, secretIn, unwrap, type Deployment } from "../../cluster/deployment";
import { commands } from "../../cluster/words";
import { UserError } from "../../terminal/errors";

/** The key's resource (components/ssh/keys.ts). */
const CLIENT = { name: "ssh-client", type: "tls:index/privateKey:PrivateKey" };

/** What `pulumi stack export --show-secrets` prints, as far as it is changed here. The rest is kept. */
const exportedSchema = z.looseObject({
  deployment: z.looseObject({
    resources: z.array(
      z.looseObject({
        urn: z.string(),
        type: z.string(),
        inputs: z.record(z.string(), z.unknown()).optional(),
        outputs: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
    pending_operations: z.array(z.unknown()).nullish(),
  }),
});

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
 * @param used the private key that the stack's outputs have had, OpenSSH's format. The key's resource has another one where an `up`
 * has replaced it and didn't finish: both are replaced
 * @throws UserError when the outputs have another one now, or an operation is unfinished; Error when an old key would still be in it
 */
export function withSshKey(exported: unknown, stack: string, used: string, key: KeyForms): unknown {
  const state = exportedSchema.parse(exported);
  const { deployment } = state;
  const again = `npm run rotate -- ${stack} ssh-keys`;
  if ((deployment.pending_operations ?? []).length > 0) {
    throw new UserError(
      `An up of the stack ${stack} was interrupted. Finish it: ${commands(stack).up}, then run: ${again}`,
    );
  }
  const old = sshKeyIn({ deployment });
  const { access } = outputsOf({ deployment }) as { access?: { bastion?: { privateKey?: unknown } } };
  if (old === undefined || access?.bastion?.privateKey !== used) {
    throw new UserError(`Another run has changed the SSH key of the stack ${stack} meanwhile. Run it again: ${again}`);
  }
  const replaced: readonly (readonly [string, string])[] = [
    ...[used, old.private].map((text) => [text.trim(), key.privateKeyOpenssh.trim()] as const),
    [old.public.trim(), key.publicKeyOpenssh.trim()],
  ];
  const resources = deployment.resources.map((resource) => {
    const { inputs, outputs } = resource;
    const own = isClient(resource) ? { id: key.id, outputs: { ...outputs, ...formsOf(key) } } : undefined;
    return {
      ...resource,
      ...(inputs === undefined ? {} : { inputs: inSecrets(inputs, replaced) }),
      ...(outputs === undefined ? {} : { outputs: inSecrets(outputs, replaced) }),
      ...own,
    };
  });
  const changed = { ...state, deployment: { ...deployment, resources } };
  const left = resources.flatMap(({ urn, ...rest }) =>
    [used, old.private].some((one) => has(rest, one, key)) ? [nameOf(urn)] : [],
  );
  if (left.length > 0) throw new Error(`The old SSH key would still be in the state, in ${left.join(", ")}.`);
  return changed;
}

function isClient({ urn, type }: { readonly urn: string; readonly type: string }): boolean {
  return type === CLIENT.type && nameOf(urn) === CLIENT.name;
}

/** The key's outputs as the state has them. */
function formsOf(key: KeyForms): Record<string, unknown> {
  return {
    id: key.id,
    ...Object.fromEntries(PUBLIC.map((name) => [name, key[name]])),
    ...Object.fromEntries(SECRETS.map((name) => [name, asSecret(key[name])])),
  };
}

/** Replaces texts in all that is secret. */
function inSecrets(value: unknown, texts: readonly (readonly [string, string])[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => inSecrets(item, texts));
  const secret = secretIn(value);
  if (secret !== undefined) return asSecret(inTexts(secret.value, texts));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inSecrets(inner, texts)]));
}

/** Replaces texts everywhere. */
function inTexts(value: unknown, texts: readonly (readonly [string, string])[]): unknown {
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
