import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { Server, utils } from "ssh2";
import { askHostKey, fingerprint } from "../../../cli/inventory/host-key";
import { isChanged, keyLines, pinning } from "../../../cli/inventory/host-keys";

describe("host keys of hosts that exist already", () => {
  it("are shown by the handshake, without a login", async () => {
    const { private: key, public: shown } = utils.generateKeyPairSync("ed25519");
    const server = new Server({ hostKeys: [key] }, (client) => client.on("error", () => undefined));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    try {
      const { port } = server.address() as AddressInfo;
      const asked = await askHostKey({ host: "127.0.0.1", port });
      assert.equal(asked, shown.split(" ").slice(0, 2).join(" "));
      assert.match(fingerprint(asked), /^SHA256:[A-Za-z0-9+/]{43}$/);
    } finally {
      server.close();
    }
    await assert.rejects(askHostKey({ host: "127.0.0.1", port: 1 }), /ECONNREFUSED/);
  });

  it("are told from those that the stack file has", () => {
    const [one, other] = ["b25l", "b3RoZXI="].map((key) => `ssh-ed25519 ${key}`) as [string, string];
    const login = { address: "10.0.0.1", port: 22, user: "root", privateKey: "", hostKey: `${one} comment` };
    const host = { name: "a", login, direct: false, paths: [["config", "x", 0]] };
    assert.ok(!isChanged({ host, shown: one }));
    assert.ok(isChanged({ host, shown: other }));
    assert.match(keyLines([{ host, shown: other }]).join("\n"), /CHANGED: the stack file has SHA256:/);
    assert.deepEqual(pinning([{ host, shown: other }]), [{ path: ["config", "x", 0, "hostKey"], value: other }]);
  });
});
