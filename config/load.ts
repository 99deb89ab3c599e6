import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "./parse";
import { namespaceOf } from "./namespace";
import { ConfigError, isAbout, NAMESPACE, type Problem } from "./problem";
import type { StackConfig } from "./platforms";
import { suggest } from "./suggest";

/**
 * Reads and checks the configuration of the stack that this program runs for, and says its warnings.
 *
 * @throws pulumi.RunError with all problems in one message and without a stack trace, which would only hide it.
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

/** Keys whose namespace is ours but for a typo: other namespaces belong to providers, which would just ignore them. */
export function wrongNamespaces(all: Readonly<Record<string, string>>): Problem[] {
  return Object.keys(all).flatMap((key) => {
    const [namespace = "", name = ""] = key.split(":");
    if (namespace === NAMESPACE || suggest(namespace, [NAMESPACE]) === undefined) return [];
    return {
      key,
      // It may be anything, a secret too.
      got: `the namespace '${namespace}'`,
      allowed: `keys of this project in the namespace ${NAMESPACE}`,
      fix: `write ${NAMESPACE}:${name}`,
    };
  });
}

/**
 * The same error without the values of secret keys: none of our keys is secret, but a mistyped key, or one of another
 * project, may well be, and an error ends up in logs.
 */
export function withoutSecrets(error: ConfigError, secretKeys: readonly string[]): ConfigError {
  const problems = error.problems.map((problem) =>
    secretKeys.some((key) => isAbout(problem, key)) ? { ...problem, got: "a secret value" } : problem,
  );
  return new ConfigError(error.stackName, problems);
}

/** Keys of this project that hold a secret; Pulumi tells the program in this variable, and decrypts their values. */
function secretKeys(): string[] {
  const all = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
  return all.map((key) => key.slice(`${NAMESPACE}:`.length));
}
