import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { stackOutputsSchema } from "../../../components/outputs";
import type { LiveCertificate } from "../../../cli/cluster/model";
import { lookAtCertificates, refusal } from "../../../cli/cluster/certificates";
import { certificateProblems, certificateStatus, unreadProblems } from "../../../cli/cluster/certificate-problems";
import { evaluate } from "../../../cli/cluster/evaluate";
import { planRepair } from "../../../cli/operations/plan-repair";
import { obstacles } from "../../../cli/operations/plan-replace";
import { stranger } from "../../support/authority";
import { found, nodesOf, NOW, SWARM, wanted } from "./support";

const HOUR = 3_600_000;
const desired = wanted();

function certificate(owner: string, hours: number, use: LiveCertificate["use"] = "server"): LiveCertificate {
  return { owner, use, notAfter: new Date(NOW.getTime() + hours * HOUR) };
}

function texts(...certificates: LiveCertificate[]): string[] {
  return certificateProblems(desired, certificates, NOW).map((problem) => `${problem.kind}: ${problem.text}`);
}

describe("expiry of certificates", () => {
  it("is listed in whole days, the first one first", () => {
    const status = certificateStatus(
      [certificate("manager-1", 47), certificate("person", -1, "client"), certificate("authority", 240, "authority")],
      NOW,
    );
    assert.deepEqual(
      status.map(({ owner, use, daysLeft }) => [owner, use, daysLeft]),
      [
        ["person", "client", -1],
        ["manager-1", "server", 1],
        ["authority", "authority", 10],
      ],
    );
    assert.equal(status[1]?.notAfter, "2030-01-04T02:04:05.000Z");
  });

  it("is a problem from the first moment of the renewal window", () => {
    assert.deepEqual(texts(certificate("manager-1", 30 * 24 + 1)), []);
    assert.deepEqual(texts(certificate("manager-1", 29 * 24)), [
      "renewal: The certificate that manager-1 serves expires in 29 d 0 h and is due since 24 h 0 min. Renew it: " +
        "npm run pulumi -- up --stack local. If manager-1 still serves the old one: npm run replace -- local manager-1",
    ]);
  });

  it("names who is refused afterwards, and the command with which people get a new certificate", () => {
    assert.deepEqual(texts(certificate("bastion", -3, "client"), certificate("person", 24, "client")), [
      "certificate: The client certificate of the bastion expired 3 h 0 min ago: it is refused. Renew it: " +
        "npm run pulumi -- up --stack local",
      "renewal: The certificate for people expires in 24 h 0 min and is due since 29 d 0 h. Renew it: " +
        "npm run pulumi -- up --stack local, then npm run context -- local",
    ]);
  });

  it("names a rotation of the authority that isn't finished, and the command that finishes it; no up does", () => {
    const authority = { ...certificate("authority", 9999 * 24, "authority"), rotating: true };
    const [problem, ...more] = certificateProblems(desired, [authority], NOW);
    assert.deepEqual(more, []);
    assert.match(problem?.text ?? "", /trusts two certificate authorities.*npm run rotate -- local ca$/);
    assert.deepEqual([problem?.kind, problem?.hosts, problem?.byHand], ["rotation", ["authority"], true]);
    // Whatever the rotation needs first is possible.
    assert.deepEqual(obstacles(problem === undefined ? [] : [problem], new Set()), []);
  });

  it("of the authority is a problem a year before, and refers to the runbook", () => {
    assert.deepEqual(texts(certificate("authority", 366 * 24, "authority")), []);
    assert.match(texts(certificate("authority", 100 * 24, "authority"))[0] ?? "", /docs\/runbooks\/authority\.md/);
  });

  it("is reported beside other reasons why clients refuse a certificate", () => {
    const refused = { ...certificate("registry-2", 24 * 400), refused: "it isn't for r.example, but for DNS:x" };
    assert.deepEqual(texts(refused), [
      "certificate: The certificate that registry-2 serves is refused: it isn't for r.example, but for DNS:x. Renew " +
        "it: npm run pulumi -- up --stack local. If registry-2 still serves the old one: npm run replace -- local registry-2",
    ]);
  });

  it("of the user's own certificate asks for a new one: no up and no repair renews it", () => {
    const brought = { ...certificate("worker-1", -24), brought: true };
    assert.match(
      texts(brought)[0] ?? "",
      /expired 24 h 0 min ago.*your own.*config set --stack local --path swarm-ha:ing/,
    );
    const evaluation = evaluate(desired, found(desired, nodesOf(desired), { certificates: [brought] }));
    assert.equal(evaluation.exitCode, 1);
    assert.deepEqual(planRepair({ desired, evaluation, others: [], tried: new Set() }).steps, []);
  });

  it("of an ACME authority's certificate is a problem in the last quarter of its validity, and names the step acme", () => {
    const acme = (hours: number, acmeDays: number): LiveCertificate => ({
      ...certificate("worker-1", hours),
      acmeDays,
    });
    assert.deepEqual(texts(acme(23 * 24, 90), acme(12 * 24, 45), acme(40 * 24, 365)), []);
    assert.deepEqual(texts(acme(11 * 24, 45)), [
      "renewal: The certificate that worker-1 serves expires in 11 d 0 h and is due since 6 h 0 min. Renew it: " +
        "npm run pulumi -- up --stack local. If its step acme fails, the error has the reason. If the update changes " +
        "nothing, swarm-ha:ingress.acme.renewAfterDays is too long. If worker-1 still serves the old one: npm run replace -- local worker-1",
    ]);
    assert.match(texts(acme(29 * 24, 365))[0] ?? "", /^renewal: /);
    const evaluation = evaluate(desired, found(desired, nodesOf(desired), { certificates: [acme(24, 45)] }));
    assert.equal(evaluation.exitCode, 1);
  });

  it("degrades the status, stops no replacement, and is repaired by an up", () => {
    const certificates = [certificate("manager-2", 24), certificate("authority", 24, "authority")];
    const evaluation = evaluate(desired, found(desired, nodesOf(desired), { certificates }));
    assert.equal(evaluation.exitCode, 1);
    assert.deepEqual(
      evaluation.problems.map(({ kind }) => kind),
      ["renewal", "renewal"],
    );
    assert.deepEqual(obstacles(evaluation.problems, new Set(["worker-1"])), []);
    const { steps } = planRepair({ desired, evaluation, others: [], tried: new Set() });
    assert.deepEqual(steps, [{ kind: "up", names: ["manager-2"], why: "new certificates are due" }]);
  });
});

