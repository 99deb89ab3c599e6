import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callsInARow, dockerOutside } from "../../support/docker-context";
import { figure, type Ran } from "../../support/run";
import { CLUSTER, useSharedStack } from "../../support/shared-stack";

describe("docker from outside the cluster", function () {
  this.timeout(180_000);
  const stack = useSharedStack(CLUSTER);
  let endpoint = "";

  /** A directory as DOCKER_CERT_PATH takes it. */
  const certificates = (name: string, files: Readonly<Record<string, string>>): string => {
    const folder = join(stack.home, "certificates", name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text, { mode: 0o600 });
    return folder;
  };
  const docker = (args: readonly string[], folder?: string): Promise<Ran> => dockerOutside(stack, args, folder);
  const good = { ca: "", cert: "", key: "" };
  const stranger = { cert: "", key: "" };

  before(async () => {
    const outputs = await stack.outputs();
    endpoint = outputs.endpoints.manager;
    Object.assign(good, { ca: outputs.caCertificate, ...(outputs.access.person ?? outputs.access.client) });
    const made = await stack.exec("bastion", ["bash", "-c", SELF_SIGNED]);
    const [key = "", cert = ""] = made.split("=====\n");
    Object.assign(stranger, { cert, key });
  });

  it("works with the context that npm run context writes", async () => {
    await stack.good("context", [stack.name], 60);
    const { code, stdout, output } = await docker(["--context", `swarm-ha-${stack.name}`, "node", "ls", "-q"]);
    assert.equal(code, 0, output);
    assert.equal(stdout.trim().split("\n").length, 9);
  });

  it("works with -H and the stack's certificates", async () => {
    const folder = certificates("good", { "ca.pem": good.ca, "cert.pem": good.cert, "key.pem": good.key });
    const { code, output } = await docker(
      ["-H", endpoint, "--tlsverify", "info", "--format", "{{.Swarm.Cluster.ID}}"],
      folder,
    );
    assert.equal(code, 0, output);
    assert.deepEqual([output.trim()], await stack.swarmIds());
  });

  it("is refused without a client certificate", async () => {
    const folder = certificates("none", {});
    const ca = certificates("ca", { "ca.pem": good.ca });
    const { code, output } = await docker(
      ["-H", endpoint, "--tlsverify", "--tlscacert", join(ca, "ca.pem"), "node", "ls"],
      folder,
    );
    assert.notEqual(code, 0);
    assert.match(output, /bad certificate|certificate required/);
  });

  it("is refused without TLS", async () => {
    const { code, output } = await docker(["-H", endpoint, "node", "ls"]);
    assert.notEqual(code, 0);
    // Whoever doesn't begin with TLS is hung up on.
    assert.match(output, /: EOF|malformed HTTP response|connection reset/);
  });

  it("is refused with a certificate of another authority", async () => {
    const folder = certificates("stranger", { "ca.pem": good.ca, "cert.pem": stranger.cert, "key.pem": stranger.key });
    const { code, output } = await docker(["-H", endpoint, "--tlsverify", "node", "ls"], folder);
    assert.notEqual(code, 0);
    assert.match(output, /bad certificate|unknown certificate authority|certificate required/);
  });

  it("refuses managers of another authority itself", async () => {
    const folder = certificates("other-ca", { "ca.pem": stranger.cert, "cert.pem": good.cert, "key.pem": good.key });
    const { code, output } = await docker(["-H", endpoint, "--tlsverify", "node", "ls"], folder);
    assert.notEqual(code, 0);
    assert.match(output, /unknown authority/);
  });

  // (The leader dies in applications/12-ingress, with the rest of its zone.)
  it("goes on working when a manager is dead that isn't the leader", async () => {
    const manager = (await stack.nodes()).find((node) => node.ManagerStatus === "Reachable")?.Hostname ?? "";
    await stack.kill(manager);
    // Two health checks, five seconds apart.
    figure(`ten good calls in a row, with ${manager} dead, after`, await callsInARow(stack, 10, 45));
    await stack.revive(manager);
    figure(`healthy again after ${manager} was started`, await stack.untilHealthy());
  });
});

const SELF_SIGNED = `set -e
cd "$(mktemp -d)"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=stranger -days 1 -keyout key -out cert 2>/dev/null
cat key; echo =====; cat cert
rm -r "$PWD"`;
