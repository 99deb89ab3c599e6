import assert from "node:assert/strict";
import { utils } from "ssh2";
import { userData } from "../../../../components/platform/aws/user-data";
import { asSecret, outputsOf, unwrap, type Deployment } from "../../../../cli/cluster/deployment";
import type { KeyAnswer } from "../../../../cli/cluster/ssh-access";
import type { LiveStack } from "../../../../cli/cluster/stack";
import { sshKeys } from "../../../../cli/operations/rotate/ssh-keys";
import { newSshKey, sshKeyIn, withSshKey } from "../../../../cli/operations/rotate/ssh-key-state";
import type { KeyForms } from "../../../../offline/tls/key-forms";
import { FakeSwarm } from "./fake-swarm";

const HOSTS = ["manager-1", "worker-1"];

/** A state as `pulumi stack export --show-secrets` prints it, with a key wherever a real one has it. */
function stateWith(key: KeyForms, shown: KeyForms = key) {
  const connection = asSecret({ host: "10.0.0.9", privateKey: key.privateKeyOpenssh, hostKey: "ssh-ed25519 HOST" });
  const text = userData({
    ...{ stack: "prod", region: "eu-central-1", name: "worker-1", engine: "28.5.2", node: true, forwards: false },
    client: shown.publicKeyOpenssh,
  });
  const given = `given=(['name']='worker-1' ['key']='${key.privateKeyOpenssh}')\n`;
  return {
    version: 3,
    deployment: {
      manifest: { time: "now" },
      secrets_providers: { type: "passphrase" },
      resources: [
        {
          urn: "urn::stack",
          type: "pulumi:pulumi:Stack",
          outputs: {
            swarmId: "id",
            hosts: Object.fromEntries(HOSTS.map((name) => [name, { role: "worker" }])),
            access: asSecret({ bastion: { host: "h", privateKey: key.privateKeyOpenssh }, nodes: [] }),
          },
        },
        {
          urn: "urn::ssh-client",
          type: "tls:index/privateKey:PrivateKey",
          id: shown.id,
          inputs: { algorithm: "ED25519" },
          outputs: {
            algorithm: "ED25519",
            rsaBits: 2048,
            __meta: '{"schema_version":"1"}',
            id: shown.id,
            publicKeyPem: shown.publicKeyPem,
            publicKeyOpenssh: shown.publicKeyOpenssh,
            publicKeyFingerprintMd5: shown.publicKeyFingerprintMd5,
            publicKeyFingerprintSha256: shown.publicKeyFingerprintSha256,
            privateKeyPem: asSecret(shown.privateKeyPem),
            privateKeyPemPkcs8: asSecret(shown.privateKeyPemPkcs8),
            privateKeyOpenssh: asSecret(shown.privateKeyOpenssh),
          },
        },
        {
          urn: "urn::prepare-worker-1",
          type: "command:remote:Command",
          id: "step",
          inputs: { connection, stdin: asSecret(given), create: "exec bash" },
          outputs: { connection, stdin: asSecret(given), stdout: "{}" },
        },
        {
          urn: "urn::worker-1",
          type: "a:container",
          id: "w1",
          inputs: {
            files: asSecret([{ path: "/etc/ssh/authorized_keys", mode: "0600", content: shown.publicKeyOpenssh }]),
          },
        },
        {
          urn: "urn::worker-2",
          type: "aws:ec2/instance:Instance",
          id: "i-2",
          inputs: { userData: text, tags: { "swarm-ha.role": "worker" } },
          outputs: { userData: text, tags: { "swarm-ha.role": "worker" } },
        },
      ],
    },
  };
}

