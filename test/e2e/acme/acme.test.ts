import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import type Docker from "dockerode";
import type { StepData } from "../../../components/ssh/script";
import type { Call } from "../../../offline/lib/resource";
import { reveal } from "../../../offline/lib/values";
import { alternativeNames } from "../../../offline/tls/names";
import { privateKey } from "../../../offline/tls/private-key";
import { request } from "../../../offline/tls/x509";
import { prepareWorkstation } from "../../../cli/workstation/prepare";
import { removeUnmanaged, TEST_LABEL } from "../../support/unmanaged";
import { LIFE, startAuthority, type Authority } from "./authority";
import { credentials, AcmeBastion, TOKEN } from "./bastion";

/** Always the same, so that the next run finds what an interrupted one has left. */
const NETWORK = "swarm-ha-test-acme";
const ADDRESS = "10.252.0.2";
const DOMAIN = "app.swarm.example.test";

const CALL: Call = {
  urn: "",
  name: "",
  id: "",
  preview: false,
  signal: new AbortController().signal,
  status: () => undefined,
  say: () => undefined,
};

/** A key as the tls provider makes it, so that its format is what lego reads. */
async function key(): Promise<string> {
  const { state } = await privateKey.create(CALL, { algorithm: "ECDSA", ecdsaCurve: "P256" });
  const pem = reveal(state["privateKeyPem"] ?? null);
  assert.ok(typeof pem === "string");
  return pem;
}

/** The request of the tls provider for a name without a subject. */
async function requestFor(name: string, pem: string): Promise<string> {
  return (await request({}, alternativeNames({ dnsNames: [name] }), createPrivateKey(pem))).pem;
}

