import assert from "node:assert/strict";
import { plainSecrets } from "../../../config/plain-secrets";
import { nine } from "./hosts/support";

describe("secrets in plain text", () => {
  it("are named with the command that encrypts them, and never shown", () => {
    const { hosts } = nine();
    Object.assign(hosts.inventory[4] ?? {}, { sudoPassword: "hunter2" });
    const [warning = "", ...more] = plainSecrets({ hosts }, [], "racks");
    assert.deepEqual(more, []);
    assert.match(warning, /^swarm-ha:hosts\.ssh\.privateKey, swarm-ha:hosts\.inventory\[4\]\.sudoPassword: /);
    assert.match(warning, /config set --secret --path 'swarm-ha:hosts\.ssh\.privateKey' -s racks/);
    assert.ok(!warning.includes("hunter2") && !warning.includes("BEGIN"));
  });

  it("are named in mappings with free keys, at most three", () => {
    const credentials = Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`RESTIC_${String(n)}`, "hunter2"]));
    const [warning = ""] = plainSecrets({ backup: { credentials } }, [], "racks");
    assert.match(warning, /RESTIC_3, and 2 more: /);
  });

  it("are no matter where the key has an encrypted part, or no secret", () => {
    assert.deepEqual(plainSecrets({ hosts: nine().hosts }, ["hosts"], "racks"), []);
    assert.deepEqual(plainSecrets({ zones: ["a"], platform: "local", domain: undefined }, [], "racks"), []);
  });
});
