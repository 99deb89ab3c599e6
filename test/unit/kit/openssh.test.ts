import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { utils } from "ssh2";
import { sshPrivateKey } from "../../../offline/command/private-key";
import { fingerprints, openSshPrivateKey, openSshPublicKey, openSshSupports } from "../../../offline/lib/openssh";
import { describe as forms } from "../../../offline/tls/key-forms";

const KEYS: Readonly<Record<string, () => KeyObject>> = {
  ed25519: () => generateKeyPairSync("ed25519").privateKey,
  rsa: () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  p256: () => generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey,
  p384: () => generateKeyPairSync("ec", { namedCurve: "secp384r1" }).privateKey,
  p521: () => generateKeyPairSync("ec", { namedCurve: "secp521r1" }).privateKey,
};

describe("kit: OpenSSH keys", () => {
  for (const [name, make] of Object.entries(KEYS)) {
    it(`writes ${name} keys that another implementation reads and signs with`, () => {
      const key = make();
      const parsed = utils.parseKey(openSshPrivateKey(key));
      assert.ok(!(parsed instanceof Error));
      assert.equal(`${parsed.type} ${parsed.getPublicSSH().toString("base64")}\n`, openSshPublicKey(key));
      const data = Buffer.from("data");
      const other = utils.parseKey(openSshPublicKey(createPublicKey(key)));
      assert.ok(!(other instanceof Error));
      assert.equal(other.verify(data, parsed.sign(data)), true);
    });

    it(`takes ${name} keys in every form that the tls provider puts out`, () => {
      const { privateKeyPem, privateKeyPemPkcs8, privateKeyOpenssh } = forms(make());
      for (const form of [privateKeyPem, privateKeyPemPkcs8, privateKeyOpenssh])
        assert.ok(!(utils.parseKey(sshPrivateKey(form, undefined)) instanceof Error));
    });
  }

  it("has fingerprints as ssh-keygen shows them", () => {
    const line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"; // GitHub's
    const raw = Buffer.from(line.split(" ")[1] ?? "", "base64").subarray(-32);
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") }, format: "jwk" });
    assert.equal(openSshPublicKey(key).trim(), line);
    assert.equal(fingerprints(key).sha256, "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
    assert.equal(fingerprints(key).md5, "65:96:2d:fc:e8:d5:a9:11:64:0c:0f:ea:00:6e:5b:bd");
  });

  it("knows that OpenSSH has no P-224", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "secp224r1" });
    assert.equal(openSshSupports(privateKey), false);
    assert.equal(forms(privateKey).publicKeyOpenssh, "");
  });
});
