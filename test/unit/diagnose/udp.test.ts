import assert from "node:assert/strict";
import { scriptCall } from "../../../cli/cluster/host-shell";
import { hostFindings } from "../../../cli/diagnose/findings";
import { parseDiagnosis, type HostLook, type UdpReport } from "../../../cli/diagnose/host-report";
import { udpPeersOf } from "../../../cli/diagnose/peers";
import { bash } from "../../support/bash";

const NAMES = ["manager-1", "manager-2", "worker-1", "worker-2"];
const BEGIN = 1_900_000_000;

type Lost = (from: string, to: string, port: number, size: "small" | "full") => boolean;

/** What nodes tell when these packets get lost. */
function looks(
  lost: Lost,
  change: { names?: string[]; begin?: Record<string, number>; large?: string[] } = {},
): HostLook[] {
  const { names = NAMES, begin = {}, large = [] } = change;
  return names.map((name): HostLook => {
    const heard = names.flatMap((from) =>
      (
        [
          [7946, "small"],
          [4789, "small"],
          [4789, "full"],
        ] as const
      ).flatMap(([port, size]) => (from !== name && lost(from, name, port, size) ? [] : [{ from, port, size }])),
    );
    const udp: UdpReport = {
      begin: BEGIN + (begin[name] ?? 0),
      heard,
      large: large.includes(name) ? names.filter((other) => other !== name) : [],
    };
    const details = { mtu: {}, addresses: [], features: {}, daemon: {}, names: {}, reach: [] };
    return {
      ...{ name, role: name.replace(/-\d$/, ""), reached: true, via: "bastion", parts: {} },
      details: { ...details, clock: { seconds: 0, within: 0.4 }, udp },
    };
  });
}
const found = (all: HostLook[], level: "problem" | "advice" = "problem"): string[] =>
  hostFindings(all).flatMap((one) => (one.level === level ? [one.text] : []));

describe("UDP between nodes", () => {
  it("is no finding where everything arrives", () => {
    assert.deepEqual(found(looks(() => false)), []);
    assert.deepEqual(
      found(
        looks(() => false),
        "advice",
      ),
      [],
    );
  });

  it("names port and pair of what gets lost", () => {
    const one = found(looks((from, to, port) => from === "worker-1" && to === "manager-2" && port === 7946));
    assert.equal(one.length, 1);
    assert.match(one[0] ?? "", /^UDP packets to 7946 get lost: worker-1 → manager-2\. Nodes then count as failed/);
  });

  it("is one finding for a host that hears nobody on a port, or that nobody hears", () => {
    const deaf = found(looks((_from, to, port) => to === "worker-2" && port === 4789));
    assert.equal(deaf.length, 1);
    assert.match(deaf[0] ?? "", /^UDP packets to 4789 get lost: to worker-2 from all others\. Tasks/);
    const silent = found(looks((from, _to, port) => from === "worker-2" && port === 4789));
    assert.match(silent[0] ?? "", /get lost: from worker-2 to all others\./);
    const all = found(looks((_from, _to, port) => port === 4789));
    assert.match(all[0] ?? "", /get lost: between all nodes\./);
  });

  it("finds a path on which large packets get lost, and blames no path for a device that is known to be too small", () => {
    const small: Lost = (from, to, _port, size) => size === "full" && from === "manager-1" && to === "worker-1";
    const [text = "", ...more] = found(looks(small));
    assert.deepEqual(more, []);
    assert.match(text, /^Packets of 1500 bytes get lost, and small ones arrive: manager-1 → worker-1\. Large packets/);
    const device: Lost = (from, _to, _port, size) => size === "full" && from === "manager-1";
    assert.deepEqual(found(looks(device, { large: ["manager-1"] })), []);
  });

  it("judges hosts that were asked at different times only by what they heard of each other", () => {
    const cut: Lost = (from, to) => [from, to].includes("worker-2");
    assert.equal(found(looks(cut)).length, 2);
    const late = looks(cut, { begin: { "worker-2": 8 } });
    assert.deepEqual(found(late), []);
    assert.match(found(late, "advice").join(), /UDP wasn't tried between 6 pairs of nodes/);
    const half = looks((_from, to) => to === "worker-2", { begin: { "worker-2": 8 } });
    // What worker-2 sent late, the others heard; what they sent was over before it listened.
    assert.deepEqual(found(half), []);
    assert.match(found(half, "advice").join(), /UDP wasn't tried between 3 pairs of nodes/);
  });

  it("says where it couldn't be tried", () => {
    const all = looks(() => false);
    const without = all.map((look): HostLook => {
      if (look.name !== "worker-1" || !look.reached) return look;
      const { clock, mtu, addresses, features, daemon, names, reach } = look.details;
      const details = { mtu, addresses, features, daemon, names, reach };
      return { ...look, details: clock === undefined ? details : { ...details, clock } };
    });
    assert.deepEqual(found(without, "advice"), [
      "UDP wasn't tried to and from worker-1: Perl is missing there, it may not listen, or the answer was cut off",
    ]);
  });

  it("is tried by the real script, as root: small packets on both ports, and one of full size", function () {
    this.timeout(30_000);
    const targets = [{ name: "worker-1", role: "worker", address: "127.0.0.1" }];
    const peers = udpPeersOf(targets, targets[0] ?? { name: "", role: "" }, "a-token");
    assert.deepEqual(peers, ["a-token worker-1 7946 4789", "worker-1 127.0.0.1"]);
    const { command, input } = scriptCall("diagnose", {
      ...{ mark: "@@mark", seconds: 6, lines: 3, bytes: 6000, logs: false },
      udp: { peers },
    });
    const { code, stdout, stderr } = bash(command, { input });
    assert.equal(code, 0, stderr);
    const { details } = parseDiagnosis(stdout, { mark: "@@mark", bytes: 6000, sent: 0, received: 0 });
    const kinds = details.udp?.heard.map(({ from, port, size }) => `${from} ${String(port)} ${size}`);
    // Listening on a raw socket is root's right; without it nothing is known.
    const expected = ["worker-1 4789 full", "worker-1 4789 small", "worker-1 7946 small"];
    assert.deepEqual(kinds, process.getuid?.() === 0 ? expected : undefined);
  });
});

describe("clocks of hosts", () => {
  it("are compared with each other, too", () => {
    const at = (seconds: Record<string, number>): HostLook[] =>
      looks(() => false).map((look) =>
        look.reached
          ? { ...look, details: { ...look.details, clock: { seconds: seconds[look.name] ?? 0, within: 0.1 } } }
          : look,
      );
    const spread = found(at({ "manager-1": 4, "worker-2": -4 }));
    assert.deepEqual(spread.length, 1);
    assert.match(spread[0] ?? "", /^The clock of manager-1 is 8 s ahead of the one of worker-2\./);
    assert.deepEqual(found(at({ "manager-1": 2, "worker-2": -2 })), []);
    const [far, ...others] = found(at({ "manager-1": 60 }));
    assert.match(far ?? "", /^The clock of manager-1 is 60 s ahead of this/);
    assert.deepEqual(others, []);
  });
});
