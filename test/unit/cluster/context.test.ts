import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../../cli/paths";
import { stranger } from "../../support/authority";
import { wanted } from "./support";

/** Calls of docker, one a line, and how the tool ended. */
interface Used {
  readonly ran: SpawnSyncReturns<string>;
  readonly calls: readonly string[];
}

const REGISTRY = "registry.example.com:5000";

/** Runs a tool for the stack `far` with a docker that notes what it is asked to do, and refuses logins if it shall. */
async function use(tool: string, args: readonly string[], refusesLogins: boolean): Promise<Used> {
  const folder = mkdtempSync(join(tmpdir(), "swarm-ha-context-"));
  try {
    const program = (name: string, text: string): void => {
      const note = `require("node:fs").appendFileSync(${JSON.stringify(join(folder, name))} + ".calls", process.argv.slice(2).join(" ") + "\\n");`;
      writeFileSync(join(folder, name), `#!${process.execPath}\n${note}\n${text}`, { mode: 0o755 });
    };
    const deployment = { resources: [await stackResource()] };
    program(
      "pulumi",
      `if (process.argv[2] === "version") console.log("v3.245.0");
       if (process.argv[3] === "export") console.log(${JSON.stringify(JSON.stringify({ deployment }))});`,
    );
    program(
      "docker",
      `if (${String(refusesLogins)} && process.argv.includes("login")) { console.error("503 Service Unavailable"); process.exit(1); }`,
    );
    writeFileSync(join(folder, "Pulumi.far.yaml"), "config:\n  swarm-ha:platform: aws\n");
    const env = { HOME: folder, XDG_CACHE_HOME: folder, PATH: folder, SWARM_HA_CONFIG_DIR: folder };
    const all = ["--require", "tsx/cjs", join(root, `cli/commands/${tool}.ts`), ...args];
    const ran = spawnSync(process.execPath, all, { cwd: root, env, encoding: "utf8" });
    return { ran, calls: readFileSync(join(folder, "docker.calls"), "utf8").trim().split("\n") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The resource whose outputs are the stack's. */
async function stackResource(): Promise<Record<string, unknown>> {
  const authority = await stranger();
  const client = await authority({ name: "person", use: "client" });
  const url = "tcp://manager.example.com:2376";
  const access = {
    bastion: { host: "h", port: 22, user: "u", privateKey: "p", hostKey: "h" },
    client,
    nodes: wanted(1, 1, 1).nodes,
    loadBalancers: { manager: { url } },
  };
  const outputs = {
    swarmId: "s",
    hosts: {},
    endpoints: { manager: url, registry: `https://${REGISTRY}` },
    caCertificate: authority.pem,
    registryCredentials: { username: "swarm-ha", password: "geheim" },
    access,
  };
  const type = "pulumi:pulumi:Stack";
  return { urn: `urn:pulumi:far::swarm-ha::${type}::swarm-ha-far`, type, outputs };
}

describe("the Docker CLI's configuration for a stack", () => {
  it("is the context and the login, without the password in an argument", async () => {
    const { ran, calls } = await use("context", ["far"], false);
    assert.equal(ran.status, 0, ran.stderr);
    assert.match(calls[1] ?? "", /^context create swarm-ha-far .*host=tcp:\/\/manager\.example\.com:2376,/);
    assert.equal(calls[2], `--context swarm-ha-far login --username swarm-ha --password-stdin ${REGISTRY}`);
    assert.match(ran.stdout, /docker is logged in to registry\.example\.com:5000/);
  });

  it("is the context even if the registry refuses the login, which the exit code reports", async () => {
    const { ran, calls } = await use("context", ["far"], true);
    assert.equal(ran.status, 1);
    assert.match(calls[1] ?? "", /^context create swarm-ha-far /);
    assert.match(ran.stdout, /docker --context swarm-ha-far node ls/);
    assert.doesNotMatch(ran.stdout, /logged in/);
    assert.match(ran.stderr, /isn't logged in to registry\.example\.com:5000: .*\n.*503 Service Unavailable\n/);
    assert.match(ran.stderr, /npm run -s status -- far.* then run this again/);
  });

  it("is removed when the stack is destroyed", async () => {
    const { ran, calls } = await use("destroy", ["far", "--yes"], false);
    assert.equal(ran.status, 0, ran.stderr);
    assert.deepEqual(calls, ["context rm -f swarm-ha-far", `logout ${REGISTRY}`]);
  });
});
