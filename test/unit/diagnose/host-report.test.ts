import assert from "node:assert/strict";
import { hostFindings } from "../../../cli/diagnose/findings";
import { parseDiagnosis, skewOf, type HostDetails, type HostLook } from "../../../cli/diagnose/host-report";
import type { Target } from "../../../cli/diagnose/access";
import { peersOf } from "../../../cli/diagnose/peers";
import { scriptCall } from "../../../cli/cluster/host-shell";
import { reachTable, reportPage } from "../../../cli/diagnose/report";
import { bash } from "../../support/bash";

const MARK = "@@mark";
const NOW = Date.parse("2030-01-02T03:04:05Z");

const details = (more: Partial<HostDetails> = {}): HostDetails => ({
  ...{ mtu: { eth0: 1500 }, addresses: [{ device: "eth0", address: "10.0.0.1/24", secondary: false }] },
  ...{ features: {}, daemon: {}, names: {}, reach: [] },
  ...more,
});
const look = (name: string, more: Partial<HostDetails> = {}, role = name.replace(/-\d$/, "")): HostLook => ({
  ...{ name, role, reached: true, via: "bastion", parts: {}, details: details(more) },
});
const silent = (name: string): HostLook => ({
  name,
  role: name.replace(/-\d$/, ""),
  reached: false,
  seen: "no answer",
});
const texts = (looks: readonly HostLook[], level = "problem"): string[] =>
  hostFindings(looks).flatMap((one) => (one.level === level ? [one.text] : []));

describe("a host's report", () => {
  it("comes from the real script, which tries peers and names, and keeps each part short", () => {
    const data = {
      ...{ mark: MARK, seconds: 6, lines: 3, bytes: 60, logs: true },
      peers: ["self 127.0.0.1 9", "lost 127.0.0.1 7"],
      names: ["localhost", "swarm-ha.invalid"],
    };
    const { command, input } = scriptCall("diagnose", data);
    const sent = Date.now();
    const { code, stdout, stderr } = bash(command, { input });
    assert.equal(code, 0, stderr);
    const { details: found, parts } = parseDiagnosis(stdout, { mark: MARK, bytes: 60, sent, received: Date.now() });
    assert.deepEqual(found.reach.map(({ to, outcome }) => `${to} ${outcome}`).sort(), ["lost refused", "self refused"]);
    assert.deepEqual(found.names, { localhost: true, "swarm-ha.invalid": false });
    assert.ok(Math.abs(found.clock?.seconds ?? 99) <= 1, JSON.stringify(found.clock));
    for (const text of Object.values(parts)) assert.ok(text.length < 120, text);
    assert.ok("disks" in parts && "memory" in parts);
  });

  it("without logs has the facts alone", () => {
    const data = { mark: MARK, seconds: 6, lines: 500, bytes: 9000, logs: false };
    const { command, input } = scriptCall("diagnose", data);
    const { stdout } = bash(command, { input });
    const { details: found, parts } = parseDiagnosis(stdout, { mark: MARK, bytes: 9000, sent: 0, received: 0 });
    assert.deepEqual(Object.keys(parts), ["facts"]);
    assert.match(found.kernel ?? "", /^\d+\./);
    assert.ok((found.memory?.total ?? 0) > 0);
    assert.equal(typeof found.features["ip_vs"], "boolean");
  });

  it("is read by its mark, which no log can imitate, and without the line that was cut", () => {
    const stdout = [
      `${MARK} facts`,
      "kernel 6.1.0",
      "os Debian GNU/Linux 13 (trixie)",
      "engine 28.5.2",
      "mtu eth0 9001",
      "address eth0 10.0.0.9/20 secondary",
      "feature ip_vs true",
      "memory MemTotal 1000",
      "memory MemAvailable 500",
      "daemon settings abc",
      "",
      `${MARK} engine-log`,
      "half a secret",
      "@@other facts",
      "kernel 1",
      `${MARK} clock`,
      "begin 1.5",
      "end 2.5",
    ].join("\n");
    const { details: found, parts } = parseDiagnosis(stdout, { mark: MARK, bytes: 30, sent: 1000, received: 3000 });
    assert.equal(parts["engine-log"], "(the beginning is left out)\n@@other facts\nkernel 1");
    assert.equal(found.kernel, undefined, "the first line of a part that was cut");
    const whole = parseDiagnosis(stdout, { mark: MARK, bytes: 900, sent: 1000, received: 3000 }).details;
    assert.deepEqual(
      [whole.kernel, whole.os, whole.engine, whole.mtu["eth0"], whole.features["ip_vs"], whole.daemon.settings],
      ["6.1.0", "Debian GNU/Linux 13 (trixie)", "28.5.2", 9001, true, "abc"],
    );
    assert.deepEqual(whole.memory, { total: 1000, available: 500 });
    assert.deepEqual(whole.addresses, [{ device: "eth0", address: "10.0.0.9/20", secondary: true }]);
    assert.deepEqual(whole.clock, { seconds: 0, within: 0.5 });
    assert.throws(
      () => parseDiagnosis("bash: not found", { mark: MARK, bytes: 9, sent: 0, received: 0 }),
      /incomplete/,
    );
  });

  it("tells the clock's skew, and by how much that may be wrong", () => {
    const when = { sent: NOW, received: NOW + 4000 };
    const clock = (ahead: number): string =>
      `begin ${String(NOW / 1000 + 1 + ahead)}\nend ${String(NOW / 1000 + 3 + ahead)}\n`;
    assert.deepEqual(skewOf(clock(0), when), { seconds: 0, within: 1 });
    assert.deepEqual(skewOf(clock(-90), when), { seconds: -90, within: 1 });
    assert.equal(skewOf("begin x", when), undefined);
  });
});

