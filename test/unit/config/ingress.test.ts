import "reflect-metadata";
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { Problem } from "../../../config/problem";
import { ACME_DIRECTORY } from "../../../config/schema";
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
    assert.deepEqual(ingress, { ...own, hstsDays: 0, timeouts: { request: 0, idle: 180 } });
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
    assert.equal(got, "no private key, or one with a passphrase");
    assert.equal(problemsOf({ ingress: { ...own, key: "not a key" } })[0]?.key, "swarm-ha:ingress.key");
  });
});

describe("ACME for the ingress", () => {
  const acme = { email: "ops@example.com", provider: "route53" };
  const domain = "swarm.example.com";
  const problems = (ingress: Record<string, unknown>, more: Record<string, unknown> = {}): Problem[] => [
    ...problemsOf({ ingress, domain, ...more }),
  ];

  it("needs an address and a provider, and has defaults for the rest", () => {
    assert.deepEqual(accepted({ ingress: { acme }, domain }).ingress, {
      hstsDays: 0,
      timeouts: { request: 0, idle: 180 },
      acme: { ...acme, credentials: {}, directory: ACME_DIRECTORY, renewAfterDays: 30 },
    });
  });

  it("is refused beside a certificate of the user's own, and the error says how to remove either", async () => {
    const own = await pairFor(`*.app.${domain}`);
    assert.deepEqual(
      problems({ ...own, acme }).map(({ key }) => key),
      ["swarm-ha:ingress.certificate", "swarm-ha:ingress.key"],
    );
    assert.deepEqual(problems({ ...own, acme })[0], {
      key: "swarm-ha:ingress.certificate",
      got: "a certificate of your own, beside swarm-ha:ingress.acme",
      allowed: "one of the two",
      fix: "remove it (npm run pulumi -- config rm --path swarm-ha:ingress.certificate), or swarm-ha:ingress.acme",
    });
  });

  it("is refused with Let's Encrypt for a domain that it can't see, and accepted with an authority of one's own", () => {
    for (const hidden of ["swarm.localhost", "localhost", "swarm.internal", "x.home.arpa"]) {
      assert.deepEqual(problems({ acme }, { domain: hidden }), [
        {
          key: "swarm-ha:domain",
          got: JSON.stringify(hidden),
          allowed: "with Let's Encrypt, a domain of the public DNS",
          fix: "write one that is yours, or the directory of an authority of your own as swarm-ha:ingress.acme.directory",
        },
      ]);
      const own = { ...acme, directory: "https://ca.internal:14000/dir" };
      assert.deepEqual(problems({ acme: own }, { domain: hidden }), []);
    }
    assert.deepEqual(problems({ acme }, { domain: "mylocalhost.com" }), []);
  });

  it("asks on aws for no check of the name servers, which its security groups let nobody ask", () => {
    const aws = {
      platform: "aws",
      zones: ["eu-central-1a", "eu-central-1b", "eu-central-1c"],
      access: { ssh: ["203.0.113.0/24"] },
    };
    const check = { ...acme, propagation: "check" };
    const raw = { ...aws, aws: { region: "eu-central-1", hostedZone: "none" } };
    assert.deepEqual(
      problems({ acme: check }, raw).map(({ key, got }) => `${key} ${got}`),
      ['swarm-ha:ingress.acme.propagation "check"'],
    );
    for (const good of [acme, { ...acme, propagation: "skip" }]) assert.deepEqual(problems({ acme: good }, raw), []);
    assert.deepEqual(problems({ acme: check }), []);
  });

  const wrong: [string, Record<string, unknown>, string][] = [
    ["no address", { email: undefined }, "email"],
    ["an address that is a path", { email: "../x@example.com" }, "email"],
    ["a provider that asks a person", { provider: "manual" }, "provider"],
    ["a provider in capitals", { provider: "Route53" }, "provider"],
    ["a directory without TLS", { directory: "http://ca.example.com/dir" }, "directory"],
    ["an authority that is no certificate", { authority: "x" }, "authority"],
    ["a certificate that is always due", { renewAfterDays: 0 }, "renewAfterDays"],
    ["another way to propagate", { propagation: "no" }, "propagation"],
    ["credentials that are none", { credentials: "token" }, "credentials"],
    ["a variable of the step's own", { credentials: { LEGO_PATH: "/" } }, "credentials.LEGO_PATH"],
    ["a variable that is no name", { credentials: { "a b": "x" } }, 'credentials["a b"]'],
    ["an empty value", { credentials: { CF_DNS_API_TOKEN: "" } }, "credentials.CF_DNS_API_TOKEN"],
  ];
  for (const [what, changes, key] of wrong) {
    it(`is refused with ${what}, and the error names the key and the remedy`, () => {
      const [problem, ...more] = problems({ acme: { ...acme, ...changes } });
      assert.equal(problem?.key, `swarm-ha:ingress.acme.${key}`, JSON.stringify(problem));
      assert.ok(problem.allowed !== "" && problem.fix !== "", JSON.stringify(problem));
      assert.deepEqual(more, []);
    });
  }
});
