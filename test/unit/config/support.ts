import assert from "node:assert/strict";
import { parseConfig } from "../../../config/parse";
import { ConfigError, type Problem } from "../../../config/problem";
import type { LocalStackConfig } from "../../../config/platforms/local";
import type { StackConfig } from "../../../config";

/** Parses a local stack's configuration that is expected to be accepted. */
export function accepted(raw: Readonly<Record<string, unknown>> = {}): LocalStackConfig {
  const config = parseConfig({ platform: "local", ...raw }, "test");
  assert.equal(config.platform, "local");
  return config;
}

/** The problems of a local stack's configuration; none when it is accepted. */
export function problemsOf(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const outcome = attempt({ platform: "local", ...raw });
  return outcome instanceof ConfigError ? outcome.problems : [];
}

/** What comes of a configuration: itself, checked, or its error. Anything else that is thrown fails the test. */
export function attempt(raw: Readonly<Record<string, unknown>>): StackConfig | ConfigError {
  try {
    return parseConfig(raw, "test");
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** `count` names of zones. */
export function zones(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `zone-${String.fromCharCode(97 + i)}`);
}
