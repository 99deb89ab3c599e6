import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../cli/paths";
import { run, type Ran } from "../../support/run";
import { CLUSTER, useSharedStack } from "../../support/shared-stack";

/** What other projects and desktops leave in a shell: dead proxies, agents and contexts, and another Pulumi's settings. */
const FOREIGN = {
  http_proxy: "http://127.0.0.1:1",
  https_proxy: "http://127.0.0.1:1",
  HTTP_PROXY: "http://127.0.0.1:1",
  SSH_AUTH_SOCK: "/nonexistent/agent",
  DOCKER_CONTEXT: "nonexistent",
  DOCKER_TLS_VERIFY: "1",
  NODE_ENV: "production",
  PULUMI_BACKEND_URL: "file:///nonexistent",
  PULUMI_CONFIG_PASSPHRASE: "another",
  PULUMI_DIY_BACKEND_LEGACY_LAYOUT: "1",
  PULUMI_DIY_BACKEND_GZIP: "1",
  PULUMI_OPTION_TARGET: "urn:pulumi:other::other::a:b:C::d",
  PULUMI_STACK: "other",
};

describe("a shell that is set up for something else", function () {
  this.timeout(120_000);
  const stack = useSharedStack(CLUSTER);
  const tool = (...args: string[]): Promise<Ran> =>
    run(process.execPath, [join(root, "cli/run.mjs"), ...args], { limit: 100, env: { ...stack.env, ...FOREIGN } });

  it("finds the stack as it is", async () => {
    const { code, output } = await tool("pulumi", "preview", "--expect-no-changes", "-s", stack.name);
    assert.equal(code, 0, output.slice(-4000));
  });

  it("logs docker in to the registry, whatever its current context, and names a credential helper that is missing", async () => {
    const file = join(stack.home, "docker", "config.json");
    assert.equal((await tool("context", stack.name)).code, 0);
    const config = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    try {
      writeFileSync(file, JSON.stringify({ ...config, currentContext: `swarm-ha-${stack.name}` }));
      const again = await tool("context", stack.name);
      assert.equal(again.code, 0, again.output);
      assert.match(again.stdout, /docker is logged in to .* and localhost:\d+/);
      writeFileSync(file, JSON.stringify({ ...config, credsStore: "nonexistent" }));
      const missing = await tool("context", stack.name);
      assert.equal(missing.code, 1);
      assert.match(missing.stderr, /config\.json names a credential helper \(credsStore\)/);
    } finally {
      writeFileSync(file, JSON.stringify(config));
    }
  });
});
