import assert from "node:assert/strict";
import { readLogLine } from "../../../cli/pulumi/plain-log";

/** What is shown of what the Pulumi engine printed. */
function shown(printed: readonly string[]): string[] {
  return printed.map(readLogLine).flatMap((line) => (line.kind === "show" ? [line.text] : []));
}

describe("the Pulumi engine's output without a terminal", () => {
  it("has one short line for each step that is done", () => {
    const printed = [
      "Updating (ci):",
      " +  pulumi:pulumi:Stack swarm-ha-ci creating (0s) ",
      " +  swarm-ha:swarm:Member manager-1 creating (0s) ",
      " +  pulumi-nodejs:dynamic/swarm-ha:Container registry-3 creating (0s) ",
      " +  pulumi-nodejs:dynamic/swarm-ha:Container registry-3 created (1s) ",
      " +  command:remote:Command prepare-worker-2 creating (0s) ",
      " +  command:remote:Command prepare-worker-2 creating (1s) ok: run: /etc/service/docker: (pid 80) 0s",
      " +  command:remote:Command prepare-worker-2 created (3s) ok: run: /etc/service/haproxy: (pid 174) 0s, normally down",
      " ~  pulumi-nodejs:dynamic/swarm-ha:Container lb-app updated (0.25s) [diff: ~files]; something it printed",
      " ++ command:remote:Command node-worker-2 created replacement (0.18s) ",
      " -- command:remote:Command node-worker-2 deleted original (112s) [diff: ~triggers]",
      " +  pulumi:pulumi:Stack swarm-ha-ci created (45s) ",
      "Resources:",
      "    + 116 created",
    ];
    assert.deepEqual(shown(printed), [
      "Updating (ci):",
      "  +  registry-3 created (1s)",
      "  +  prepare-worker-2 created (3s)",
      "  ~  lb-app updated (0.25s) [diff: ~files]; something it printed",
      "  ++ node-worker-2 created replacement (0.18s)",
      "  -- node-worker-2 deleted original (112s) [diff: ~triggers]",
      "Resources:",
      "    + 116 created",
    ]);
  });

  it("leaves out keys and certificates, which take no time", () => {
    assert.deepEqual(readLogLine(" +  tls:index:PrivateKey ssh-host-manager-2 created (0.03s) "), { kind: "drop" });
  });

  it("tells what is under way, for the signs of life", () => {
    const line = " +  command:remote:Command join-manager-manager-2 creating (0s) ";
    assert.deepEqual(readLogLine(line), { kind: "under way", text: "join-manager-manager-2 creating" });
  });

  it("is shown word for word where something fails, and where it isn't understood", () => {
    const printed = [
      " +  command:remote:Command join-manager-manager-2 **creating failed (61s)** error: no manager let it join",
      " +  tls:index:PrivateKey key **creating failed** error: no",
      "    pulumi:pulumi:Stack swarm-ha-ci running (0s) warning: 1 manager",
      "Diagnostics:",
      "  command:remote:Command (join-manager-manager-2):",
      "    error: no manager let it join",
      "",
    ];
    assert.deepEqual(shown(printed), printed);
  });
});