describe("what hosts' reports show", () => {
  it("is nothing when they are alike", () => {
    assert.deepEqual(hostFindings([look("manager-1"), look("worker-1"), look("bastion")]), []);
  });

  it("is a clock that is off, or this workstation's when all are", () => {
    const off = (seconds: number): Partial<HostDetails> => ({ clock: { seconds, within: 1 } });
    assert.deepEqual(texts([look("manager-1", off(3)), look("manager-2", off(-4))]), []);
    assert.match(
      texts([look("manager-1", off(5)), look("manager-2", off(-6))]).join(),
      /manager-1 is 11 s ahead of the one/,
    );
    const [one, ...more] = texts([look("manager-1", off(0)), look("manager-2", off(-120))]);
    assert.match(one ?? "", /clock of manager-2 is 2 min behind/);
    assert.deepEqual(more, []);
    assert.match(
      texts([look("manager-1", off(3601)), look("manager-2", off(3600))]).join(),
      /this workstation's is wrong/,
    );
  });

  it("is a pair that doesn't reach each other, and a dead host once", () => {
    const reach = (to: string, outcome: "open" | "silent" | "refused"): HostDetails["reach"] => [
      { to, port: 7946, outcome },
    ];
    const cut = [
      look("worker-1", { reach: reach("worker-2", "silent") }),
      look("worker-2", { reach: reach("worker-1", "open") }),
    ];
    assert.match(texts(cut).join("|"), /^worker-1 can't reach worker-2 on 7946\/tcp \(no answer\)[^|]*$/);
    const refused = ["worker-1", "worker-3"].map((name) => look(name, { reach: reach("worker-2", "refused") }));
    assert.match(texts([...refused, look("worker-2")]).join("|"), /^Nothing listens on 7946\/tcp of worker-2 [^|]*$/);
    const dead = [...cut, look("worker-3", { reach: reach("worker-4", "silent") }), silent("worker-4")];
    assert.deepEqual(texts(dead).filter((text) => text.startsWith("worker-4 is reached neither")).length, 1);
    assert.deepEqual(texts(dead).filter((text) => text.startsWith("worker-3")).length, 0);
    const known = hostFindings(dead, new Set(["worker-4"])).filter(({ text }) => text.startsWith("worker-4"));
    assert.deepEqual(known, []);
  });

  it("is an MTU too small for overlays, a secondary address, little memory, and a name that doesn't resolve", () => {
    assert.match(texts([look("worker-1", { mtu: { eth0: 1400, docker0: 1500 } })]).join(), /worker-1's eth0.*1400/);
    assert.match(
      texts([look("worker-1", { mtu: { eth0: 9001 } }), look("worker-2")], "advice").join(),
      /1500 on worker-2; 9001 on worker-1/,
    );
    const addresses = ["10.0.0.1/24", "10.0.0.9/24"].map((address, at) => ({
      ...{ device: "eth0", address, secondary: at === 1 },
    }));
    const at = (address: string): HostLook => ({ ...look("manager-1", { addresses }), address });
    assert.deepEqual(texts([at("10.0.0.1")]), []);
    assert.match(texts([at("10.0.0.9")]).join(), /10\.0\.0\.9, is a secondary/);
    assert.match(
      texts([look("worker-1", { memory: { total: 8_000_000, available: 100_000 } })]).join(),
      /98 MiB of 7813 MiB/,
    );
    assert.match(
      texts([look("worker-1", { names: { "r.example": false } })]).join(),
      /worker-1 can't resolve r\.example/,
    );
    assert.match(texts([look("worker-1", { resolver: "silent" })], "advice").join(), /resolver of worker-1/);
    const backends = [look("worker-1", { iptables: "legacy" }), look("worker-2", { iptables: "nf_tables" })];
    assert.match(texts(backends, "advice").join(), /legacy on worker-1; nf_tables on worker-2/);
  });

  it("asks each node for the ports that it needs of the others", () => {
    const targets: Target[] = [
      { name: "bastion", role: "bastion", address: "10.0.0.5" },
      { name: "manager-1", role: "manager", address: "10.0.0.1" },
      { name: "worker-1", role: "worker", address: "10.0.0.2" },
      { name: "worker-2", role: "worker" },
    ];
    const of = (name: string): string[] => {
      const from = targets.find((target) => target.name === name);
      assert.ok(from !== undefined);
      return peersOf(targets, from);
    };
    assert.deepEqual(of("manager-1"), ["worker-1 10.0.0.2 7946"]);
    assert.deepEqual(of("worker-1"), ["manager-1 10.0.0.1 7946", "manager-1 10.0.0.1 2377", "manager-1 10.0.0.1 8381"]);
  });
});

describe("a diagnosis's first page", () => {
  it("names what is wrong, what wasn't reached, and its files", () => {
    const looks = [
      look("manager-1", { reach: [{ to: "worker-1", port: 7946, outcome: "silent" }] }),
      silent("worker-1"),
    ];
    const page = reportPage({
      ...{ stack: "local", taken: new Date(NOW), took: 4000, looks, bastionError: "connection refused" },
      evaluation: { error: "the first up didn't finish" },
      findings: hostFindings(looks),
      files: ["raft.txt", "hosts/manager-1/disks.txt"],
    });
    for (const part of [
      "2030-01-02 03:04:05 UTC",
      "the first up didn't finish",
      "connection refused",
      "| worker-1 | worker | no: no answer |",
    ])
      assert.ok(page.includes(part), page);
    assert.ok(page.includes("`raft.txt`") && page.includes("`hosts/`") && !page.includes("nodes.json"));
    assert.equal(reachTable(looks), "manager-1 → worker-1 7946/tcp silent\n");
  });
});
