import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { certificatesIn, firstCertificate } from "../../../../components/pki/bundle";
import { asSecret, unwrap, type Deployment } from "../../../../cli/cluster/deployment";
import type { LiveStack } from "../../../../cli/cluster/stack";
import { ca } from "../../../../cli/operations/rotate/ca";
import {
  makeAuthorities,
  phaseOf,
  trustedIn,
  withNewSigner,
  withNewTrust,
  withoutOld,
  type NewAuthorities,
} from "../../../../cli/operations/rotate/ca-state";
import { stranger, type Pair } from "../../../support/authority";
import { FakeSwarm } from "./fake-swarm";

interface Exported {
  readonly deployment: NonNullable<Deployment["deployment"]>;
}

const INPUTS = {
  subject: { commonName: "swarm-ha local certificate authority" },
  isCaCertificate: true,
  validityPeriodHours: 87_600,
  allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
};
const NAMES = ["ca", "ingress-ca"];

/** A state with these authorities. */
function stateOf(made?: NewAuthorities): Exported {
  return {
    deployment: {
      resources: NAMES.flatMap((name) => {
        const one = made?.[name];
        const own = one === undefined ? {} : { privateKeyPem: asSecret(one.key.privateKeyPem) };
        const shown = one === undefined ? {} : { publicKeyPem: one.key.publicKeyPem };
        return [
          {
            urn: `urn::${name}-key`,
            type: "tls:index/privateKey:PrivateKey",
            protect: true,
            inputs: { algorithm: "ECDSA" },
            outputs: { algorithm: "ECDSA", ...own, ...shown },
          },
          {
            urn: `urn::${name}-certificate`,
            type: "tls:index/selfSignedCert:SelfSignedCert",
            inputs: { ...INPUTS, ...own },
            outputs: { ...INPUTS, ...own, ...one?.outputs },
          },
        ];
      }),
    },
  };
}

function outputOf({ deployment }: Exported, name: string, output: string): string {
  const found = deployment.resources?.find(({ urn }) => urn === `urn::${name}`);
  return unwrap(found?.outputs?.[output]) as string;
}

/** What signs fits what is signed with, in a state as Pulumi has it. */
function assertSigns(state: Exported): void {
  for (const name of NAMES) {
    const certificate = new X509Certificate(outputOf(state, `${name}-certificate`, "certPem"));
    const key = outputOf(state, `${name}-key`, "privateKeyPem");
    assert.ok(certificate.checkPrivateKey(createPrivateKey(key)), name);
    assert.equal(outputOf(state, `${name}-certificate`, "privateKeyPem"), key);
  }
}

describe("certificates one after the other", () => {
  it("are taken apart, and one alone stays as it is to the letter", async () => {
    const [a, b] = [`${(await stranger()).pem}\n`, `${(await stranger()).pem}\n`];
    assert.deepEqual(certificatesIn(a + b), [a, b]);
    assert.equal(firstCertificate(a + b), a);
    for (const text of [a, a.trimEnd(), `${a}\n`, "certificate ca-certificate", ""])
      assert.equal(firstCertificate(text), text);
  });
});

