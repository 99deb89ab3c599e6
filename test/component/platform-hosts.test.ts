import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Ingress } from "../../components/ingress";
import type { StackOutputs } from "../../components/outputs";
import { stackOutputsSchema } from "../../components/outputs";
import { Pki } from "../../components/pki";
import { createPlatform } from "../../components/platform";
import { Registry } from "../../components/registry";
import { sshKeys } from "../../components/ssh/keys";
import { stackOutputs } from "../../components/stack-outputs";
import { Swarm } from "../../components/swarm";
import { managersOf } from "../../components/swarm/bastion";
import { factsOf } from "../../cli/platform/facts";
import { AddressRanges } from "../../components/swarm/ranges";
import { planHosts } from "../../plan/placement";
import { answer, SECRET } from "../support/answers";
import { record, type Registered } from "../support/recording-mocks";
import { accepted, nine, type StackValues } from "../unit/config/hosts/support";

const HOST = "pulumi-nodejs:dynamic/swarm-ha:Host";
const STEP = "command:remote:Command";

/** All that the program registers, and its outputs. */
interface Run {
  readonly resources: readonly Registered[];
  readonly outputs: StackOutputs;
}

/** The whole program on hosts, as index.ts does it. */
async function run(values: StackValues, preview = false): Promise<Run> {
  const config = accepted(values);
  const { stack } = config;
  const hosts = planHosts(config);
  let outputs: unknown;
  const resources = await record(
    () => {
      const ranges = new AddressRanges("ranges", config);
      const keys = sshKeys(config, hosts);
      const platform = createPlatform({ config, hosts, keys, ranges });
      const managers = managersOf(hosts);
      const { manager, app, registry: registryBalancer } = platform.loadBalancers;
      const pki = new Pki("pki", {
        stack,
        protect: platform.protectsData,
        validity: config.certificates,
        managers,
        dnsNames: manager.dnsNames,
        ipAddresses: manager.ipAddresses,
        app,
        registry: registryBalancer,
      });
      const swarm = new Swarm("swarm", { config, platform, pki, managers, ranges });
      const registry = new Registry("registry", { platform, swarm, certificate: pki.registry });
      new Ingress("ingress", { config, platform, pki, swarm, registry });
      const exported = stackOutputs({ config, platform, keys, pki, swarm, registry });
      return pulumi.output(exported).apply((all) => {
        outputs = all;
        return all;
      });
    },
    { stack, preview, answer },
  );
  return { resources, outputs: preview ? (outputs as StackOutputs) : stackOutputsSchema.parse(outputs) };
}

/** Names of resources of a type. */
function names(resources: readonly Registered[], type: string): string[] {
  return resources.filter((resource) => resource.type === type).map(({ name }) => name);
}

/** The one resource with this type and name. */
function one(resources: readonly Registered[], type: string, name: string): Registered {
  const [found, ...more] = resources.filter((resource) => resource.type === type && resource.name === name);
  assert.ok(found !== undefined && more.length === 0, `${type} ${name}`);
  return found;
}

