import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "./parse";
import { namespaceOf } from "./namespace";
import { describeKey } from "./describe";
import { ConfigError, isAbout, NAMESPACE, pathOf, type Problem } from "./problem";
import type { StackConfig } from "./platforms";
import { decode } from "./decode";
import { plainSecrets } from "./plain-secrets";
import { holdsSecrets, SECRET } from "./secret";
import { suggest } from "./suggest";

/**
 * Reads and checks the configuration of the current stack, and logs its warnings.
 *
 * @throws pulumi.RunError with all problems in one message, without a stack trace.
 */
export function loadConfig(): StackConfig {
  try {
    const all = pulumi.runtime.allConfig();
    const config = parsed(all, pulumi.getStack());
    const plain = plainSecrets(decoded(all), secretKeys(), config.stack);
    for (const warning of [...config.warnings, ...plain]) void pulumi.log.warn(warning);
    return config;
  } catch (error) {
    if (error instanceof ConfigError) throw new pulumi.RunError(withoutSecrets(error, secretKeys()).message);
    throw error;
  }
}

function parsed(all: Readonly<Record<string, string>>, stack: string): StackConfig {
  const wrong = wrongNamespaces(all);
  try {
    const config = parseConfig(namespaceOf(all), stack);
    if (wrong.length > 0) throw new ConfigError(stack, wrong);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError) || error.problems === wrong) throw error;
    throw new ConfigError(stack, [...wrong, ...error.problems]);
  }
}

/** Values of our keys, in the form that the schema checks. */
function decoded(all: Readonly<Record<string, string>>): Record<string, unknown> {
  const own = Object.entries(namespaceOf(all));
  return Object.fromEntries(own.map(([key, text]) => [key, decode(key, text, describeKey([key])).value]));
}

/** Keys whose namespace is a misspelling of ours. Pulumi ignores them: it takes them for a provider's. */
function wrongNamespaces(all: Readonly<Record<string, string>>): Problem[] {
  return Object.keys(all).flatMap((key) => {
    const [namespace = "", name = ""] = key.split(":");
    if (namespace === NAMESPACE || suggest(namespace, [NAMESPACE]) === undefined) return [];
    return {
      key,
      // The value may be a secret.
      got: `the namespace '${namespace}'`,
      allowed: `keys of this project in the namespace ${NAMESPACE}`,
      fix: `write ${NAMESPACE}:${name}`,
    };
  });
}

/**
 * The same error without the values of secret keys, because errors end up in logs. Where the schema marks parts of a key as
 * secrets, errors don't show those anyway; then values are hidden only where the schema expects none: at mistyped keys, and in
 * place of mappings and lists.
 *
 * @param secretKeys top-level keys with an encrypted part
 */
export function withoutSecrets(error: ConfigError, secretKeys: readonly string[]): ConfigError {
  const problems = error.problems.map((problem) =>
    secretKeys.some((key) => isAbout(problem, key) && isHidden(problem, key)) ? { ...problem, got: SECRET } : problem,
  );
  return new ConfigError(error.stackName, problems);
}

function isHidden({ key, got }: Problem, topLevelKey: string): boolean {
  if (!holdsSecrets(describeKey([topLevelKey]))) return true;
  const { description, type } = describeKey(pathOf(key));
  // A text in place of a mapping, or in one, may be a secret at the wrong place.
  const structure = (type === "object" || type === "array") && /^["[{].*"/s.test(got);
  return description === undefined || structure;
}

/** Keys of this project that hold a secret. Pulumi lists them in this variable, and decrypts their values. */
function secretKeys(): string[] {
  const all = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
  return all.map((key) => key.slice(`${NAMESPACE}:`.length));
}
