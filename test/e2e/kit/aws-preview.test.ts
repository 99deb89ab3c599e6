import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseConfig, planHosts } from "../../../config";
import { findEngine } from "../../../tools/engine";
import { engineEnv } from "../../../tools/engine/env";
import { execEngine } from "../../../tools/engine/exec";
import { root } from "../../../tools/paths";
import { stackValues } from "../../support/aws/stack";
import { run, type Ran } from "../../support/run";

/** Neither credentials nor anything else of this machine's AWS, no backend but the run's own, and this clone's stacks. */
const OTHERS = /^(AWS_|PULUMI_BACKEND_URL$|PULUMI_CONFIG_PASSPHRASE|SWARM_HA_CONFIG_DIR$)/;
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OTHERS.test(name)));

function pulumi(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const tool = [join(root, "tools", "run.mjs"), "pulumi", ...args];
  const all = { ...ENV, SWARM_HA_ENGINE: "kit", SWARM_HA_ALLOW_KIT: "1", ...env };
  // A network with nothing but the loopback, where this user may make one.
  const script =
    'unshare -n sh -c "ip link set lo up" 2>/dev/null && exec unshare -n sh -c \'ip link set lo up; exec "$@"\' sh "$@"; exec "$@"';
  return run("sh", ["-c", script, "sh", process.execPath, ...tool], { limit: 300, env: all });
}

/** Makes a stack `test` in a folder of its own: `stack init` writes its salt beside Pulumi.yaml. */
async function makeStack(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  copyFileSync(join(root, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  const engine = await findEngine();
  const args = ["stack", "init", "test", "--no-select", "--non-interactive", "--secrets-provider", "passphrase"];
  const made = await execEngine(engine, args, {
    cwd: folder,
    env: { ...engineEnv(engine, ENV), ...env },
    capture: true,
  });
  assert.equal(made.code, 0, made.stderr);
}

describe("a preview of a stack on aws, by the real engine", () => {
  for (const stack of ["prod", "test"]) {
    it(`shows all of ${stack}, without credentials, network or state, and writes nothing`, async () => {
      const file = join(root, `Pulumi.${stack}.yaml`);
      const before = readFileSync(file, "utf8");
      const { code, stdout, stderr } = await pulumi(["preview", "-s", stack, "--json"]);
      assert.equal(code, 0, stderr.slice(-2000) || stdout.slice(-2000));
      const { steps } = JSON.parse(stdout) as {
        steps: { op: string; urn: string; newState?: { type: string; protect?: boolean } }[];
      };
      const instances = steps.filter(({ newState }) => newState?.type === "aws:ec2/instance:Instance");
      assert.deepEqual(
        instances.map(({ urn }) => urn.split("::").at(-1)).sort(),
        ["operator", ...planHosts(parseConfig(stackValues(stack), stack)).map(({ name }) => name)].sort(),
      );
      assert.deepEqual([...new Set(steps.map(({ op }) => op))], ["create"]);
      const guarded = steps.filter(({ newState }) => newState?.protect === true);
      assert.deepEqual(
        guarded.map(({ urn }) => urn.split("::").at(-1)).sort(),
        stack === "prod" ? ["ca-key", "registry-storage"] : [],
      );
      assert.equal(readFileSync(file, "utf8"), before);
    });
  }

  it("is all that it does: `up` says that credentials are missing, and makes nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "swarm-ha-aws-"));
    try {
      const env = {
        PULUMI_BACKEND_URL: pathToFileURL(folder).href,
        PULUMI_CONFIG_PASSPHRASE: "of this test",
        SWARM_HA_CONFIG_DIR: folder,
      };
      writeFileSync(join(folder, "Pulumi.test.yaml"), readFileSync(join(root, "Pulumi.test.yaml")));
      await makeStack(folder, env);
      const { code, output } = await pulumi(["up", "-s", "test", "--yes", "--skip-preview"], env);
      assert.notEqual(code, 0);
      assert.match(output, /there are no AWS credentials for this/);
      const { stdout } = await pulumi(["stack", "export", "-s", "test"], env);
      const { deployment } = JSON.parse(stdout) as { deployment: { resources?: { type: string; id?: string }[] } };
      const there = (deployment.resources ?? []).filter(({ type, id }) => type.startsWith("aws:") && id !== undefined);
      assert.deepEqual(there, []);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