describe("two generations of an authority in a stack's state", () => {
  let old: NewAuthorities;
  let made: NewAuthorities;
  before(async () => {
    old = await makeAuthorities(stateOf());
    made = await makeAuthorities(stateOf(old));
  });

  it("come and go in three steps, and what signs always fits its key", () => {
    const pem = (which: NewAuthorities): string => which["ca"]?.pem ?? "";
    const steps: [string, Exported, string[]][] = [];
    const note = (state: unknown): Exported => {
      const exported = state as Exported;
      assertSigns(exported);
      steps.push([phaseOf(exported), exported, [...(trustedIn(exported)["ca"] ?? [])]]);
      return exported;
    };
    const trusting = note(withNewTrust(note(stateOf(old)), made));
    const issuing = note(withNewSigner(trusting, made));
    const done = note(withoutOld(issuing));
    assert.deepEqual(
      steps.map(([phase, , trusted]) => [phase, trusted]),
      [
        ["single", [pem(old)]],
        ["trusting", [pem(old), pem(made)]],
        ["issuing", [pem(made), pem(old)]],
        ["single", [pem(made)]],
      ],
    );
    // A stack that has been rotated has what one has that never was.
    assert.deepEqual(
      Object.keys(done.deployment.resources?.[1]?.outputs ?? {}).sort(),
      Object.keys(stateOf(old).deployment.resources?.[1]?.outputs ?? {}).sort(),
    );
    assert.deepEqual(
      done.deployment.resources?.map(({ protect }) => protect),
      stateOf(old).deployment.resources?.map(({ protect }) => protect),
    );
  });

  it("are three at no time: a rotation that begins again has another new one", () => {
    const again = withNewTrust(withNewTrust(stateOf(old), old), made) as Exported;
    assert.equal(trustedIn(again)["ca"]?.length, 2);
    assert.equal(trustedIn(again)["ca"]?.[1], made["ca"]?.pem);
  });

  it("are told apart where the old one was made by a clock that is days ahead", async () => {
    const { now } = Date;
    Date.now = () => now() + 3 * 86_400_000;
    let early: NewAuthorities;
    try {
      early = await makeAuthorities(stateOf());
    } finally {
      Date.now = now;
    }
    const next = await makeAuthorities(stateOf(early));
    const trusting = withNewTrust(stateOf(early), next) as Exported;
    const issuing = withNewSigner(trusting, next) as Exported;
    assert.deepEqual([phaseOf(trusting), phaseOf(issuing)], ["trusting", "issuing"]);
    assert.deepEqual(trustedIn(withoutOld(issuing) as Exported)["ca"], [next["ca"]?.pem]);
    const [from, before] = [next, early].map((one) => Date.parse(new X509Certificate(one["ca"]?.pem ?? "").validFrom));
    assert.equal((from ?? 0) - (before ?? 0), 1000, "whoever accepts the old one accepts the new one");
  });

  it("are told apart by the key, whichever comes first; a key without its certificate is an unfinished up", () => {
    const trusting = withNewTrust(stateOf(old), made) as Exported;
    for (const resource of trusting.deployment.resources ?? []) {
      const pem = resource.outputs?.["certPem"];
      if (typeof pem === "string")
        resource.outputs = { ...resource.outputs, certPem: certificatesIn(pem).reverse().join("") };
    }
    assert.equal(phaseOf(trusting), "trusting");
    assert.deepEqual(trustedIn(withoutOld(trusting) as Exported)["ca"], [old["ca"]?.pem]);
    const state = stateOf(old);
    for (const resource of state.deployment.resources ?? []) {
      if (resource.urn === "urn::ca-key") resource.outputs = { publicKeyPem: made["ca"]?.key.publicKeyPem };
    }
    assert.throws(() => phaseOf(state), /replaced ca-key, and not ca-certificate/);
  });

  it("have the old one's name and uses", () => {
    const texts = [old, made].map((which) => {
      const { subject, ca: isAuthority, keyUsage } = new X509Certificate(which["ca"]?.pem ?? "");
      return { subject, isAuthority, keyUsage };
    });
    assert.deepEqual(texts[1], texts[0]);
    assert.equal(texts[1]?.isAuthority, true);
  });
});

