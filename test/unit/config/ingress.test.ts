import "reflect-metadata";
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { Problem } from "../../../config/problem";
import { accepted, problemsOf } from "./support";

interface Pair {
  readonly certificate: string;
  readonly key: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

async function pairFor(name: string): Promise<Pair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=test",
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }])],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    certificate: `${certificate.toString("pem")}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
  };
}

describe("a certificate of the user's own for the ingress", () => {
  let own: Pair;
  let other: Pair;
  let wrong: Pair;
  const only = (ingress: Record<string, unknown>): Problem => {
    const problems = problemsOf({ ingress, domain: "swarm.example.com" });
    const [problem, ...more] = problems;
    assert.ok(problem !== undefined && more.length === 0, JSON.stringify(problems));
    return problem;
  };

  before(async () => {
    x509.cryptoProvider.set(webcrypto);
    [own, other, wrong] = await Promise.all([
      pairFor("*.app.swarm.example.com"),
      pairFor("*.app.swarm.example.com"),
      pairFor("*.swarm.example.com"),
    ]);
  });

  it("is accepted with its key", () => {
    const { ingress } = accepted({ ingress: own, domain: "swarm.example.com" });
    assert.deepEqual(ingress, { ...own, hstsDays: 0 });
  });

  it("is refused without its key, and the key without it", () => {
    assert.equal(only({ certificate: own.certificate }).key, "swarm-ha:ingress.key");
    assert.equal(only({ key: own.key }).key, "swarm-ha:ingress.certificate");
  });

  it("is refused with the key of another one", () => {
    const { key, got } = only({ certificate: own.certificate, key: other.key });
    assert.deepEqual([key, got], ["swarm-ha:ingress.key", "the key of another certificate"]);
  });

  it("is refused when it isn't for the applications' names, and the error tells which it is for", () => {
    const problem = only({ ...wrong });
    assert.equal(problem.got, "a certificate for DNS:*.swarm.example.com");
    assert.match(problem.allowed, /\*\.app\.swarm\.example\.com/);
  });

  it("is refused when it can't be read, and no error shows a part of a key", () => {
    const broken = (text: string): string => text.replace(/\n[^-]{20}/, "\n!!!!");
    assert.equal(only({ ...own, certificate: broken(own.certificate) }).key, "swarm-ha:ingress.certificate");
    const { got } = only({ ...own, key: broken(own.key) });
    assert.equal(got, "a text that is none, or has a passphrase");
    assert.equal(problemsOf({ ingress: { ...own, key: "not a key" } })[0]?.key, "swarm-ha:ingress.key");
  });
});
