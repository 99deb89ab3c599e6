import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { decryptNodeKey } from "../../../cli/cluster/node-key";
import { FILE, KEY, OTHER_KEY } from "./node-key-file";

describe("the key file of an autolocked manager", () => {
  it("is decrypted with the swarm's unlock key, the key of the Raft log included", () => {
    const plain = decryptNodeKey(FILE, KEY);
    const [begin, dek, blank, ...rest] = plain.split("\n");
    assert.equal(begin, "-----BEGIN PRIVATE KEY-----");
    // A protobuf record without an algorithm: its data are the key.
    assert.match(dek ?? "", /^raft-dek: EiC[A-Za-z0-9+/]{43}==$/);
    assert.equal(blank, "");
    assert.equal(createPrivateKey([begin, ...rest].join("\n")).asymmetricKeyType, "ec");
    assert.ok(!plain.includes("kek-version"));
  });

  it("is refused with another key, with what is no key, and where it isn't such a file", () => {
    assert.throws(() => decryptNodeKey(FILE, OTHER_KEY), /unlock key doesn't decrypt/);
    assert.throws(() => decryptNodeKey(FILE, "secret"), /no unlock key/);
    assert.throws(() => decryptNodeKey("", KEY), /no PEM headers/);
    const fernet = FILE.replace("raft-dek: CAES", "raft-dek: CAIS");
    assert.throws(() => decryptNodeKey(fernet, KEY), /unsupported algorithm \(2\)/);
  });
});