describe("an SSH key in a stack's state", () => {
  const [old, key] = [newSshKey(), newSshKey()];
  /** The stack on whose hosts the new key was tried. */
  const tried = () => ({ stack: "local", deployment: stateWith(old) as Deployment });

  it("is replaced everywhere, and a state that never rotated has the same shape", () => {
    const changed = withSshKey(stateWith(old), tried(), old.privateKeyOpenssh, key);
    // Also in an instance's user data: an `up` that replaces the instance takes it from the state.
    assert.deepEqual(changed, stateWith(key));
    assert.ok(!JSON.stringify(changed).includes(old.publicKeyOpenssh.trim()));
  });

  it("stays when a host was added, removed or replaced since the new one was tried on all", () => {
    type Resources = ReturnType<typeof stateWith>["deployment"]["resources"];
    const withThese = (change: (resources: Resources) => unknown[]) => {
      const state = stateWith(old);
      return { ...state, deployment: { ...state.deployment, resources: change(state.deployment.resources) } };
    };
    const isHost = ({ urn }: { readonly urn: string }): boolean => urn === "urn::worker-2";
    for (const [now, name] of [
      [withThese((all) => all.filter((one) => !isHost(one))), "worker-2"],
      [withThese((all) => all.map((one) => (isHost(one) ? { ...one, id: "i-3" } : one))), "worker-2"],
      [
        withThese((all) => [...all, ...all.filter(isHost).map((one) => ({ ...one, urn: "urn::worker-3", id: "i-3" }))]),
        "worker-3",
      ],
      [withThese((all) => all.map((one) => ({ ...one, outputs: { ...one.outputs, hosts: {} } }))), "manager-1 and"],
    ] as const) {
      assert.throws(
        () => withSshKey(now, tried(), old.privateKeyOpenssh, key),
        new RegExp(`changed hosts of the stack local meanwhile: ${name}`),
      );
    }
  });

  it("is one that ssh2 and sshd can read, and its text has the old one's length", () => {
    const parsed = utils.parseKey(key.privateKeyOpenssh);
    assert.ok(!(parsed instanceof Error));
    assert.equal(`${parsed.type} ${parsed.getPublicSSH().toString("base64")}\n`, key.publicKeyOpenssh);
    // A host's step has the length of its input in its text.
    assert.equal(key.privateKeyOpenssh.length, old.privateKeyOpenssh.length);
  });

  it("is replaced also where an up has replaced its resource and didn't finish", () => {
    const changed = withSshKey(stateWith(old, newSshKey()), tried(), old.privateKeyOpenssh, key) as {
      deployment: NonNullable<Deployment["deployment"]>;
    };
    assert.equal(sshKeyIn(changed)?.private, key.privateKeyOpenssh);
    assert.ok(!JSON.stringify(unwrap(changed)).includes(old.privateKeyOpenssh.split("\n")[3] ?? "-"));
  });

  it("stays when another run has changed it, or a part of it would stay where nothing is replaced", () => {
    assert.throws(() => withSshKey(stateWith(newSshKey()), tried(), old.privateKeyOpenssh, key), /Another run/);
    const state = stateWith(old);
    const odd = { urn: "urn::odd", type: "x", outputs: { plain: old.privateKeyOpenssh } };
    const plain = { ...state, deployment: { ...state.deployment, resources: [...state.deployment.resources, odd] } };
    assert.throws(
      () => withSshKey(plain, tried(), old.privateKeyOpenssh, key),
      (error: Error) => error.message.endsWith("in odd.") && !error.message.includes("PRIVATE"),
    );
  });
});

