import assert from "node:assert/strict";
import { namesIn, readIni } from "../../../cli/inventory/ansible-ini";
import { readYaml } from "../../../cli/inventory/ansible-yaml";
import { assign, merged } from "../../../cli/inventory/assign";
import { jumpOf } from "../../../cli/inventory/jump-host";
import { readSshConfig } from "../../../cli/inventory/ssh-config";
import { printedValues } from "../../../cli/pulumi/whole-config";
import { withValues } from "../../../cli/inventory/stack-yaml";

const NONE = { groups: [], roles: [], zones: [] };
const known = { zones: ["rack-1", "rack-2"], ssh: {} };
const INI = `
[managers]
manager-1 ansible_host=10.0.1.1 zone=rack-1
manager-2.example.com ansible_host=10.0.1.2 zone=rack-2 ansible_port=2222 # second

[web]
web-[01:02] zone=rack-1
[web:vars]
ansible_user = admin
[swarm:children]
managers
web
`;

describe("the import of an inventory", () => {
  it("reads Ansible's INI: groups, variables, ranges", () => {
    const hosts = readIni(INI, "hosts.ini");
    assert.deepEqual(
      hosts.map(({ name, groups }) => [name, [...groups].sort()]),
      [
        ["manager-1", ["managers", "swarm"]],
        ["manager-2.example.com", ["managers", "swarm"]],
        ["web-01", ["swarm", "web"]],
        ["web-02", ["swarm", "web"]],
      ],
    );
    assert.equal(hosts[2]?.variables["ansible_user"], "admin");
    assert.deepEqual(namesIn("db-[a:c].x"), ["db-a.x", "db-b.x", "db-c.x"]);
    assert.throws(() => readIni("[a:b]\n", "f"), /f, line 1: only hosts, children and vars/);
  });

  it("reads Ansible's YAML", () => {
    const text =
      "all:\n  children:\n    workers:\n      vars: { zone: rack-2 }\n      hosts:\n        w-1: { ansible_host: 10.0.0.1 }\n";
    assert.deepEqual(assign(readYaml(text, "f"), NONE, known).entries, [
      { name: "w-1", role: "worker", zone: "rack-2", address: "10.0.0.1" },
    ]);
    assert.throws(() => readYaml("all: [", "f"), /f is not valid YAML/);
  });

  it("reads OpenSSH's configuration: the first value counts, patterns give the rest", () => {
    const text = "Host m-1\n  HostName 10.0.0.1\n  User root\nHost m-*\n  User admin\n  Port 2222\n  ProxyJump b\n";
    const [host] = readSshConfig(text, "config");
    assert.deepEqual(host, {
      name: "m-1",
      groups: [],
      variables: { ansible_host: "10.0.0.1", ansible_port: "2222", ansible_user: "root" },
      through: "b",
    });
    assert.throws(() => readSshConfig("Match all\n", "config"), /line 1: Match depends on more/);
  });

  it("takes the jump host that all hosts have in common as the bastion, and refuses several ways", () => {
    const jump = "Host jump\n  HostName 203.0.113.10\n  User ops\n  Port 2222\n";
    const host = (name: string, through?: string): string =>
      `Host ${name}\n  HostName 10.0.0.1\n${through === undefined ? "" : `  ProxyJump ${through}\n`}`;
    const of = (text: string, ...imported: string[]) => jumpOf(readSshConfig(text, "config"), imported);
    const bastion = { address: "203.0.113.10", port: 2222, user: "ops" };
    const both = jump + host("a", "jump") + host("b", "jump");
    assert.deepEqual(of(both, "a", "b"), { name: "jump", bastion });
    assert.deepEqual(of(jump + host("a", "root@jump:22"), "a")?.bastion, { ...bastion, user: "root", port: 22 });
    assert.deepEqual(of(host("a", "10.9.9.9"), "a"), { name: "10.9.9.9", bastion: { address: "10.9.9.9" } });
    assert.equal(of(host("a") + host("b"), "a", "b"), undefined);
    // It is in the inventory itself: a host of the stack is the bastion.
    assert.equal(of(both, "a", "b", "jump"), undefined);
    assert.throws(
      () => of(jump + host("a", "jump") + host("b"), "a", "b"),
      /a through jump; b directly.*hosts\.bastion/,
    );
    assert.throws(() => of(host("a", "x") + host("b", "y"), "a", "b"), /a through x; b through y/);
    assert.throws(() => of(host("a", "x,y"), "a"), /only one jump host/);
    assert.throws(() => of(host("a", "gate.example.com"), "a"), /gate\.example\.com has no IPv4 address/);
  });

  it("writes through an alias, and refuses what would hide merged values", () => {
    const shared = "config:\n  lb: &lb\n    hosts:\n      - name: lb-1\n  manager: *lb\n  registry: *lb\n";
    const path = (tier: string) => ["config", tier, "hosts", 0, "hostKey"];
    const changed = withValues(
      shared,
      ["manager", "registry"].map((tier) => ({ path: path(tier), value: "key" })),
    );
    assert.equal(changed, shared.replace("name: lb-1\n", "name: lb-1\n        hostKey: key\n"));
    const merged = "config:\n  lb: &lb\n    hosts:\n      - name: lb-1\n  manager:\n    <<: *lb\n";
    assert.throws(
      () => withValues(merged, [{ path: path("manager"), value: "key" }]),
      /manager of the stack file takes its values/,
    );
    assert.throws(
      () => withValues("config: { a: 1 }\n", [{ path: ["config", "a", "b"], value: 1 }]),
      /a of the stack file is no mapping/,
    );
    assert.equal(withValues("", [{ path: ["config", "a", "b"], value: 1 }]), "config:\n  a:\n    b: 1\n");
  });

  it("gives roles, pools and zones, and names everything that it can't decide, with the option that does", () => {
    const options = { groups: ["web=worker:web"], roles: [], zones: [] };
    const hosts = readIni(INI.replaceAll("web-[01:02]", "web-1 ansible_host=10.0.1.3"), "f");
    assert.deepEqual(assign(hosts, options, known).entries, [
      { name: "manager-1", role: "manager", zone: "rack-1", address: "10.0.1.1" },
      { name: "manager-2", role: "manager", zone: "rack-2", address: "10.0.1.2", port: 2222 },
      { name: "web-1", role: "worker", pool: "web", zone: "rack-1", address: "10.0.1.3", user: "admin" },
    ]);
    assert.deepEqual(assign(hosts, NONE, known).left, ["web-1"]);
    const wrong = "[managers]\na ansible_host=a.example.com\nb ansible_host=10.0.0.1 zone=rack-9\n[worker]\nb\n";
    assert.throws(
      () => assign(readIni(wrong, "f"), { groups: [], roles: ["c=worker"], zones: [] }, known),
      (error: Error) => {
        for (const text of [
          "--role c=…: the file has no host c",
          "a: its zone is unknown. Say which: --zone a=rack-1",
          "a: its address is a.example.com",
          "b: it is in groups of several roles (managers: manager, worker: worker). Say which: --role b=manager",
        ])
          assert.ok(error.message.includes(text), `${text}\n${error.message}`);
        return true;
      },
    );
  });

  it("keeps host keys, labels and hosts that the file doesn't have", () => {
    const entry = { name: "a", role: "worker", zone: "z", address: "10.0.0.2" } as const;
    assert.deepEqual(merged([{ name: "a", hostKey: "k", address: "10.0.0.1" }, { name: "b" }], [entry]), [
      { ...entry, hostKey: "k" },
      { name: "b" },
    ]);
  });
});

describe("changes of a stack file", () => {
  it("leave comments, order and the rest as they are", () => {
    const text =
      "# why\nconfig:\n  swarm-ha:platform: hosts\n  swarm-ha:zones: [a, b]\n  swarm-ha:hosts:\n    inventory:\n      - { name: a, address: 10.0.0.1 } # first\n";
    const changed = withValues(text, [
      { path: ["config", "swarm-ha:hosts", "inventory", 0, "hostKey"], value: "ssh-ed25519 AAAA" },
    ]);
    assert.equal(changed, text.replace("10.0.0.1 }", "10.0.0.1, hostKey: ssh-ed25519 AAAA }"));
  });
});

describe("the configuration that Pulumi prints", () => {
  it("has texts and structures", () => {
    const printed = {
      "a:b": { value: "x", secret: false },
      "a:c": { value: '{"d":1}', objectValue: { d: 1 }, secret: true },
    };
    assert.deepEqual(printedValues(printed), { "a:b": "x", "a:c": { d: 1 } });
  });
});
