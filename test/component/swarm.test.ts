import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { forHost, readScript, STEPS_FOLDER } from "../../components/ssh/script";
import { answer, SECRET } from "../support/answers";
import { ownRoot } from "../support/external-ca";
import { fakeSwarm } from "../support/fake-swarm";
import { record, type Answer, type Registered } from "../support/recording-mocks";

/** @param issue which issue of each certificate the provider has given out */
function run(overrides: Record<string, unknown> = {}, preview = false, issue = 1): Promise<Registered[]> {
  return record(() => fakeSwarm(overrides), { stack: "unit", preview, answer: issued(issue) });
}

/** The usual answers, and certificates of a further issue. */
function issued(issue: number): Answer {
  return (resource) => {
    const given = answer(resource);
    if (issue === 1 || !resource.type.endsWith(":LocallySignedCert")) return given;
    return { ...given, outputs: { certPem: `certificate ${resource.name}, issue ${String(issue)}` } };
  };
}

describe("the graph of a swarm", () => {
  let resources: Registered[];
  const named = (name: string): Registered => {
    const found = resources.find((resource) => resource.name === name);
    assert.ok(found, `no resource is called ${name}`);
    return found;
  };
  /** Whether one resource can only be made after another, through however many others. */
  const after = (later: string, earlier: string): boolean => {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const goal = named(earlier).urn;
    const seen = new Set<string>();
    const queue = [...named(later).dependencies];
    for (let urn = queue.pop(); urn !== undefined; urn = queue.pop()) {
      if (urn === goal) return true;
      if (seen.has(urn)) continue;
      seen.add(urn);
      queue.push(...(byUrn.get(urn)?.dependencies ?? []));
    }
    return false;
  };
  const steps = (): Registered[] => resources.filter((resource) => resource.type === "command:remote:Command");

  before(async () => {
    resources = await run();
  });

  it("goes init → join-manager → join-worker", () => {
    for (const n of [1, 2, 3]) assert.ok(after(`join-manager-manager-${n}`, "init"), `manager-${n}`);
    for (const worker of ["registry-1", "registry-3", "worker-1", "worker-3"]) {
      for (const n of [1, 2, 3]) assert.ok(after(`join-worker-${worker}`, `join-manager-manager-${n}`), worker);
    }
  });

  it("makes no manager wait for another, so that several can be replaced in one run: they take turns while it runs", () => {
    const managers = [1, 2, 3].map((n) => `manager-${n}`);
    for (const one of managers) {
      for (const other of managers.filter((name) => name !== one)) {
        assert.ok(!after(`node-${one}`, other), `node-${one} waits for the host ${other}`);
        assert.ok(!after(`node-${one}`, `node-${other}`), `node-${one} waits for node-${other}`);
      }
    }
  });

  it("gives no host other address ranges than the stack's", () => {
    for (const host of ["manager-1", "registry-2", "worker-3"]) assert.ok(after(`prepare-${host}`, "ranges"), host);
  });

  it("waits on every host for the end of its first boot, in the first step that runs there", () => {
    const first = steps().filter((step) => !steps().some((other) => other !== step && after(step.name, other.name)));
    assert.ok(first.length > 0);
    for (const step of first) assert.match(String(step.inputs["stdin"]), /^await_boot$/m, step.name);
    // The hosts' own first steps may wait for the bastion's.
    const own = steps().filter(({ name }) => /^prepare-(?!bastion)/.test(name));
    assert.equal(own.length, 9);
    for (const step of own) assert.equal(step.inputs["create"], forHost(readScript("prepare")), step.name);
    assert.match(readScript("prepare").text, /^await_boot$/m);
  });

  it("lets workers join all at once", () => {
    assert.ok(!after("join-worker-worker-2", "join-worker-worker-1"));
    assert.ok(!after("join-worker-worker-1", "join-worker-worker-2"));
  });

  it("founds the swarm without waiting for a host: the step asks every manager itself", () => {
    assert.ok(after("init", "prepare-bastion"));
    for (const n of [1, 2, 3]) assert.ok(!after("init", `manager-${n}`));
  });

  it("replaces a host's steps by its identity, and nobody else's", () => {
    const host = named("manager-1");
    const replacedWith = steps().filter((step) => (step.propertyDependencies["triggers"] ?? []).includes(host.urn));
    assert.deepEqual(replacedWith.map((step) => step.name).sort(), [
      "join-manager-manager-1",
      "node-manager-1",
      "prepare-manager-1",
      "token-manager-1",
    ]);
  });

  it("makes the founding history: no trigger, and no change of an input counts", () => {
    assert.equal(named("init").inputs["triggers"], undefined);
    assert.deepEqual(named("init").ignoreChanges, ["*"]);
  });

  it("undoes no step when everything goes, and deletes before it replaces", () => {
    for (const step of steps()) {
      assert.equal(step.deletedWith, named("network").urn, step.name);
      assert.ok(step.deleteBeforeReplace, step.name);
    }
    assert.equal(named("manager-1").deletedWith, "");
  });

  it("dials the bastion alone, and never through a proxy: the command plugin would dial a proxied host once", () => {
    for (const step of steps()) {
      const connection = step.inputs["connection"] as Record<string, unknown>;
      assert.equal(connection["proxy"], undefined, step.name);
      assert.equal(connection["port"], 22022, step.name);
      assert.equal(connection["hostKey"], "ssh-ed25519 AAAAssh-host-bastion", step.name);
    }
  });

  it("runs what has to work without a host on the bastion", () => {
    for (const step of steps()) {
      const onHost = /^(prepare|join)-/.test(step.name) && step.name !== "prepare-bastion";
      assert.equal(String(step.inputs["create"]).includes("/on-host.sh"), onHost, step.name);
      // Only an undoing that never dials the host may exist.
      assert.equal(step.inputs["delete"] !== undefined, step.name.startsWith("node-"), step.name);
    }
  });

  it("asks an external CA from each manager before the swarm gets it; without one there is no such step", async () => {
    assert.ok(!steps().some(({ name }) => name.startsWith("external-ca-")));
    assert.doesNotMatch(String(named("swarm-settings").inputs["stdin"]), /externalCa/);
    assert.ok(!after("swarm-settings", "manager-1"), "the settings wait for no host");
    const usual = resources;
    const { certificate } = await ownRoot("company");
    const externalCa = { urls: ["https://ca.example:8888/api/v1/cfssl/sign"], rootCertificate: certificate };
    try {
      resources = await run({ externalCa });
      for (const name of ["manager-1", "manager-2", "manager-3"]) {
        assert.ok(after("swarm-settings", `external-ca-${name}`), name);
        assert.ok(after(`external-ca-${name}`, `node-${name}`), name);
        assert.deepEqual(named(`external-ca-${name}`).inputs["triggers"], named(`prepare-${name}`).inputs["triggers"]);
      }
      assert.ok(!resources.some(({ name }) => name === "external-ca-worker-1"));
      assert.match(String(named("init").inputs["stdin"]), /externalCa\.root/);
      for (const node of ["node-manager-1", "node-worker-1", "join-worker-worker-1"])
        assert.ok(!after(node, "swarm-settings"), node);
      const names = (list: readonly Registered[]): string[] => list.map(({ name }) => name).sort();
      const added = names(resources).filter((name) => !names(usual).includes(name));
      assert.deepEqual(added, ["external-ca-manager-1", "external-ca-manager-2", "external-ca-manager-3"]);
      assert.deepEqual(names(await run({ externalCa }, true)), names(resources));
    } finally {
      resources = usual;
    }
  });

  it("runs a step only when the bastion has its script", () => {
    const { stdin } = named("prepare-bastion").inputs;
    for (const step of steps().filter(({ name }) => name !== "prepare-bastion")) {
      assert.ok(after(step.name, "prepare-bastion"), step.name);
      for (const command of [step.inputs["create"], step.inputs["delete"] ?? ""].map(String)) {
        const files = [...command.matchAll(new RegExp(`${STEPS_FOLDER}/(\\S+)\\.sh`, "g"))].map(([, file]) => file);
        // The script that takes a step to its host finds the step's own by its name.
        const [, onHost] = /^.*; exec ssh-agent .* (\S+) \S+$/.exec(command) ?? [];
        for (const file of [...files, ...(onHost === undefined ? [] : [onHost])])
          assert.ok(String(stdin).includes(`['steps.${String(file)}']=`), `${step.name}: ${String(file)}`);
      }
    }
  });

  it("sends a host its data alone: the scripts would be in the state of each host, twice", () => {
    const own = steps().filter(({ name }) => /^(prepare|join)-(?!bastion)/.test(name));
    assert.equal(own.length, 18);
    for (const step of own) assert.doesNotMatch(String(step.inputs["stdin"]), /set -Eeuo pipefail/, step.name);
  });

  it("tells the bastion where the host is, and pins the host's key", () => {
    const { stdin } = named("join-worker-worker-1").inputs;
    const [size = "", ...rest] = String(stdin).split("\n");
    const way = Buffer.from(rest.join("\n")).subarray(0, Number(size)).toString();
    assert.match(way, /^given=\(\['name'\]='worker-1' .*\['hostKey'\]='ssh-ed25519 AAAAssh-host-worker-1' .*\)\n$/s);
    assert.match(way, /\['port'\]='22' /);
    assert.match(way, /\['limit'\]='45'/);
  });

  it("puts no secret into a command line, a trigger or an environment", () => {
    for (const step of steps()) {
      for (const key of ["create", "update", "delete", "triggers", "environment"]) {
        assert.ok(!JSON.stringify(step.inputs[key] ?? "").includes(SECRET), `${step.name}.${key}`);
      }
      assert.ok(JSON.stringify(step.inputs["connection"]).includes(SECRET), "the connection carries the key");
      assert.equal(step.inputs["addPreviousOutputInEnv"], false);
    }
    for (const step of steps().filter(({ name }) => name.startsWith("token-"))) {
      for (const output of ["stdout", "stderr"]) assert.ok(step.secretOutputs.includes(output), output);
      assert.equal(step.inputs["logging"], "none");
    }
  });

  it("asks for the unlock key only with autolock, in a step whose output is a secret; no other step changes", async () => {
    const on = await run({ autolock: true });
    const before = new Map(resources.map(({ name, type, inputs }) => [`${type} ${name}`, JSON.stringify(inputs)]));
    const changed = on.filter(({ name, type, inputs }) => before.get(`${type} ${name}`) !== JSON.stringify(inputs));
    assert.deepEqual(
      changed.map(({ name }) => name),
      ["swarm-settings"],
    );
    const [step] = changed;
    assert.equal(step?.inputs["logging"], "none");
    for (const output of ["stdout", "stderr"]) assert.ok(step.secretOutputs.includes(output), output);
    assert.match(String(step.inputs["stdin"]), /\['autolock'\]='true'/);
    // Without it, the step is what it was before there was autolock.
    const plain = named("swarm-settings");
    assert.equal(plain.inputs["logging"], "stderr");
    for (const output of ["stdout", "stderr"]) assert.ok(!plain.secretOutputs.includes(output), output);
    assert.doesNotMatch(String(plain.inputs["stdin"]), /autolock/);
    const off = (await run({ autolock: false })).find(({ name }) => name === "swarm-settings");
    assert.match(String(off?.inputs["stdin"]), /\['autolock'\]='false'/);
    assert.equal(off?.secretOutputs.includes("stdout"), false);
  });

  it("has the same resources in a preview as in an update", async () => {
    const names = (list: readonly Registered[]): string[] => list.map(({ type, name }) => `${type} ${name}`).sort();
    const preview = await run({}, true);
    assert.deepEqual(names(preview), names(resources));
    const join = preview.find(({ name }) => name === "join-worker-worker-1");
    assert.ok(pulumi.containsUnknowns(join?.inputs["triggers"]), "the preview knew the host's identity");
  });

  it("shows one more worker as that worker alone, and to the bastion, which keeps the list of hosts", async () => {
    const more = await run({ workers: { worker: { count: 4 } } });
    const before = new Map(resources.map(({ name, type, inputs }) => [`${type} ${name}`, JSON.stringify(inputs)]));
    const changed = more.filter(({ name, type, inputs }) => before.get(`${type} ${name}`) !== JSON.stringify(inputs));
    assert.ok(changed.length > 0);
    for (const { name } of changed) assert.match(name, /worker-4|^prepare-bastion$/);
  });

  it("sends a further manager's address to the bastion alone, and never through the other nodes' steps", async () => {
    const more = await run({ managers: { count: 5 } });
    const before = new Map(resources.map(({ name, type, inputs }) => [`${type} ${name}`, JSON.stringify(inputs)]));
    const changed = more.filter(({ name, type, inputs }) => {
      const old = before.get(`${type} ${name}`);
      return old !== undefined && old !== JSON.stringify(inputs);
    });
    assert.deepEqual(
      changed.map(({ name }) => name),
      ["prepare-bastion"],
    );
  });

  it("sends renewed certificates to the managers and the bastion alone: no step of another host runs again", async () => {
    const renewed = await run({}, false, 2);
    const before = new Map(resources.map(({ name, type, inputs }) => [`${type} ${name}`, JSON.stringify(inputs)]));
    const changed = renewed.filter(
      ({ name, type, inputs }) => before.get(`${type} ${name}`) !== JSON.stringify(inputs),
    );
    assert.deepEqual(changed.map(({ name }) => name).sort(), [
      "prepare-bastion",
      "prepare-manager-1",
      "prepare-manager-2",
      "prepare-manager-3",
    ]);
  });
});