describe("rotate ssh-keys", () => {
  let swarm: FakeSwarm;
  let old: KeyForms;
  let exported: object;
  /** Public keys that hosts let in. */
  let lets: Record<string, string[]>;
  /** Hosts that can't be reached. */
  let dark: string[];
  /** What was done, in that order. */
  let done: string[];
  /** Instances of the state besides the hosts. */
  let more: string[];

  const publicOf = (privateKey: string): string => {
    const parsed = utils.parseKey(privateKey);
    assert.ok(!(parsed instanceof Error));
    return `${parsed.type} ${parsed.getPublicSSH().toString("base64")}`;
  };
  const inUse = (): string => {
    const { access } = outputsOf(exported) as { access: { bastion: { privateKey: string } } };
    return access.bastion.privateKey;
  };

  beforeEach(() => {
    swarm = new FakeSwarm();
    old = newSshKey();
    exported = stateWith(old);
    lets = Object.fromEntries(["bastion", ...HOSTS].map((host) => [host, [old.publicKeyOpenssh.trim()]]));
    [dark, done, more] = [[], [], []];
    const now = swarm.cluster.now.bind(swarm.cluster);
    swarm.cluster.now = () => ({
      ...now(),
      deployment: exported,
      instances: ["bastion", ...HOSTS, ...more].map((name) => ({
        name,
        role: "worker",
        zone: "a",
        urn: name,
        id: name,
      })),
      outputs: {
        hosts: Object.fromEntries(HOSTS.map((name) => [name, { role: "worker", zone: "a", address: "10.0.0.1" }])),
        access: { bastion: { privateKey: inUse() } },
      } as unknown as LiveStack["outputs"],
    });
    swarm.changing = {
      tryClient: swarm.changing.tryClient,
      authorize: (stack, keys, only) => {
        done.push(only ? "only" : "beside");
        const opens = publicOf(stack.outputs.access.bastion.privateKey);
        return Promise.resolve(
          Object.fromEntries(
            Object.entries(lets).map(([host, has]) => {
              if (dark.includes(host)) return [host, "no route"];
              assert.ok(has.includes(opens), `${host} was asked with a key that it refuses`);
              lets[host] = [...(only ? [] : has), ...keys.map((line) => line.trim())];
              return [host, undefined];
            }),
          ),
        );
      },
      tryKey: (_stack, privateKey) => {
        const entries = Object.entries(lets).map(([host, has]): [string, KeyAnswer] => {
          if (dark.includes(host)) return [host, { unknown: "no route" }];
          return [host, has.includes(publicOf(privateKey)) ? "accepted" : "refused"];
        });
        return Promise.resolve(Object.fromEntries(entries));
      },
      rewriteState: (change) => {
        done.push("state");
        exported = change(exported) as object;
        return Promise.resolve();
      },
    };
  });

  it("lets the new key in beside the old one, puts it into the state, and only then removes the old one", async () => {
    const { settled, past } = await swarm.run(sshKeys);
    assert.equal(settled, true);
    assert.deepEqual(done, ["beside", "state", "only"]);
    assert.deepEqual(
      past.map(({ step }) => step.key),
      ["authorize", "use", "remove"],
    );
    assert.notEqual(inUse(), old.privateKeyOpenssh);
    for (const has of Object.values(lets)) assert.deepEqual(has, [publicOf(inUse())]);
    assert.deepEqual(
      swarm.cluster.log.filter((line) => line.startsWith("up")),
      [],
    );
  });

  it("changes nothing where the program made no key, and names what changes the hosts' own", async () => {
    const { deployment } = stateWith(old);
    exported = {
      ...exported,
      deployment: { ...deployment, resources: deployment.resources.filter(({ urn }) => urn !== "urn::ssh-client") },
    };
    const { plan } = await swarm.run(sshKeys);
    assert.match(plan.refused ?? "", /authorize the new one .* set swarm-ha:hosts\.ssh\.privateKey .* up/);
    assert.deepEqual(done, []);
  });

  it("changes nothing while a host can't be reached, and names it", async () => {
    dark = ["worker-1"];
    const { settled, plan } = await swarm.run(sshKeys);
    assert.equal(settled, false);
    assert.match(plan.refused ?? "", /worker-1 \(no route\)\. First: npm run repair -- local/);
    assert.deepEqual(done, []);
  });

  it("changes nothing while the state has a host that the outputs lack", async () => {
    more = ["worker-2"];
    const { plan } = await swarm.run(sshKeys);
    assert.match(plan.refused ?? "", /outputs lack worker-2.*up --stack local/);
    assert.deepEqual(done, []);
  });

  it("changes nothing after an up that was interrupted, and names what finishes it", async () => {
    const { deployment, ...rest } = stateWith(old);
    exported = { ...rest, deployment: { ...deployment, pending_operations: [{ type: "creating" }] } };
    const { plan } = await swarm.run(sshKeys);
    assert.match(
      plan.refused ?? "",
      /was interrupted\. Finish it: npm run finish\. Then: npm run rotate -- local ssh-keys$/,
    );
    assert.deepEqual(done, []);
  });

  it("keeps the old key in the state and on the hosts when a host is lost before all have the new one", async () => {
    const { authorize } = swarm.changing;
    swarm.changing.authorize = (...asked) => {
      dark = ["worker-1"];
      return authorize(...asked);
    };
    const { settled, error } = await swarm.run(sshKeys);
    assert.equal(settled, false);
    assert.match(error ?? "", /uses the old one.*\nworker-1: no route/);
    assert.equal(inUse(), old.privateKeyOpenssh);
    assert.deepEqual(done, ["beside"]);
  });

  it("keeps the old key when a host refuses the new one", async () => {
    const { authorize } = swarm.changing;
    swarm.changing.authorize = async (...asked) => {
      const answers = await authorize(...asked);
      lets["worker-1"] = [old.publicKeyOpenssh.trim()];
      return answers;
    };
    const { error } = await swarm.run(sshKeys);
    assert.match(error ?? "", /worker-1 \(it refuses the key\)/);
    assert.deepEqual([inUse(), done], [old.privateKeyOpenssh, ["beside"]]);
  });

  it("finishes when it is run again, wherever it ended, and removes unused keys", async () => {
    for (const lost of ["beside", "state", "only"]) {
      exported = stateWith(old);
      lets = Object.fromEntries(["bastion", ...HOSTS].map((host) => [host, [old.publicKeyOpenssh.trim()]]));
      done = [];
      const { authorize, rewriteState } = swarm.changing;
      const ended = (): Promise<never> => Promise.reject(new Error("killed"));
      swarm.changing = {
        ...swarm.changing,
        authorize: async (...asked) => {
          const answers = await authorize(...asked);
          return done.at(-1) === lost ? ended() : answers;
        },
        rewriteState: async (change) => {
          await rewriteState(change);
          if (lost === "state") await ended();
        },
      };
      await swarm.run(sshKeys).catch(() => undefined);
      // Whatever has happened, the state's key opens every host.
      for (const has of Object.values(lets)) assert.ok(has.includes(publicOf(inUse())));
      swarm.changing = { ...swarm.changing, authorize, rewriteState };
      assert.equal((await swarm.run(sshKeys)).settled, true);
      for (const has of Object.values(lets)) assert.deepEqual(has, [publicOf(inUse())]);
    }
  });

  it("isn't done while a host can't be asked whether it refuses the old key, or still accepts it", async () => {
    const { tryKey } = swarm.changing;
    for (const answer of ["accepted", { unknown: "no route" }] as const) {
      done = [];
      swarm.changing.tryKey = async (...asked) => ({
        ...(await tryKey(...asked)),
        ...(done.includes("only") ? { "worker-1": answer } : {}),
      });
      const { settled, plan } = await swarm.run(sshKeys);
      assert.equal(settled, false);
      assert.match(plan.refused ?? "", /worker-1 (still accepts the old key|wasn't asked \(no route\))/);
    }
  });

  it("shows no key, and a dry run changes nothing", async () => {
    const dry = await swarm.run(sshKeys, { dryRun: true });
    assert.deepEqual([dry.plan.steps.length, done], [3, []]);
    const outcome = await swarm.run(sshKeys);
    const { past, plan, failures } = outcome;
    assert.doesNotMatch(JSON.stringify([past, plan, failures, swarm.shown, swarm.notes]), /PRIVATE|ssh-ed25519 A/);
  });
});