describe("certificates that can't be read", () => {
  const unread = (...hosts: string[]) => hosts.map((host) => ({ host, reason: `no answer in 5 s from ${host}` }));

  it("are one problem for each role, with the first host's reason", () => {
    const problems = unreadProblems(desired, unread("worker-1", "worker-2", "registry-3"), new Set());
    assert.deepEqual(
      problems.map(({ kind, hosts, text }) => [kind, hosts, text]),
      [
        [
          "unread",
          ["registry-3"],
          "The certificate that registry-3 serves can't be read from the bastion (no answer in 5 s from registry-3). " +
            "Check the service there: docker --context swarm-ha-local service ls",
        ],
        [
          "unread",
          ["worker-1", "worker-2"],
          "The certificates that worker-1 and worker-2 serve can't be read from the bastion (worker-1: no answer in 5 s " +
            "from worker-1). Check the service there: docker --context swarm-ha-local service ls",
        ],
      ],
    );
  });

  it("degrade the status, and stop no replacement and no repair", () => {
    const live = found(desired, nodesOf(desired), { unreadCertificates: unread("worker-2") });
    const evaluation = evaluate(desired, live);
    assert.equal(evaluation.exitCode, 1);
    assert.deepEqual(obstacles(evaluation.problems, new Set(["worker-1"])), []);
    assert.deepEqual(planRepair({ desired, evaluation, others: [], tried: new Set() }).steps, []);
  });

  it("aren't reported for a host with another problem", () => {
    const nodes = nodesOf(desired, { "worker-2": { state: "down" } });
    const { problems } = evaluate(desired, found(desired, nodes, { unreadCertificates: unread("worker-2") }));
    assert.ok(problems.some(({ hosts }) => hosts.includes("worker-2")));
    assert.ok(!problems.some(({ kind }) => kind === "unread"));
  });
});

