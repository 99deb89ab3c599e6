import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { utils } from "ssh2";
import { Project } from "./project";
import type { Spec } from "./program";

type Pair = Readonly<Record<"pem" | "pkcs8" | "openssh" | "publicPem" | "publicOpenssh" | "sha256" | "md5", string>>;

describe("offline kit: keys and certificates", () => {
  let project: Project;

  beforeEach(async () => {
    project = await Project.make();
  });
  afterEach(() => {
    project.remove();
  });

  it("makes keys of every algorithm once, readable by everyone, and secret", async () => {
    const spec: Spec = {
      keys: {
        ed25519: { algorithm: "ED25519" },
        rsa: { algorithm: "RSA", rsaBits: 2048 },
        p256: { algorithm: "ECDSA", ecdsaCurve: "P256" },
        p384: { algorithm: "ECDSA", ecdsaCurve: "P384" },
        p521: { algorithm: "ECDSA", ecdsaCurve: "P521" },
        p224: { algorithm: "ECDSA" },
      },
    };
    assert.deepEqual(await project.preview(spec), { create: 7 });
    assert.deepEqual(await project.up(spec), { create: 7 });
    const pairs = (await project.outputs())["pairs"] as Record<string, Pair>;
    for (const [name, pair] of Object.entries(pairs)) {
      const publicKey = createPublicKey(createPrivateKey(pair.pem));
      assert.equal(publicKey.export({ type: "spki", format: "pem" }), pair.publicPem, name);
      assert.ok(createPrivateKey(pair.pkcs8).equals(createPrivateKey(pair.pem)), name);
      for (const text of [pair.pem, pair.pkcs8]) assert.ok(!project.state().includes(text.split("\n")[1] ?? "?"), name);
      if (name === "p224") {
        assert.equal(pair.openssh, ""); // OpenSSH has no such keys, and the official provider leaves them out.
        continue;
      }
      const parsed = utils.parseKey(pair.openssh);
      assert.ok(!(parsed instanceof Error), `${name}: ssh2 can't read it`);
      assert.equal(`${parsed.type} ${parsed.getPublicSSH().toString("base64")}\n`, pair.publicOpenssh);
      assert.match(pair.sha256, /^SHA256:[A-Za-z0-9+/]{43}$/);
      assert.match(pair.md5, /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
    }
    assert.deepEqual(await project.preview(spec), {}, "a key stays as it is");
  });

  it("replaces a key of another kind, and refuses nonsense", async () => {
    await project.up({ keys: { key: { algorithm: "ED25519" } } });
    assert.deepEqual(await project.up({ keys: { key: { algorithm: "RSA" } } }), { replace: 1 });
    const output = await project.upFails({ keys: { key: { algorithm: "DSA" } } });
    assert.match(output, /value must be one of RSA, ECDSA, ED25519, got "DSA"/);
  });

  it("issues certificates that verify, and renews them in time", async () => {
    const spec = (commonName: string, renewal: number): Spec => ({ certificate: { commonName, hours: 100, renewal } });
    assert.deepEqual(await project.preview(spec("manager-1", 10)), { create: 6 });
    assert.deepEqual(await project.up(spec("manager-1", 10)), { create: 6 });
    const chain = (await project.outputs())["chain"] as Record<string, string>;
    const authority = new X509Certificate(chain["authority"] ?? "");
    const server = new X509Certificate(chain["server"] ?? "");
    assert.ok(server.verify(authority.publicKey) && server.checkIssued(authority));
    assert.ok(authority.ca && !server.ca);
    assert.ok(server.checkPrivateKey(createPrivateKey(chain["key"] ?? "")));
    assert.equal(server.checkHost("manager-1"), "manager-1");
    assert.equal(server.checkIP("10.0.0.1"), "10.0.0.1");
    assert.equal(server.checkHost("app.swarm.localhost"), "*.swarm.localhost");
    assert.equal(Math.round((Date.parse(chain["end"] ?? "") - Date.now()) / 3_600_000), 100);
    assert.deepEqual(await project.preview(spec("manager-1", 10)), {});
    assert.deepEqual(await project.up(spec("manager-1", 20)), { update: 1 }, "renewal hours change in place");
    assert.deepEqual(await project.up(spec("manager-2", 20)), { replace: 2 }, "request and certificate");
    assert.deepEqual(await project.up(spec("manager-2", 101)), { replace: 1 }, "due: another one is issued");
  });
});
