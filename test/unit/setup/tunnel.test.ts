import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer, type AddressInfo, type Server } from "node:net";
import { UserError } from "../../../cli/terminal/errors";
import type { StackFile } from "../../../cli/pulumi/project";
import { checkTunnel, openTunnel, tunnelPort } from "../../../cli/platform/aws/session-tunnel";

function stackFile(bastion: string): StackFile {
  const text = `config:\n  swarm-ha:platform: aws\n  swarm-ha:aws:\n    region: eu-central-1\n    bastion: ${bastion}\n`;
  return { path: "Pulumi.far.yaml", text, platform: "aws" };
}

/** A server that says this to everybody who connects, and the port that it listens on. */
async function serverSaying(greeting: string): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(greeting);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

describe("the tunnel to a bastion without a public address", () => {
  const yes = (): Promise<boolean> => Promise.resolve(true);

  it("is needed only where the Session Manager leads to it", () => {
    assert.equal(tunnelPort(stackFile("{ access: public }")), undefined);
    assert.equal(tunnelPort({ text: "config:\n  swarm-ha:platform: aws\n" }), undefined);
    assert.equal(tunnelPort(stackFile("{ access: ssm }")), 22022);
    assert.equal(tunnelPort(stackFile("{ access: ssm, port: 2222 }")), 2222);
  });

  it("is opened by a command that finds the bastion by its tags, whichever instance it is", () => {
    assert.equal(openTunnel("far", stackFile("{ access: public }")), undefined);
    const command = openTunnel("far", stackFile("{ access: ssm, port: 2222 }")) ?? "";
    for (const part of [
      "aws ssm start-session --region eu-central-1",
      "portNumber=22,localPortNumber=2222",
      "'Name=tag:swarm-ha.stack,Values=far' 'Name=tag:swarm-ha.host,Values=bastion'",
      "'Name=instance-state-name,Values=running'",
    ])
      assert.ok(command.includes(part), `${part}\n${command}`);
    assert.equal(spawnSync("sh", ["-n", "-c", command]).status, 0, "it is no shell command");
  });

  it("puts nothing into a shell's command that isn't what it should be", () => {
    const file = (region: string, port: string): StackFile => ({
      ...stackFile("{}"),
      text: `config: { "swarm-ha:aws": { region: ${region}, bastion: { access: ssm, port: ${port} } } }`,
    });
    assert.ok(openTunnel("far", file("eu-central-1", "2222")));
    for (const region of ['"a; touch /tmp/x"', '"$(id)"', '"a\\nid"', '""', "[a]", "7", "null"])
      assert.throws(() => openTunnel("far", file(region, "2222")), /Pulumi\.far\.yaml: swarm-ha:aws\.region/, region);
    for (const port of ['"22; id"', '"2222"', "22.5", "[1]"])
      assert.throws(() => openTunnel("far", file("eu-central-1", port)), /swarm-ha:aws\.bastion\.port/, port);
    assert.throws(() => openTunnel("far' 'x", file("eu-central-1", "2222")), /no stack name/);
  });

  it("is there when an SSH server answers through it, and not when anything else does", async () => {
    const ssh = await serverSaying("SSH-2.0-OpenSSH_9.6\r\n");
    const other = await serverSaying("HTTP/1.1 400 Bad Request\r\n");
    try {
      await checkTunnel("far", stackFile(`{ access: ssm, port: ${ssh.port} }`), ["up"], yes);
      await assert.rejects(
        checkTunnel("far", stackFile(`{ access: ssm, port: ${other.port} }`), ["up", "--yes"], yes),
        (error: unknown) =>
          error instanceof UserError &&
          error.message.includes(`127.0.0.1:${other.port}, and no SSH server answers`) &&
          error.message.includes("aws ssm start-session --region eu-central-1") &&
          error.message.includes("Name=tag:swarm-ha.stack,Values=far"),
      );
      const file = stackFile(`{ access: ssm, port: ${other.port} }`);
      for (const part of ["--target", "--target=urn::x", "-turn::x", "--exclude-protected"]) {
        await assert.rejects(checkTunnel("far", file, ["destroy", part], yes), UserError, part);
      }
      // What dials nobody needs none.
      await checkTunnel("far", file, ["preview"], yes);
      await checkTunnel("far", file, ["destroy", "--yes", "--skip-preview", "--suppress-outputs"], yes);
    } finally {
      ssh.server.close();
      other.server.close();
    }
  });
});