describe("the step that gets a certificate from an ACME authority", function () {
  this.timeout(300_000);

  let docker: Docker;
  let authority: Authority;
  let bastion: AcmeBastion;
  let input: StepData;
  let own: string;
  let refusals = 0;

  before(async () => {
    docker = await prepareWorkstation();
    await removeUnmanaged(docker, NETWORK);
    await docker.createNetwork({
      Name: NETWORK,
      Labels: { [TEST_LABEL]: NETWORK },
      IPAM: { Config: [{ Subnet: "10.252.0.0/24" }] },
    });
    authority = await startAuthority(docker, { network: NETWORK, address: ADDRESS });
    bastion = await AcmeBastion.start(docker, NETWORK, ADDRESS);
    own = await key();
    input = {
      term: "the first",
      domain: `*.${DOMAIN}`,
      email: "ops@example.com",
      provider: "exec",
      credentials: credentials(ADDRESS),
      directory: authority.directory,
      authority: authority.ca,
      propagation: "skip",
      days: 30,
      account: await key(),
      request: await requestFor(`*.${DOMAIN}`, own),
      limit: 60,
    };
  });

  after(async () => {
    await removeUnmanaged(docker, NETWORK);
  });

  /** Runs the step, which has to succeed. */
  async function got(changes: StepData = {}): Promise<{ chain: string; leaf: X509Certificate }> {
    const { code, stdout, output } = await bastion.step({ ...input, ...changes });
    assert.equal(code, 0, output);
    return { chain: stdout, leaf: new X509Certificate(stdout) };
  }

  /** Runs the step in a term of its own; it has to fail. @returns its error */
  async function refused(changes: StepData): Promise<string> {
    const term = `refused ${++refusals}`;
    const { code, stdout, stderr, output } = await bastion.step({ ...input, term, ...changes });
    assert.equal(code, 1, output);
    assert.equal(stdout, "");
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
    return stderr;
  }

  const issued = async (): Promise<number> => (await authority.log()).split("Issued certificate serial").length - 1;

  it("prints a chain that leads from any application's name to the authority's root, for the key of the request", async () => {
    const { chain, leaf } = await got();
    const root = await bastion.shell(`curl -skf https://${ADDRESS}:15000/roots/0`);
    const [, between] = chain.split(/(?=-----BEGIN)/);
    const intermediate = new X509Certificate(between ?? "");
    assert.ok(leaf.verify(intermediate.publicKey), "the second certificate hasn't signed the first one");
    assert.ok(
      intermediate.verify(new X509Certificate(root).publicKey),
      "the root hasn't signed the second certificate",
    );
    assert.ok(leaf.publicKey.equals(createPublicKey(own)));
    assert.notEqual(leaf.checkHost(`x.${DOMAIN}`), undefined);
    assert.match(await bastion.notes(), new RegExp(`^present _acme-challenge\\.${DOMAIN}\\.`));
    assert.match(await bastion.notes(), /^cleanup /m);
  });

  it("asks the authority nothing again in the same term, whatever else has changed", async () => {
    const before = await issued();
    const { leaf } = await got();
    const again = await got({ days: 31, credentials: credentials(ADDRESS, "another token") });
    assert.equal(again.leaf.serialNumber, leaf.serialNumber);
    assert.equal(await issued(), before);
  });

  it("gets another one in the next term, with the same account", async () => {
    const { leaf } = await got();
    const next = await got({ term: "the second" });
    assert.notEqual(next.leaf.serialNumber, leaf.serialNumber);
    assert.ok(next.leaf.publicKey.equals(leaf.publicKey));
    const log = await authority.log();
    assert.equal(log.match(/There are now \d+ accounts/g)?.join(), "There are now 1 accounts");
  });

  it("tells in one line what a DNS provider said that refuses, and no credential", async () => {
    const wrong = "another-token-of-somebody";
    // Of a name that was authorized before, Pebble asks nothing in 1 of 100 cases (wfe.go, `rand.Intn(100) > 0`).
    const domain = `*.new.${DOMAIN}`;
    const changes = { domain, request: await requestFor(domain, own) };
    const error = await refused({ ...changes, credentials: credentials(ADDRESS, wrong) });
    assert.match(error, /^acme on \S+: https:\/\/10\.252\.0\.2:14000\/dir issued no certificate for \*\.new\.app/);
    assert.match(error, /lego's last output: .*GET https:\/\/dns\.example\/\?token=\*\*\*: 403/);
    assert.ok(!error.includes(wrong), error);
  });

  it("tells in one line when a directory isn't to be trusted, or the provider is none", async () => {
    assert.match(await refused({ authority: "" }), /lego's last output: .*certificate signed by unknown authority/);
    assert.match(await refused({ provider: "nobody" }), /lego's last output: .*unrecognized DNS provider: nobody/);
  });

  it("rejects a certificate that expires before its renewal, names the key to set, and requests no other", async () => {
    const days = LIFE + 1;
    const before = await issued();
    for (let i = 0; i < 2; i++) {
      const error = await refused({ term: "too short", days });
      assert.match(
        error,
        /set swarm-ha:ingress\.acme\.renewAfterDays to at most two thirds of its validity \(now 91\)/,
      );
    }
    assert.equal(await issued(), before + 1);
  });

  it("ends within its limit, and says so", async () => {
    const begun = Date.now();
    // Nobody is at this address of the network.
    const error = await refused({ directory: "https://10.252.0.99:14000/dir", limit: 2 });
    assert.match(error, /no end within 2 s/);
    assert.ok(Date.now() - begun < 30_000);
  });

  it("says so, too, of a lego that has to be killed", async () => {
    const lego = "/usr/local/sbin/lego";
    await bastion.shell(`printf '#!/bin/sh\\ntrap "" TERM\\nsleep 60\\n' >${lego} && chmod 0755 ${lego}`);
    try {
      assert.match(await refused({ limit: 2 }), /lego's last output: no end within 2 s;\s*$/);
    } finally {
      await bastion.shell(`rm ${lego}`);
    }
  });

  it("leaves no key on the bastion, and puts none, and no credential, into an argument", async () => {
    assert.equal(await bastion.shell("ls -d /run/swarm-ha-acme 2>/dev/null || true"), "");
    assert.equal(await bastion.shell("grep -rl 'PRIVATE KEY' /run /tmp /var/lib/swarm-ha /root || true"), "");
    const notes = await bastion.notes();
    assert.match(notes, /lego --path/);
    assert.ok(!notes.includes(TOKEN) && !notes.includes("PRIVATE"), notes);
  });
});
