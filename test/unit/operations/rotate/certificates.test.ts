import assert from "node:assert/strict";
import type { LiveStack } from "../../../../cli/cluster/stack";
import type { LiveCertificate } from "../../../../cli/cluster/model";
import { certificates, renewals } from "../../../../cli/operations/rotate/certificates";
import { FakeSwarm } from "./fake-swarm";

const CERTIFICATE = "tls:index/locallySignedCert:LocallySignedCert";
const KEY = "tls:index/privateKey:PrivateKey";
const OWNERS = ["server-manager-1", "server-manager-2", "server-manager-3", "registry", "app", "client-bastion"];
const RESOURCES = [
  ...OWNERS.flatMap((owner) => [
    { urn: `urn::${owner}-key`, type: KEY },
    { urn: `urn::${owner}-certificate`, type: CERTIFICATE },
  ]),
  { urn: "urn::ca-key", type: KEY },
  { urn: "urn::ca-certificate", type: "tls:index/selfSignedCert:SelfSignedCert" },
];

describe("rotate certificates", () => {
  let swarm: FakeSwarm;
  /** Days from now on which the certificates expire, by owner. */
  let days: Record<string, number>;
  const show = (): void => {
    const found = Object.entries(days).map(([owner, n]): LiveCertificate => {
      const use = owner === "bastion" ? "client" : owner === "authority" ? "authority" : "server";
      return { owner, use, notAfter: new Date(Date.UTC(2031, 0, n)) };
    });
    swarm.cluster.live = { certificates: found };
  };
  /** What an `up` renews, by its line in the log. */
  const RENEWED: Record<string, readonly string[]> = {
    "up server-manager-1-key": ["manager-1"],
    "up server-manager-2-key": ["manager-2"],
    "up server-manager-3-key": ["manager-3"],
    "up registry-key app-key client-bastion-certificate": ["registry-1", "worker-1", "bastion"],
  };
  beforeEach(() => {
    swarm = new FakeSwarm();
    days = { "manager-1": 400, "manager-2": 400, "manager-3": 400, "registry-1": 400, "worker-1": 400, bastion: 400 };
    days["authority"] = 3000;
    show();
    const now = swarm.cluster.now.bind(swarm.cluster);
    swarm.cluster.now = () => ({
      ...now(),
      deployment: { deployment: { resources: RESOURCES } },
      outputs: { access: { appCertificate: "stack" } } as unknown as LiveStack["outputs"],
    });
    for (const [line, owners] of Object.entries(RENEWED)) {
      swarm.cluster.events[line] = () => {
        for (const owner of owners) days[owner] = 800;
        show();
      };
    }
  });
  const ups = (): string[] => swarm.cluster.log.filter((line) => line.startsWith("up"));

  it("renews one manager at a time, the leader last, then all others, and looks after each", async () => {
    const { settled } = await swarm.run(certificates);
    assert.equal(settled, true);
    const [one, two, three, rest] = Object.keys(RENEWED);
    assert.deepEqual(ups(), [two, three, one, rest]);
    assert.equal(swarm.cluster.log.filter((line) => /as healthy as before.*enough/.test(line)).length, 4);
  });

  it("replaces keys, but the bastion's, and nothing of the CA's own", () => {
    assert.deepEqual(Object.keys(renewals({ deployment: { resources: RESOURCES } })), OWNERS);
    assert.equal(
      renewals({ deployment: { resources: RESOURCES } })["client-bastion"],
      "urn::client-bastion-certificate",
    );
  });

  it("stops when the cluster is worse after one manager", async () => {
    swarm.cluster.events["up server-manager-2-key"] = () => (swarm.cluster.nodes = { "manager-2": { state: "down" } });
    const { settled, plan } = await swarm.run(certificates);
    assert.equal(settled, false);
    assert.match(plan.refused ?? "", /manager-2/);
    assert.equal(ups().length, 1);
  });

  it("refuses while the configuration has hosts that no up has created or removed", async () => {
    swarm.pending = { lacking: ["worker-4"], extra: [] };
    const { settled, plan } = await swarm.run(certificates);
    assert.equal(settled, false);
    assert.match(plan.refused ?? "", /create worker-4.*up --stack local/);
    assert.deepEqual(ups(), []);
  });

  it("leaves out a dead manager, names it, and isn't done", async () => {
    swarm.cluster.nodes = { "manager-3": { state: "down", reachability: "unreachable" } };
    const { settled, plan } = await swarm.run(certificates);
    assert.equal(settled, false);
    assert.match(plan.left.join(), /manager-3.*repair/);
    assert.ok(!ups().includes("up server-manager-3-key"));
    assert.equal(ups().length, 3);
  });

  it("isn't done when a host still serves its old certificate", async () => {
    swarm.cluster.events["up server-manager-1-key"] = () => undefined;
    const { settled, plan } = await swarm.run(certificates);
    assert.equal(settled, false);
    assert.match(plan.refused ?? "", /old certificates: manager-1\./);
  });
});
