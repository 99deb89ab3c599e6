import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type Docker from "dockerode";
import { prepareWorkstation } from "../../cli/workstation/prepare";
import { ownRoot, startCa, stopCa, type OwnRoot } from "../support/external-ca";
import { figure } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

const CA = "swarm-ha-test-external-ca";
/** The gateway of the stack's network is the workstation. */
const ADDRESS = "10.236.0.1";
const PORT = 23409;
const HOSTS = ["manager-1", "manager-2", "manager-3", "registry-1", "worker-1", "worker-2"];

interface Swarm {
  readonly Spec: {
    readonly Labels: Readonly<Record<string, string>> | null;
    readonly CAConfig: { readonly ExternalCAs?: readonly { readonly URL: string; readonly CACert: string }[] };
  };
  readonly TLSInfo: { readonly TrustRoot: string };
  readonly RootRotationInProgress: boolean;
}

/** Nodes' certificates from a real cfssl. */
describe("a swarm with an external CA", function () {
  this.timeout(900_000);
  const stack = new TestStack(
    "e2e-external-ca",
    { hosts: "10.236.0.0/20", ports: portsFrom(23400) },
    {
      registry: { replicas: 1 },
      workers: { worker: { count: 2 } },
    },
  );
  let docker: Docker;
  let root: OwnRoot;
  let url: string;

  const place = (): { name: string; address: string; port: number; root: OwnRoot } => ({
    name: CA,
    address: ADDRESS,
    port: PORT,
    root,
  });
  const configured = (certificate = root.certificate): void => {
    stack.configure({ externalCa: { urls: [url], rootCertificate: certificate } });
  };
  const up = (limit = 300) =>
    stack.tool("pulumi", ["up", "--yes", "--skip-preview", "--color", "never", "-s", stack.name], limit);
  const swarm = async (): Promise<Swarm> => {
    const ask = "curl -s --unix-socket /var/run/docker.sock http://engine/swarm";
    return JSON.parse(await stack.onManager(["bash", "-c", ask])) as Swarm;
  };
  /** Hosts whose certificates this CA has signed. */
  const signedBy = async (pem: string): Promise<string[]> => {
    const authority = new X509Certificate(pem);
    const found = HOSTS.map(async (host) => {
      const own = await stack.exec(host, ["cat", "/var/lib/docker/swarm/certificates/swarm-node.crt"]);
      const [leaf = ""] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(own) ?? [];
      return new X509Certificate(leaf).verify(authority.publicKey) ? [host] : [];
    });
    return (await Promise.all(found)).flat();
  };
  const problems = async (): Promise<string> => (await stack.status()).status.problems.join("\n");

  before(async () => {
    docker = await prepareWorkstation();
    root = await ownRoot("company root");
    await stack.reset();
    url = await startCa(docker, place());
  });
  after(async () => {
    await stopCa(docker, CA);
    await stack.destroy();
  });

  it("begins with it: every node's certificate is from there", async () => {
    configured();
    await stack.start();
    assert.deepEqual(await signedBy(root.certificate), HOSTS);
    const { Spec, RootRotationInProgress } = await swarm();
    assert.deepEqual([Spec.CAConfig.ExternalCAs?.map(({ URL }) => URL), RootRotationInProgress], [[url], false]);
    await stack.pulumi("preview", "--expect-no-changes");
    await stack.untilHealthy();
  });

  it("keeps serving while the CA is away; status names it, and a rotation of the root says what to do", async () => {
    await stopCa(docker, CA);
    const seen = await problems();
    assert.match(seen, /external CA https:\S+: no manager gets an answer \(.*(refused|connect).*\)/i);
    const { code, stderr } = await stack.tool("rotate", [stack.name, "swarm-ca"], 60);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /remove swarm-ha:externalCa and run up/);
    await startCa(docker, place());
    await stack.untilHealthy();
  });

  it("goes back to its own root", async () => {
    stack.configure();
    const { code, output, seconds } = await up();
    assert.equal(code, 0, output);
    figure("a swarm of 6 nodes back from an external CA (one up)", seconds);
    const { Spec, TLSInfo } = await swarm();
    assert.deepEqual(Spec.CAConfig.ExternalCAs ?? [], []);
    assert.equal(Spec.Labels?.["swarm-ha.external-ca"], undefined);
    assert.deepEqual(await signedBy(TLSInfo.TrustRoot), HOSTS);
    assert.deepEqual(await signedBy(root.certificate), []);
    await stack.untilHealthy();
  });

  it("refuses a CA that signs with another root, that is away, or that refuses the managers, before it changes anything", async () => {
    const before = await swarm();
    const refused = async (pattern: RegExp): Promise<void> => {
      const { code, output } = await up();
      assert.notEqual(code, 0, output);
      assert.match(output, pattern);
      assert.match(output, /Nothing was changed/);
      const { Spec, TLSInfo } = await swarm();
      assert.deepEqual([Spec, TLSInfo.TrustRoot], [before.Spec, before.TLSInfo.TrustRoot]);
    };
    const other = await ownRoot("another root");
    // A root that has never signed for this swarm: the company's former one has cross-signed the swarm's present root.
    root = await ownRoot("second company root");
    // Its server is the right one, what it signs isn't.
    await startCa(docker, { ...place(), root: other, serverRoot: root });
    configured();
    await refused(/what it signs is not a certificate of rootCertificate/);
    await stopCa(docker, CA);
    await refused(/external CA https:\S+ can't sign for the swarm: .*(refused|connect)/i);
    // It trusts only its own root, and the managers still have certificates of the swarm's.
    await startCa(docker, { ...place(), trusted: root.certificate });
    await refused(/refuses this node's certificate|doesn't trust the swarm's present root/);
  });

  it("moves to it while it runs, with client certificates", async () => {
    const { TLSInfo } = await swarm();
    await startCa(docker, { ...place(), trusted: `${root.certificate}${TLSInfo.TrustRoot}` });
    const { code, output, seconds } = await up();
    assert.equal(code, 0, output);
    figure("a running swarm of 6 nodes to an external CA (one up)", seconds);
    assert.deepEqual(await signedBy(root.certificate), HOSTS);
    await stack.untilHealthy();
    // The former root isn't needed any more.
    await startCa(docker, { ...place(), trusted: root.certificate });
    await stack.untilHealthy();
  });

  it("is still its own after a recovery, and lets replaced managers join", async () => {
    await stack.lose("manager-1", "manager-3");
    await stack.good("recover", [stack.name, "--yes"], 500);
    await stack.untilHealthy();
    assert.deepEqual(
      (await swarm()).Spec.CAConfig.ExternalCAs?.map(({ URL }) => URL),
      [url],
    );
    assert.deepEqual(await signedBy(root.certificate), HOSTS);
  });
});
