import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "./parse";
import { namespaceOf } from "./namespace";
import { ConfigError, isAbout, NAMESPACE, type Problem } from "./problem";
import type { StackConfig } from "./platforms";
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
    for (const warning of config.warnings) void pulumi.log.warn(warning);
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
 * The same error without the values of secret keys. A mistyped key, or one of another
 * project, may hold a secret, and errors end up in logs.
 */
export function withoutSecrets(error: ConfigError, secretKeys: readonly string[]): ConfigError {
  const problems = error.problems.map((problem) =>
    secretKeys.some((key) => isAbout(problem, key)) ? { ...problem, got: "a secret value" } : problem,
  );
  return new ConfigError(error.stackName, problems);
}

/** Keys of this project that hold a secret. Pulumi lists them in this variable, and decrypts their values. */
function secretKeys(): string[] {
  const all = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
  return all.map((key) => key.slice(`${NAMESPACE}:`.length));
}
