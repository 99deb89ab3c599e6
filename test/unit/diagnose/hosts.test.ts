import assert from "node:assert/strict";
import { lookAtHosts } from "../../../cli/diagnose/look-at-hosts";
import { SshServer } from "../../support/command-plugin/ssh-server";
import { sshKeyPair } from "../../support/ssh-keys";

describe("asking all hosts", () => {
  let server: SshServer;
  before(async () => {
    server = await SshServer.start(["serve"], { exit: 0 });
  });
  after(() => {
    server.stop();
  });

  it("asks the bastion on a log-in of its own: one that hangs doesn't end the log-in that leads to all hosts", async () => {
    const { private: privateKey } = sshKeyPair();
    const bastion = { host: "127.0.0.1", port: server.port, user: "root", privateKey, hostKey: server.hostKey };
    const { looks, bastionError } = await lookAtHosts(
      {
        ...{ stack: "local", deployment: {}, desired: { nodes: [] }, outputs: { access: { bastion } }, bastion },
        targets: [{ name: "bastion", role: "bastion" }],
      },
      { logs: false, reach: false },
    );
    assert.equal(bastionError, undefined);
    assert.equal(looks.length, 1);
    assert.deepEqual(
      server.seen.map((seen) => seen.some((line) => line.startsWith("runs "))),
      [false, true],
    );
  });
});
