import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findEngine } from "../../../cli/pulumi";
import { localEnv } from "../../../cli/pulumi/env";
import { execEngine } from "../../../cli/pulumi/exec";
import { root } from "../../../cli/paths";
import { CLUSTER, useSharedStack } from "../../support/shared-stack";

describe("a stack that was renamed", function () {
  this.timeout(180_000);
  const stack = useSharedStack(CLUSTER);
  const NEW = "e2e-renamed";
  const state = join(stack.home, "state", "swarm-ha");
  const config = (name: string): string => join(stack.home, "config", `Pulumi.${name}.yaml`);

  it("can't be made by our own command", async () => {
    const { code, stderr } = await stack.tool("pulumi", ["stack", "rename", NEW, "-s", stack.name]);
    assert.equal(code, 1);
    assert.match(stderr, /Nothing was changed: the stack e2e can't be renamed while it has resources/);
  });

  it("by Pulumi itself is refused under either name, before anything is touched, and leads back", async () => {
    const before = await stack.identities();
    await renameBehindOurBack();
    renameSync(config(stack.name), config(NEW));
    const direct = await byPulumiItself(["preview", "--stack", NEW, "--config-file", config(NEW)], root);
    assert.notEqual(direct.code, 0);
    assert.match(`${direct.stdout}${direct.stderr}`, /the stack 'e2e-renamed' was created as 'e2e' and renamed since/);
    const refused = await stack.tool("pulumi", ["preview", "-s", NEW]);
    assert.equal(refused.code, 1, refused.output);
    const [back = ""] = /stack rename \S+ -s \S+$/m.exec(refused.stderr) ?? [];
    stack.configure();
    const start = await stack.tool("start", [stack.name]);
    assert.equal(start.code, 1, start.output);
    assert.match(start.stderr, /the stack e2e was renamed to e2e-renamed/);
    const destroy = await stack.tool("destroy", [stack.name, "--yes"]);
    assert.equal(destroy.code, 1, destroy.output);
    assert.deepEqual(
      readdirSync(join(state, "backend/.pulumi/stacks/swarm-ha")).filter((name) => /^e2e\.json$/.test(name)),
      [],
    );
    await stack.good("pulumi", back.split(" "));
    rmSync(config(NEW), { force: true });
    await stack.pulumi("preview", "--expect-no-changes");
    assert.deepEqual(await stack.identities(), before);
  });

  async function renameBehindOurBack(): Promise<void> {
    const project = mkdtempSync(join(tmpdir(), "swarm-ha-rename-"));
    try {
      copyFileSync(join(root, "Pulumi.yaml"), join(project, "Pulumi.yaml"));
      const { code, stderr } = await byPulumiItself(["stack", "rename", NEW, "--stack", stack.name], project);
      assert.equal(code, 0, stderr);
    } finally {
      rmSync(project, { recursive: true, force: true });
    }
  }

  /** As with the official Pulumi on the same state. */
  async function byPulumiItself(args: readonly string[], cwd: string): ReturnType<typeof execEngine> {
    const engine = await findEngine();
    const env = {
      ...localEnv(engine, stack.env),
      PULUMI_BACKEND_URL: `${pathToFileURL(join(state, "backend")).href}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE_FILE: join(state, "passphrase"),
    };
    return execEngine(engine, [...args, "--non-interactive"], { cwd, env, capture: true });
  }
});