/** URNs that a resource waits for, directly or not. */
function allBefore(resources: readonly Registered[], { urn }: Registered): Set<string> {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const found = new Set<string>();
  const visit = (at: string): void => {
    for (const next of byUrn.get(at)?.dependencies ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(urn);
  return found;
}

/** The stack with secrets that are recognised in texts. */
function secretive(change: (values: StackValues) => void = () => undefined): StackValues {
  return nine((values) => {
    values.hosts.ssh["sudoPassword"] = SECRET;
    change(values);
  });
}

const s3 = {
  endpoint: "https://s3.example.com",
  bucket: "images",
  region: "us-east-1",
  accessKey: SECRET,
  secretKey: SECRET,
};

/** Load balancers of the user's own. */
function allExternal({ hosts }: StackValues): void {
  hosts.loadBalancers = {
    manager: { external: { endpoint: "10.1.0.1:2376" } },
    registry: { external: { endpoint: "images.example.com:5443" } },
    app: { external: { endpoint: "apps.example.com:8443", sources: ["10.1.0.0/30"] } },
  };
}

/** The stack without a host of its own for the bastion. */
function shared({ hosts }: StackValues): void {
  delete hosts.bastion;
}

const PLANS: Readonly<Record<string, (values: StackValues) => void>> = {
  "a bastion of its own": () => undefined,
  "load balancers that are the bastion, too": shared,
  "a worker that is the bastion, too": (values) => {
    shared(values);
    allExternal(values);
  },
  "load balancers of the user's": allExternal,
  "its registry in a bucket": ({ hosts }) => (hosts.registryStorage = { s3 }),
  "one registry host": ({ hosts }) =>
    (hosts.inventory = hosts.inventory.filter(({ name }) => !["registry-2", "registry-3"].includes(String(name)))),
};

describe("the platform hosts", () => {
  for (const [what, change] of Object.entries(PLANS)) {
    describe(`with ${what}`, () => {
      let resources: readonly Registered[];
      let outputs: StackOutputs;
      let values: StackValues;
      before(async () => {
        values = secretive(change);
        ({ resources, outputs } = await run(values));
      });

      it("has a resource for each host, and the same ones in a preview", async () => {
        const { hosts } = values;
        const own = Object.values(hosts.loadBalancers).flatMap((tier) => tier.hosts ?? []);
        const all = [...own, ...hosts.inventory].map(({ name }) => String(name));
        const expected = new Set(hosts.bastion === undefined ? all : ["bastion", ...all]);
        assert.deepEqual(names(resources, HOST).sort(), [...expected].sort());
        const list = (of: readonly Registered[]): string[] => of.map(({ type, name }) => `${type} ${name}`).sort();
        assert.deepEqual(list((await run(secretive(change), true)).resources), list(resources));
      });

      it("makes no SSH keys", () => {
        assert.deepEqual(
          resources.filter(({ type, name }) => type === "tls:index/privateKey:PrivateKey" && name.startsWith("ssh")),
          [],
        );
        assert.deepEqual(names(resources, "swarm-ha:ssh:Keys"), []);
      });

      it("has secrets in secrets only: logins, passwords, keys", () => {
        const [, key = "no key"] = String(values.hosts.ssh["privateKey"]).split("\n");
        for (const { type, name, inputs, secretInputs } of resources) {
          const plain = JSON.stringify(
            Object.fromEntries(Object.entries(inputs).filter(([at]) => !secretInputs.includes(at))),
          );
          // (A step's connection has its key marked inside.)
          const text = type === STEP ? JSON.stringify({ ...inputs, connection: {}, stdin: "" }) : plain;
          assert.ok(!text.includes(SECRET), `${type} ${name}`);
          assert.ok(!text.includes(key), `${type} ${name}`);
          if (type !== HOST) continue;
          const logins = Object.keys(inputs).filter((input) => input === "login" || input === "bastion");
          assert.deepEqual([...secretInputs].sort(), logins.sort(), name);
          // Plain, too: a preflight compares it without the secrets.
          const { hostKey } = inputs["login"] as Record<string, unknown>;
          assert.ok(typeof hostKey === "string" && inputs["hostKey"] === hostKey, name);
        }
      });

      it("reaches each host through the bastion, whose resource all others wait for", () => {
        const hosts = resources.filter(({ type }) => type === HOST);
        const direct = hosts.filter(({ inputs }) => inputs["bastion"] === undefined);
        assert.equal(direct.length, 1);
        const [bastion] = direct;
        for (const host of hosts) {
          if (host === bastion) continue;
          assert.ok(allBefore(resources, host).has(bastion?.urn ?? ""), host.name);
          assert.deepEqual(host.inputs["bastion"], bastion?.inputs["login"], host.name);
        }
        const { address, port, user, privateKey } = bastion?.inputs["login"] as Record<string, unknown>;
        assert.deepEqual(
          [outputs.access.bastion.host, outputs.access.bastion.port, outputs.access.bastion.user],
          [address, port, user],
        );
        assert.equal(outputs.access.bastion.privateKey, privateKey);
        assert.equal(outputs.access.bastion.sudoPassword, SECRET);
      });

      it("claims workers after managers, so that a destroy releases the managers last, and all before the ranges", () => {
        const hosts = resources.filter(({ type }) => type === HOST);
        const role = ({ inputs }: Registered): string =>
          (inputs["labels"] as Record<string, string>)["swarm-ha.role"] ?? "";
        const managers = hosts.filter((host) => role(host) === "manager");
        const ranges = one(resources, "pulumi-nodejs:dynamic/swarm-ha:AddressRanges", "ranges");
        for (const host of hosts) {
          const waits = allBefore(resources, host);
          assert.ok(waits.has(ranges.urn), host.name);
          // The bastion is released after all others, whatever else it is.
          if (!["worker", "registry"].includes(role(host)) || host.inputs["bastion"] === undefined) continue;
          for (const { urn } of managers) assert.ok(waits.has(urn), host.name);
        }
        for (const { type, deletedWith, name } of resources) {
          if (type === STEP) assert.equal(deletedWith, ranges.urn, name);
          if (type === HOST) assert.equal(deletedWith, "", name);
        }
      });

      it("replaces a host with its own steps only: no other host has a property of it", () => {
        for (const { type, name, deleteBeforeReplace, propertyDependencies } of resources) {
          if (type !== HOST) continue;
          assert.ok(deleteBeforeReplace, name);
          assert.deepEqual(Object.values(propertyDependencies).flat(), [], name);
        }
        const replaced = one(resources, HOST, "worker-2");
        const follow = resources.filter(({ propertyDependencies }) =>
          propertyDependencies["triggers"]?.includes(replaced.urn),
        );
        const bastion = replaced.inputs["bastion"] === undefined ? ["prepare-bastion"] : [];
        assert.deepEqual(
          follow.map(({ name }) => name).sort(),
          ["join-worker-worker-2", "node-worker-2", "prepare-worker-2", "token-worker-2", ...bastion].sort(),
        );
      });
    });
  }

  it("runs load balancers on the named hosts: one file of HAProxy for all tiers, an instance of VRRP for the address", async () => {
    const { resources, outputs } = await run(
      nine(({ hosts }) => (hosts.loadBalancers.registry = { ...hosts.loadBalancers.manager })),
    );
    for (const [name, priority] of [
      ["lb-1", 200],
      ["lb-2", 199],
    ] as const) {
      const { inputs } = one(resources, HOST, name);
      const { haproxy, keepalived } = inputs["loadBalancer"] as Record<"haproxy" | "keepalived", string>;
      for (const port of [2376, 5000, 80, 443, 8404])
        assert.ok(haproxy.includes(`  bind 10.0.0.100:${String(port)}\n`), String(port));
      assert.equal(haproxy.match(/^ {2}bind [^u].*:8404$/gm)?.length, 1);
      assert.equal(keepalived.match(/^vrrp_instance /gm)?.length, 1);
      assert.ok(keepalived.includes(`  priority ${String(priority)}\n`));
    }
    assert.deepEqual(outputs.endpoints, {
      manager: "tcp://10.0.0.100:2376",
      registry: "https://registry.swarm.example.com:5000",
      app: "https://*.app.swarm.example.com",
    });
    assert.deepEqual(outputs.records, {
      "manager.swarm.example.com": "10.0.0.100",
      "registry.swarm.example.com": "10.0.0.100",
      "*.app.swarm.example.com": "10.0.0.100",
    });
    assert.equal(outputs.access.loadBalancers.app?.stats, "http://10.0.0.100:8404/stats/app;csv");
    assert.equal(outputs.forwards, undefined);
    const stdin = String(one(resources, STEP, "prepare-worker-1").inputs["stdin"]);
    assert.ok(stdin.includes("10.0.0.100\tregistry.swarm.example.com"), stdin);
  });

  it("says exactly what load balancers of the user's have to forward and check", async () => {
    const { resources, outputs } = await run(nine(allExternal));
    assert.deepEqual(outputs.endpoints, {
      manager: "tcp://10.1.0.1:2376",
      registry: "https://images.example.com:5443",
      app: "https://*.app.swarm.example.com:8443",
    });
    const check = { protocol: "http", status: 200, intervalSeconds: 5 };
    assert.deepEqual(outputs.forwards?.manager, {
      endpoint: "10.1.0.1:2376",
      listeners: [
        { port: 2376, members: members("manager", 10, 2376), check: { ...check, port: 8380, path: "/health" } },
      ],
    });
    assert.deepEqual(outputs.forwards.registry, {
      endpoint: "images.example.com:5443",
      listeners: [
        {
          port: 5443,
          members: members("registry", 20, 5000),
          check: { ...check, protocol: "https", port: 5000, path: "/" },
        },
      ],
    });
    const proxyProtocol = { version: 2, sources: ["10.1.0.0/30"] };
    const ping = { ...check, port: 8082, path: "/ping" };
    assert.deepEqual(outputs.forwards.app, {
      endpoint: "apps.example.com:8443",
      listeners: [
        { port: 80, members: members("worker", 30, 80), check: ping, proxyProtocol },
        { port: 8443, members: members("worker", 30, 443), check: ping, proxyProtocol },
      ],
    });
    assert.deepEqual(
      resources.filter(({ inputs }) => inputs["loadBalancer"] !== undefined),
      [],
    );
    // The registry's certificate has the name that hosts use.
    const { dnsNames } = one(resources, "tls:index/certRequest:CertRequest", "registry-request").inputs as {
      dnsNames: string[];
    };
    assert.ok(dnsNames.includes("images.example.com"), dnsNames.join(" "));
  });

  it("asks for no PROXY protocol where the addresses of the user's load balancer are unknown", async () => {
    const { outputs } = await run(
      nine(({ hosts }) => (hosts.loadBalancers.app = { external: { endpoint: "apps.example.com:443" } })),
    );
    assert.deepEqual(
      outputs.forwards?.app?.listeners.map(({ proxyProtocol }) => proxyProtocol),
      [undefined, undefined],
    );
    assert.equal(outputs.endpoints.app, "https://*.app.swarm.example.com");
  });

  it("checks a shared folder's mount in the prepare step, and creates the folder of an only registry host in a step of its own", async () => {
    const several = (await run(nine())).resources;
    assert.ok(String(one(several, STEP, "prepare-registry-1").inputs["stdin"]).includes("['storage.path']"));
    assert.deepEqual(
      names(several, STEP).filter((name) => name.startsWith("registry-folder")),
      [],
    );
    const { resources } = await run(nine(PLANS["one registry host"]));
    assert.ok(!String(one(resources, STEP, "prepare-registry-1").inputs["stdin"]).includes("['storage.path']"));
    const folder = one(resources, STEP, "registry-folder-registry-1");
    assert.ok(String(folder.inputs["stdin"]).includes("/srv/registry"));
    assert.ok(allBefore(resources, one(resources, STEP, "stack-registry")).has(folder.urn));
    assert.ok(String(one(resources, STEP, "prepare-bastion").inputs["stdin"]).includes("['steps.registry-folder']"));
  });

  it("gives the keys of a bucket to the registry in its secret settings only", async () => {
    const { resources } = await run(nine(({ hosts }) => (hosts.registryStorage = { s3 })));
    const having = resources.filter(({ inputs }) => JSON.stringify(inputs).includes("accesskey"));
    assert.deepEqual(
      having.map(({ name }) => name),
      ["stack-registry"],
    );
    assert.ok(having[0]?.secretInputs.includes("stdin"));
    const stdin = String(having[0]?.inputs["stdin"]);
    assert.match(stdin, /\['secrets\.settings'\]='[^']*accesskey/);
    assert.match(stdin, /regionendpoint: https:\/\/s3\.example\.com/);
    assert.match(stdin, /forcepathstyle: true/);
  });

  it("protects nothing from a destroy, which loses no data", async () => {
    assert.equal(factsOf({ platform: "hosts" })?.protectsData, false);
    const { resources } = await run(nine());
    assert.deepEqual(
      resources.filter(({ protect }) => protect),
      [],
    );
  });
});

/** Members of a tier of {@link nine}. */
function members(role: string, first: number, port: number): { name: string; address: string }[] {
  return [0, 1, 2].map((i) => ({
    name: `${role}-${String(i + 1)}`,
    address: `10.0.2.${String(first + i)}:${String(port)}`,
  }));
}