describe("why a client refuses a certificate", () => {
  it("is the name or the issuer", async () => {
    const [sign, other] = [await stranger(), await stranger()];
    const names = [{ type: "dns" as const, value: "*.app.example" }];
    const { cert } = await sign({ name: "applications", use: "server", names });
    assert.equal(refusal(cert, "status.app.example", sign.pem), undefined);
    assert.equal(refusal(cert, "status.app.example", undefined), undefined);
    assert.match(refusal(cert, "status.app.example", other.pem) ?? "", /authority hasn't signed it/);
    assert.equal(
      refusal(cert, "a.b.app.example", undefined),
      "it isn't for a.b.app.example, but for DNS:*.app.example",
    );
    const nameless = await sign({ name: "nobody", use: "server" });
    assert.match(refusal(nameless.cert, "r.example", sign.pem) ?? "", /but for no name/);
  });
});

describe("reading the certificates", () => {
  /** What is found of a manager with the stack's authority's certificate and a worker with another's, by host. */
  async function served(appCertificate?: string, second = false): Promise<Record<string, LiveCertificate>> {
    const [authority, another] = [await stranger(), await stranger()];
    const manager = await authority({ name: "m", use: "server", names: [{ type: "dns", value: "m.example" }] });
    const names = [{ type: "dns" as const, value: "*.app.example" }];
    const app = await another({ name: "applications", use: "server", names, days: [-5, 40] });
    const unused = (): Promise<never> => Promise.reject(new Error("it isn't asked"));
    const outputs = stackOutputsSchema.parse({
      swarmId: SWARM,
      hosts: {
        "manager-1": { role: "manager", zone: "a", address: "10.0.0.1" },
        "worker-1": { role: "worker", zone: "a", address: "10.0.0.2" },
        "worker-2": { role: "worker", zone: "b", address: "10.0.0.3" },
      },
      endpoints: { manager: "tcp://m.example:2376", app: "https://*.app.example" },
      caCertificate: second ? `${authority.pem}\n${another.pem}\n` : authority.pem,
      access: {
        bastion: { host: "h", port: 1, user: "root", privateKey: "p", hostKey: "h" },
        client: manager,
        ...(appCertificate === undefined ? {} : { appCertificate }),
        nodes: [],
        loadBalancers: { manager: { url: "tcp://m.example:2376" } },
      },
    });
    const shown: Record<string, string> = {
      "10.0.0.1:2376 m.example": manager.cert,
      "10.0.0.2:443 status.app.example": app.cert,
    };
    const { found, unread } = await lookAtCertificates(
      {
        managers: [],
        balanced: { name: "nobody", call: unused },
        page: unused,
        certificate: (address, port, asked) => {
          const pem = shown[`${address}:${String(port)} ${asked}`];
          return pem === undefined
            ? Promise.reject(new Error("refused"))
            : Promise.resolve(new X509Certificate(pem).raw);
        },
        close: () => undefined,
      },
      outputs,
    );
    const servers = found.filter(({ use }) => use === "server");
    assert.deepEqual(
      servers.map(({ owner }) => owner),
      ["manager-1", "worker-1"],
    );
    assert.deepEqual(unread, [{ host: "worker-2", reason: "refused" }]);
    return Object.fromEntries(found.filter(({ use }) => use !== "client").map((one) => [one.owner, one]));
  }

  it("takes the validity of an ACME authority's certificate from what is served, and doesn't check its issuer", async () => {
    const { "manager-1": manager, "worker-1": worker } = await served("acme");
    assert.ok(Math.abs((worker?.acmeDays ?? 0) - 45) < 0.01, String(worker?.acmeDays));
    assert.equal(worker?.refused, undefined);
    assert.equal(manager?.acmeDays, undefined);
  });

  it("marks an authority beside which another one is trusted", async () => {
    const { authority } = await served("stack", true);
    assert.equal(authority?.rotating, true);
    assert.equal((await served("stack"))["authority"]?.rotating, undefined);
  });

  it("marks the user's own certificate", async () => {
    const { "worker-1": worker } = await served("user");
    assert.deepEqual([worker?.brought, worker?.refused, worker?.acmeDays], [true, undefined, undefined]);
  });

  it("names one that the stack's authority should have signed, but hasn't", async () => {
    const { "manager-1": manager, "worker-1": worker } = await served("stack");
    assert.equal(worker?.refused, "the stack's authority hasn't signed it");
    assert.equal(manager?.refused, undefined);
  });

  it("doesn't check the issuer without that output of the last up", async () => {
    const { "worker-1": worker } = await served();
    assert.deepEqual([worker?.refused, worker?.brought, worker?.acmeDays], [undefined, undefined, undefined]);
  });
});
