import assert from "node:assert/strict";
import type { HostInputs } from "../../../../components/platform/hosts/host-inputs";
import { hostDifference } from "../../../../components/platform/hosts/provider/diff";
import { isReplaced, REPLACED_HOSTS } from "../../../../components/platform/hosts/provider/replaced";
import { slotOf } from "../../../../components/platform/hosts/provider/slots";

const login = { address: "10.0.1.1", port: 22, user: "admin", privateKey: "key", hostKey: "ssh-ed25519 AAAA" };
const inputs: HostInputs = {
  stack: "racks",
  name: "manager-1",
  labels: { "swarm-ha.role": "manager" },
  address: "10.0.1.1",
  login,
  bastion: { ...login, address: "10.0.0.10" },
  engine: { source: "debian" },
  adopt: false,
};

describe("a host's resource", () => {
  it("is unchanged by the same inputs, a key's comment, or `adopt`", () => {
    const same = { ...inputs, adopt: true };
    assert.deepEqual(hostDifference(inputs, same), { changes: false, replaces: [], deleteBeforeReplace: true });
    const commented = { ...inputs, login: { ...login, hostKey: `${login.hostKey} comment` } };
    assert.deepEqual(hostDifference(inputs, commented).replaces, []);
  });

  it("is changed in place by another login, bastion, engine, label, or load balancer, also one that goes", () => {
    const { bastion, ...direct } = inputs;
    assert.ok(bastion !== undefined);
    const changes: HostInputs[] = [
      { ...inputs, login: { ...login, user: "root", privateKey: "another" } },
      direct,
      { ...inputs, engine: { source: "docker" } },
      { ...inputs, labels: { ...inputs.labels, "swarm-ha.zone": "rack-2" } },
      { ...inputs, loadBalancer: { haproxy: "h", keepalived: "k" } },
    ];
    for (const other of changes) {
      for (const [a, b] of [
        [inputs, other],
        [other, inputs],
      ] as const)
        assert.deepEqual(hostDifference(a, b), { changes: true, replaces: [], deleteBeforeReplace: true });
    }
  });

  it("is replaced by another machine, name, stack or role", () => {
    const changes: HostInputs[] = [
      { ...inputs, login: { ...login, hostKey: "ssh-ed25519 BBBB" } },
      { ...inputs, name: "manager-9" },
      { ...inputs, stack: "other" },
      { ...inputs, labels: { "swarm-ha.role": "worker" } },
    ];
    for (const other of changes) assert.equal(hostDifference(inputs, other).replaces.length, 1);
  });

  it("lets a worker move to another address, and refuses it to a manager", () => {
    const moved = { ...inputs, address: "10.0.1.9" };
    assert.throws(() => hostDifference(inputs, moved), /manager-1 has the address 10\.0\.1\.1/);
    const worker = { labels: { "swarm-ha.role": "worker" } };
    assert.deepEqual(hostDifference({ ...inputs, ...worker }, { ...moved, ...worker }).replaces, ["address"]);
  });

  it("keeps its packages where the run replaces it", () => {
    const env = { [REPLACED_HOSTS]: "worker-1,worker-2" };
    assert.ok(isReplaced("worker-2", env));
    assert.ok(!isReplaced("worker-22", env));
    assert.ok(!isReplaced("worker-1", {}));
  });

  it("is logged in to with at most seven others through one bastion", async () => {
    const held = await Promise.all(Array.from({ length: 8 }, () => slotOf("bastion:22")));
    let ninth = false;
    const waiting = slotOf("bastion:22").then((release) => {
      ninth = true;
      return release;
    });
    (await slotOf("another:22"))();
    assert.ok(!ninth);
    held[0]?.();
    held[0]?.();
    const last = await waiting;
    const tenth = slotOf("bastion:22");
    for (const release of [...held.slice(1), last]) release();
    (await tenth)();
  });
});