describe("rotate ca", () => {
  let swarm: FakeSwarm;
  let exported: Exported;
  let old: NewAuthorities;
  let client: Pair;
  /** What each `up` applied: the number of certificates that are trusted, and whether the first one is the old one. */
  let applied: string[];
  /** What managers do with the old client certificate, once the old authority is gone. */
  let answer: "accepted" | "refused" | { unknown: string };
  /** The number of the `up` that is killed. */
  let killedIn: number;
  /** The output `caCertificate` of the last `up` that finished. */
  let caCertificate: string;

  const trusted = (): readonly string[] => trustedIn(exported)["ca"] ?? [];
  before(async () => {
    old = await makeAuthorities(stateOf());
  });
  beforeEach(() => {
    swarm = new FakeSwarm();
    exported = stateOf(old);
    [applied, answer] = [[], "refused"];
    killedIn = 0;
    caCertificate = trusted().join("");
    // A certificate is its own authority's: the fake one signs itself.
    client = { cert: old["ca"]?.pem ?? "", key: "key" };
    const now = swarm.cluster.now.bind(swarm.cluster);
    swarm.cluster.now = () => ({
      ...now(),
      deployment: exported,
      outputs: { access: { client }, caCertificate } as unknown as LiveStack["outputs"],
    });
    swarm.changing.rewriteState = (change) => {
      exported = change(exported) as Exported;
      return Promise.resolve();
    };
    swarm.changing.tryClient = (_stack, asked) => {
      assert.equal(asked, client);
      return Promise.resolve({ "manager-1": "refused", "manager-2": answer });
    };
    swarm.cluster.events["up"] = () => {
      assertSigns(exported);
      applied.push(`${phaseOf(exported)} ${trusted()[0] === old["ca"]?.pem ? "old" : "new"}`);
      if (applied.length !== killedIn) caCertificate = trusted().join("");
    };
  });
  const run = (options: Parameters<FakeSwarm["run"]>[1] = { yes: true }) => swarm.run(ca, options);

  it("is trusted beside the old one, then signs, and then the old one goes and is tried", async () => {
    const { settled } = await run();
    assert.equal(settled, true);
    assert.deepEqual(applied, ["trusting old", "issuing new", "single new"]);
    assert.equal(swarm.cluster.log.filter((line) => /as healthy as before.*enough/.test(line)).length, 3);
  });

  it("asks once, and changes nothing where no is said or in a dry run", async () => {
    const questions: string[] = [];
    const { error } = await run({ questions });
    assert.equal(questions.length, 1);
    assert.match(error ?? "", /rotate -- local ca --yes/);
    const dry = await run({ dryRun: true });
    assert.equal(dry.plan.steps.length, 3);
    assert.deepEqual([applied, phaseOf(exported)], [[], "single"]);
  });

  it("refuses while a node isn't ready, or the configuration has hosts that no up has created", async () => {
    swarm.cluster.nodes = { "worker-2": { state: "down" } };
    assert.match((await run()).plan.refused ?? "", /worker-2 is Down.*repair/);
    swarm.cluster.nodes = {};
    swarm.pending = { lacking: ["worker-9"], extra: [] };
    assert.match((await run()).plan.refused ?? "", /create worker-9/);
    assert.deepEqual(applied, []);
  });

  for (const [n, phase] of [
    [1, "trusting"],
    [2, "issuing"],
    [3, "single"],
  ] as const) {
    it(`finishes when it is run again after it ended in step ${String(n)}`, async () => {
      const { events } = swarm.cluster;
      const good = events["up"];
      killedIn = n;
      events["up"] = () => {
        good?.();
        if (applied.length === n) throw new Error("killed");
      };
      await run().catch(() => undefined);
      assert.equal(phaseOf(exported), phase);
      [applied, killedIn] = [[], 0];
      events["up"] = () => {
        good?.();
      };
      const signing = trusted()[0];
      // The certificates that are in use now are its own.
      if (n === 3) client = { cert: signing ?? "", key: "key" };
      // Only another new authority is asked for.
      assert.equal((await run(n === 1 ? { yes: true } : {})).settled, true);
      assert.equal(applied.length, 4 - n);
      assert.deepEqual([trusted().length, trusted()[0] === old["ca"]?.pem], [1, false]);
      if (n > 1) assert.deepEqual(trusted(), [signing]);
    });
  }

  it("isn't said to be refused where no certificate of the old one is left to be tried", async () => {
    const made = await makeAuthorities(exported);
    exported = withNewSigner(withNewTrust(exported, made), made) as Exported;
    client = { cert: made["ca"]?.pem ?? "", key: "key" };
    const { settled, observed } = await run({});
    assert.ok(settled && observed !== undefined);
    assert.match(ca.after("local", observed), /^The old CA was removed, and that wasn't verified/);
    const tried = await run();
    assert.ok(tried.settled && tried.observed !== undefined);
    assert.match(ca.after("local", tried.observed), /^Nothing that the old CA has signed is accepted/);
  });

  it("isn't done where no manager was asked", async () => {
    swarm.changing.tryClient = () => Promise.resolve({});
    const { settled, plan } = await run();
    assert.equal(settled, false);
    assert.match(plan.refused ?? "", /not verified: no manager was asked/);
  });

  it("goes on while status names the unfinished rotation", async () => {
    const { events } = swarm.cluster;
    const good = events["up"];
    events["up"] = () => {
      good?.();
      const certificates = [
        { owner: "authority", use: "authority" as const, notAfter: new Date("2040-01-01"), rotating: true },
      ];
      swarm.cluster.live = { certificates };
    };
    assert.equal((await run()).settled, true);
  });

  it("begins no other authority where certificates are issued already", async () => {
    const made = await makeAuthorities(exported);
    exported = withNewSigner(withNewTrust(exported, made), made) as Exported;
    assert.equal((await run({})).settled, true);
    assert.deepEqual(trusted(), [made["ca"]?.pem]);
  });

  it("stops when the cluster is worse after a step, before anything is dropped", async () => {
    const { events } = swarm.cluster;
    const good = events["up"];
    events["up"] = () => {
      good?.();
      if (applied.length === 2) swarm.cluster.nodes = { "worker-2": { state: "down" } };
    };
    const { settled, plan } = await run();
    assert.equal(settled, false);
    assert.match(plan.refused ?? "", /less healthy.*\n.*worker-2/);
    assert.deepEqual(applied, ["trusting old", "issuing new"]);
  });

  it("isn't done while a manager accepts the old one, or couldn't be asked", async () => {
    for (const wrong of ["accepted", { unknown: "no route" }] as const) {
      answer = wrong;
      client = { cert: trusted()[0] ?? "", key: "key" };
      const { settled, plan } = await run();
      assert.equal(settled, false);
      assert.match(plan.refused ?? "", /manager-2 (still accepts the old CA|wasn't asked \(no route\))/);
    }
  });

  it("names the remedy when an up fails: to run it again, and in the last step an up", async () => {
    const { events, failing } = swarm.cluster;
    const good = events["up"];
    for (const [n, remedy] of [
      [1, /signed nothing\.\nbroken\nRun it again: npm run rotate -- local ca/],
      [2, /Both are trusted\.\nbroken\nRun it again/],
      [3, /the old one\.\nbroken\nFinish it: npm run pulumi -- up --stack local/],
    ] as const) {
      [exported, applied] = [stateOf(old), []];
      caCertificate = trusted().join("");
      delete failing["up"];
      events["up"] = () => {
        good?.();
        if (applied.length === n) failing["up"] = "broken";
      };
      assert.match((await run()).error ?? "", remedy);
    }
  });

  it("shows no key", async () => {
    const { past, plan, failures } = await run();
    assert.doesNotMatch(JSON.stringify([past, plan, failures, swarm.shown]), /PRIVATE/);
  });
});
