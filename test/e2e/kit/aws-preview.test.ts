import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseConfig } from "../../../config";
import { planHosts } from "../../../plan/placement";
import { findEngine } from "../../../cli/pulumi";
import { engineEnv } from "../../../cli/pulumi/env";
import { execEngine } from "../../../cli/pulumi/exec";
import { root } from "../../../cli/paths";
import { stackValues } from "../../support/aws/stack";
import { run, type Ran } from "../../support/run";
import { Project } from "./project";

/** Neither credentials nor anything else of this workstation's AWS, no backend but the run's own, and this clone's stacks. */
const OTHERS = /^(AWS_|PULUMI_|SWARM_HA_)/;
const ENV: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OTHERS.test(name))),
  // As on a workstation where nobody has installed Pulumi, or logged in.
  PATH: (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !existsSync(join(folder, "pulumi")))
    .join(delimiter),
  PULUMI_CREDENTIALS_PATH: "/nonexistent",
};

/** With the kit where it is refused otherwise. */
const ALLOWED = { SWARM_HA_ENGINE: "kit", SWARM_HA_ALLOW_KIT: "1" };

function pulumi(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return tool("pulumi", args, env);
}

function tool(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const tool = [join(root, "cli", "run.mjs"), name, ...args];
  const all = { ...ENV, ...env };
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
    env: { ...engineEnv(engine, { ...ENV, ...env }), ...env },
    capture: true,
  });
  assert.equal(made.code, 0, made.stderr);
}

describe("a preview of a stack on aws, by the real Pulumi engine", () => {
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
        ["bastion", ...planHosts(parseConfig(stackValues(stack), stack)).map(({ name }) => name)].sort(),
      );
      assert.deepEqual([...new Set(steps.map(({ op }) => op))], ["create"]);
      const guarded = steps.filter(({ newState }) => newState?.protect === true);
      assert.deepEqual(
        guarded.map(({ urn }) => urn.split("::").at(-1)).sort(),
        stack === "prod" ? ["ca-key", "registry-storage"] : [],
      );
      assert.equal(readFileSync(file, "utf8"), before);
      assert.match(stderr, /previewing with the offline kit against an empty state\.\n/);
    });
  }

  it("is what a review needs, too: no variable, no account", async () => {
    const { code, stdout, stderr } = await tool("review", ["prod"]);
    assert.match(stdout, /^<!-- swarm-ha review of prod -->\n[^]*### Availability/, stderr);
    assert.match(stderr, /previewing with the offline kit against an empty state\.\n/);
    // 2: there are dangers to acknowledge, as for every new stack without them in its configuration.
    assert.ok(code === 0 || code === 2, stderr);
  });

  it("isn't made where there is a state that it should be compared with", async () => {
    const { code, output } = await pulumi(["preview", "-s", "prod"], { PULUMI_BACKEND_URL: "file:///nonexistent" });
    assert.equal(code, 1);
    assert.match(output, /needs the official Pulumi/);
  });

  for (const command of ["up", "destroy"]) {
    it(`doesn't make the kit do for ${command}`, async () => {
      const { code, output } = await pulumi([command, "-s", "prod", "--yes"]);
      assert.equal(code, 1);
      assert.match(output, /needs the official Pulumi/);
    });
  }

  it("refuses what AWS would refuse, and names the rule", async () => {
    const project = await Project.make();
    try {
      const group = "ec2/securityGroup:SecurityGroup";
      assert.match(
        await project.previewFails({ aws: { "sg-node": [group, { description: "x" }] } }),
        /'sg-node'.*got "sg-node-\w{7}"; AWS takes a value that doesn't begin with sg-/,
      );
      assert.match(
        await project.previewFails({ aws: { node: [group, { description: "the node's" }] } }),
        /'node'.*got "the node's"; AWS takes a value that has letters, digits, spaces and/,
      );
      assert.deepEqual(await project.preview({ aws: { node: [group, { description: "the node" }] } }), { create: 2 });
    } finally {
      project.remove();
    }
  });

  it("is all that it does: `up` says that credentials are missing, and makes nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "swarm-ha-aws-"));
    try {
      const env = {
        ...ALLOWED,
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
