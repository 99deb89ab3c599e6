import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askForCa } from "../../../cli/cluster/external-ca";
import { evaluate } from "../../../cli/cluster/evaluate";
import { readSettings, settingsIn } from "../../../cli/cluster/swarm-settings";
import { planRepair } from "../../../cli/operations/plan-repair";
import type { Known } from "../../../config/known";
import { externalCaProblems } from "../../../config/rules/external-ca";
import { shellQuote } from "../../../components/shell-quote";
import { dataText, readScript } from "../../../components/ssh/script";
import { bash, type BashRan } from "../../support/bash";
import { ownRoot, type OwnRoot } from "../../support/external-ca";
import { found, nodesOf, wanted } from "../cluster/support";

const HOUR = 3600e9;
const URLS = ["https://ca-1.example:8888/api/v1/cfssl/sign", "https://ca-2.example:8888/api/v1/cfssl/sign"];
const LABEL = "swarm-ha.external-ca";
const STEP = "urn:pulumi:local::swarm-ha::command:remote:Command::swarm-settings";

let company: OwnRoot;
let other: OwnRoot;
let internal: OwnRoot;
before(async () => {
  [company, other, internal] = await Promise.all([ownRoot("company"), ownRoot("other"), ownRoot("swarm-ca")]);
});

interface State {
  readonly trust: string;
  readonly cas?: readonly { readonly Protocol: string; readonly URL: string; readonly CACert: string }[];
  readonly label?: boolean;
  readonly rotating?: boolean;
}

describe("the step that moves a swarm to an external CA", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-external-ca-"));
    // Answers with files. After each change, the next state of the swarm follows; it is kept what was posted.
    writeFileSync(
      join(folder, "curl"),
      `#!/bin/bash
for url; do :; done
case $url in
*/nodes) cat >/dev/null; cat "${folder}/nodes.json"; printf '\\n200' ;;
*/swarm) cat >/dev/null
  # A rotation ends when it has been looked at twice.
  cat "${folder}/swarm-0.json"; printf '\\n200'
  if [ -e "${folder}/looked" ] && [ -e "${folder}/ends" ]; then mv "${folder}/ends" "${folder}/swarm-0.json"; fi
  touch "${folder}/looked" ;;
*) n=$(ls "${folder}" | grep -c ^posted || true); cat >"${folder}/posted-$n.json"
  if [ -e "${folder}/refusal" ]; then cat "${folder}/refusal"; printf '\\n400'; exit; fi
  rm -f "${folder}/looked"
  [ ! -e "${folder}/then-$n.json" ] || cp "${folder}/then-$n.json" "${folder}/swarm-0.json"
  [ ! -e "${folder}/ends-$n.json" ] || cp "${folder}/ends-$n.json" "${folder}/ends"
  printf '\\n200' ;;
esac
`,
    );
    chmodSync(join(folder, "curl"), 0o755);
    writeFileSync(join(folder, "managers"), "manager-1 10.0.0.1\n");
    writeFileSync(join(folder, "hosts"), "manager-1 manager manager a 1\nworker-1 worker worker a 1\n");
    nodes();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const json = (name: string, value: unknown): void => {
    writeFileSync(join(folder, name), JSON.stringify(value));
  };
  const nodes = (state = "ready"): void => {
    const node = (Hostname: string, State: string) => ({ Description: { Hostname }, Status: { State } });
    json("nodes.json", [
      { ...node("manager-1", "ready"), ManagerStatus: { Reachability: "reachable" } },
      node("worker-1", state),
    ]);
  };
  const swarmOf = ({ trust, cas, label = false, rotating = false }: State) => ({
    Version: { Index: 12 },
    RootRotationInProgress: rotating,
    TLSInfo: { TrustRoot: trust },
    JoinTokens: { Worker: "SWMTKN-secret" },
    Spec: {
      Labels: { mine: "1", ...(label ? { [LABEL]: "cfssl" } : {}) },
      CAConfig: { NodeCertExpiry: 720 * HOUR, ForceRotate: 2, ...(cas === undefined ? {} : { ExternalCAs: cas }) },
    },
  });
  const caOf = (root: OwnRoot) => URLS.map((URL) => ({ Protocol: "cfssl", URL, CACert: root.certificate.trim() }));

  /** Runs the step. @param after the states after each change, and where they rotate, what they end in */
  function run(
    now: State,
    wantedRoot: OwnRoot | undefined,
    after: readonly (readonly [State, State?])[] = [],
  ): BashRan & { readonly posted: { Labels: object; CAConfig: Record<string, unknown> }[] } {
    json("swarm-0.json", swarmOf(now));
    after.forEach(([then, ends], n) => {
      json(`then-${String(n)}.json`, swarmOf(then));
      if (ends !== undefined) json(`ends-${String(n)}.json`, swarmOf(ends));
    });
    const script = readScript("swarm-settings").text.replaceAll("/etc/swarm-ha/", `${folder}/`);
    const data = { certificateExpiry: 720, client: { key: "key" } };
    const externalCa = wantedRoot === undefined ? {} : { externalCa: { urls: URLS, root: wantedRoot.certificate } };
    const input = dataText({ ...data, ...externalCa });
    const ran = bash(script, { input, env: { PATH: `${folder}:${process.env["PATH"] ?? ""}` } });
    const posted: { Labels: object; CAConfig: Record<string, unknown> }[] = [];
    for (let n = 0; existsSync(join(folder, `posted-${String(n)}.json`)); n++)
      posted.push(JSON.parse(readFileSync(join(folder, `posted-${String(n)}.json`), "utf8")) as never);
    return { ...ran, posted };
  }

  it("gives the swarm the CA and its root in one change, and waits until all nodes have renewed", () => {
    const cas = caOf(company);
    const { code, stderr, stdout, posted } = run({ trust: internal.certificate }, company, [
      [
        { trust: internal.certificate, cas, label: true, rotating: true },
        { trust: company.certificate, cas, label: true },
      ],
    ]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(posted, [
      {
        Labels: { mine: "1", [LABEL]: "cfssl" },
        CAConfig: {
          NodeCertExpiry: 720 * HOUR,
          ForceRotate: 2,
          ExternalCAs: cas,
          SigningCACert: company.certificate.trim(),
        },
      },
    ]);
    const printed = JSON.parse(stdout) as { externalCa: { urls: string[]; root: string } };
    assert.deepEqual(printed.externalCa.urls, URLS);
    assert.match(printed.externalCa.root, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  it("changes nothing where all is as configured", () => {
    const { code, posted } = run({ trust: company.certificate, cas: caOf(company), label: true }, company);
    assert.deepEqual([code, posted], [0, []]);
  });

  it("changes only the URLs of a CA that signs already", () => {
    const [first] = caOf(company);
    assert.ok(first);
    nodes("down");
    const { code, stderr, posted } = run({ trust: company.certificate, cas: [first], label: true }, company, [
      [{ trust: company.certificate, cas: caOf(company), label: true }],
    ]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      posted.map(({ CAConfig }) => CAConfig["ExternalCAs"]),
      [caOf(company)],
    );
    // The swarm refuses a certificate in its last year.
    assert.ok(!("SigningCACert" in (posted[0]?.CAConfig ?? {})));
  });

  it("gives the certificate again where another rotation is under way", () => {
    const cas = caOf(company);
    const rotating = { trust: company.certificate, cas, label: true, rotating: true };
    const { code, stderr, posted } = run(rotating, company, [[{ trust: company.certificate, cas, label: true }]]);
    assert.equal(code, 0, stderr);
    assert.equal(posted[0]?.CAConfig["SigningCACert"], company.certificate.trim());
  });

  it("refuses to begin while a node is down, and goes on with what a killed run has begun", () => {
    nodes("down");
    const refused = run({ trust: internal.certificate }, company);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /worker-1 is down\. Nothing was changed/);
    assert.deepEqual(refused.posted, []);
    const cas = caOf(company);
    const begun = { trust: internal.certificate, cas, label: true, rotating: true };
    const { code, stderr } = run(begun, company, [[begun, { trust: company.certificate, cas, label: true }]]);
    assert.equal(code, 0, stderr);
  });

  it("refuses the way from one external CA to another", () => {
    const { code, stderr, posted } = run({ trust: other.certificate, cas: caOf(other), label: true }, company);
    assert.equal(code, 1);
    assert.match(stderr, /another external CA.*Nothing was changed\. Remove swarm-ha:externalCa/);
    assert.deepEqual(posted, []);
  });

  it("says why the swarm refuses it", () => {
    writeFileSync(join(folder, "refusal"), '{"message":"there must be at least one valid, reachable external CA"}');
    const { code, stderr } = run({ trust: internal.certificate }, company);
    assert.equal(code, 1);
    assert.match(stderr, /refuses the external CA: HTTP 400: there must be at least one.*Nothing was changed/);
    assert.doesNotMatch(stderr, /SWMTKN/);
  });

  it("goes back in two changes: a new root while the CA is still there, then without it", () => {
    const cas = caOf(company);
    const { code, stderr, stdout, posted } = run({ trust: company.certificate, cas, label: true }, undefined, [
      [
        { trust: company.certificate, cas, label: true, rotating: true },
        { trust: internal.certificate, cas, label: true },
      ],
      [{ trust: internal.certificate }],
    ]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      posted.map(({ Labels, CAConfig }) => [Object.keys(Labels), CAConfig["ForceRotate"], CAConfig["ExternalCAs"]]),
      [
        [["mine", LABEL], 3, cas],
        [["mine"], 2, []],
      ],
    );
    assert.deepEqual(JSON.parse(stdout), { certificateExpiry: 720 });
  });

  it("gives up a move that never ended", () => {
    const { code, stderr, posted } = run(
      { trust: internal.certificate, cas: caOf(company), label: true, rotating: true },
      undefined,
      [
        [
          { trust: internal.certificate, label: true, rotating: true },
          { trust: other.certificate, label: true },
        ],
        [{ trust: other.certificate }],
      ],
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      posted.map(({ CAConfig }) => CAConfig["ForceRotate"]),
      [3, 2],
    );
  });

  it("leaves an external CA alone that was set by hand", () => {
    const { code, posted } = run({ trust: company.certificate, cas: caOf(company) }, undefined);
    assert.deepEqual([code, posted], [0, []]);
  });
});

describe("the certificate of an external CA", () => {
  it("has to be a CA's", async () => {
    const { certificate } = await company.server("10.0.0.1");
    const problems = (rootCertificate: string) =>
      externalCaProblems({ externalCa: { rootCertificate } } as unknown as Known).map(({ got }) => got);
    assert.deepEqual(problems(company.certificate), []);
    assert.deepEqual(problems(certificate), ["a certificate that signs no others (CN=ca)"]);
  });
});

describe("the check of an external CA", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "swarm-ha-external-ca-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** A CA that signs each request by openssl. @param root what is configured */
  function check(
    root: OwnRoot,
    {
      signer = root,
      usages = "clientAuth,serverAuth",
      subject = "",
      trusts = "",
    }: { signer?: OwnRoot; usages?: string; subject?: string; trusts?: string } = {},
  ): BashRan {
    writeFileSync(join(folder, "trusts.pem"), trusts);
    writeFileSync(join(folder, "signer.pem"), signer.certificate);
    writeFileSync(join(folder, "signer.key"), signer.key, { mode: 0o600 });
    writeFileSync(join(folder, "extensions"), `extendedKeyUsage=${usages}\n`);
    const curl = `#!/bin/bash
for word; do case $word in @*) body=\${word#@} ;; esac; done
cd ${folder}
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout own.key \\
  -subj "${subject === "" ? '$(jq -r \'.subject | "/O=\\(.names[0].O)/OU=\\(.names[0].OU)/CN=\\(.CN)"\' "$body")' : subject}" -out own.csr 2>/dev/null
openssl x509 -req -in own.csr -CA signer.pem -CAkey signer.key -days 1 -extfile extensions -out own.pem 2>/dev/null
jq -Rsc '{ success: true, result: { certificate: . } }' own.pem
printf '\\n200'
`;
    writeFileSync(join(folder, "curl"), curl, { mode: 0o755 });
    const script = readScript("external-ca").text.replaceAll("/run/swarm-ha", `${folder}/run`);
    const input = dataText({ action: "check", urls: URLS, root: root.certificate });
    const [node_root, node_key] = [join(folder, "trusts.pem"), join(folder, "node.key")];
    writeFileSync(node_key, company.key);
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}`, node_certificate: node_root, node_key, node_root };
    return bash(script, { input, env });
  }

  /** The check, or a look, of a manager of an autolocked swarm with this root, while curl says this and ends with this code. */
  function locked(action: "check" | "look", trusts: OwnRoot, said: string, code: number): BashRan {
    const curl = `#!/bin/bash\nprintf '%s\\n' ${shellQuote(said)}\nexit ${String(code)}\n`;
    writeFileSync(join(folder, "curl"), curl, { mode: 0o755 });
    const [node_root, node_key] = [join(folder, "trusts.pem"), join(folder, "node.key")];
    writeFileSync(node_root, trusts.certificate);
    writeFileSync(node_key, company.key.replace("\n", "\nProc-Type: 4,ENCRYPTED\n"));
    const script = readScript("external-ca").text.replaceAll("/run/swarm-ha", `${folder}/run`);
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}`, node_certificate: node_root, node_key, node_root };
    return bash(script, { input: dataText({ action, urls: URLS, root: company.certificate }), env });
  }
  const WANTS = "curl: (56) OpenSSL SSL_read: SSL routines::tlsv13 alert certificate required, errno 0\n000";

  it("takes an answer for enough on a locked-key manager of a swarm that has this root, and only there", () => {
    const moved = locked("check", company, WANTS, 56);
    assert.equal(moved.code, 0, moved.stderr);
    const dead = locked("check", company, "curl: (7) Failed to connect\n000", 7);
    assert.equal(dead.code, 1);
    assert.match(dead.stderr, /ca-1\.example.* doesn't answer: curl: \(7\)/);
    const before = locked("check", internal, WANTS, 56);
    assert.equal(before.code, 1);
    assert.match(before.stderr, /wants a client certificate, and this node's key is encrypted: autolock/);
  });

  it("takes a server's error for no answer, and a refusal for one", () => {
    assert.match(locked("check", company, "<html>\n502", 0).stderr, /doesn't answer: HTTP 502/);
    assert.equal(locked("check", company, "Method is not allowed\n405", 0).code, 0);
    const { silent } = JSON.parse(locked("look", company, "<html>\n503", 0).stdout) as { silent: unknown[] };
    assert.deepEqual(
      silent,
      URLS.map((url) => ({ url, seen: "HTTP 503" })),
    );
  });

  it("asks a swarm's own root for no remaining validity, and still tries what the CA signs", async () => {
    const short = await ownRoot("short", 300);
    const trusts = short.certificate;
    assert.equal(check(short, { trusts }).code, 0);
    assert.match(check(short, { trusts, signer: other }).stderr, /what it signs is not a certificate/);
    assert.match(check(short, { trusts: other.certificate }).stderr, /expires within a year/);
  });

  it("calls all URLs at once", () => {
    const curl = `#!/bin/bash
touch ${folder}/began-$$
for try in $(seq 50); do
  if (($(ls ${folder} | grep -c ^began-) > 1)); then printf 'x\n405'; exit; fi
  sleep 0.1
done
echo 'curl: (28) alone'; exit 28
`;
    writeFileSync(join(folder, "curl"), curl, { mode: 0o755 });
    const script = readScript("external-ca").text.replaceAll("/run/swarm-ha", `${folder}/run`);
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}`, node_certificate: "/none", node_key: "/none" };
    const { code, stdout, stderr } = bash(script, {
      input: dataText({ action: "look", urls: URLS, root: company.certificate }),
      env,
    });
    assert.equal(code, 0, stderr);
    assert.equal(stdout.trim(), '{"silent":[]}');
  });

  it("accepts one that signs with the configured root, for client and server", () => {
    const { code, stderr } = check(company);
    assert.equal(code, 0, stderr);
  });

  it("refuses another root, other usages, another subject, and a root without a future; and says that nothing was changed", async () => {
    const short = await ownRoot("short", 300);
    const refusals: readonly (readonly [BashRan, RegExp])[] = [
      [check(company, { signer: other }), /what it signs is not a certificate of rootCertificate/],
      [check(company, { usages: "clientAuth" }), /not a certificate of rootCertificate for client and server/],
      [check(company, { subject: "/CN=always-me" }), /signs another subject/],
      [check(short), /expires within a year/],
    ];
    for (const [{ code, stderr }, pattern] of refusals) {
      assert.equal(code, 1, stderr);
      assert.match(stderr, pattern);
      assert.match(stderr, /Nothing was changed/);
    }
    assert.match(refusals[0]?.[0].stderr ?? "", /ca-1\.example/);
  });

  it("says why the CA can't be asked, and what to look at", () => {
    const reasons: readonly (readonly [said: string, pattern: RegExp, answers?: boolean])[] = [
      ["curl: (7) Failed to connect to ca port 8888: Connection refused", /: curl: \(7\) Failed .* refused\. Nothing/],
      [
        "curl: (60) SSL certificate problem: unable to get local issuer certificate\nMore details here: https://curl.se",
        /local issuer certificate \(its server certificate has to be signed by rootCertificate\)/,
      ],
      [
        "curl: (56) OpenSSL SSL_read: OpenSSL/3.5.1: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0",
        /it wants a client certificate, and this host has none/,
        true,
      ],
    ];
    for (const [said, pattern, answers = false] of reasons) {
      writeFileSync(
        join(folder, "curl"),
        `#!/bin/bash\nprintf '%s\\n' ${shellQuote(said)} >&2; printf '\\n000'; exit 1\n`,
        {
          mode: 0o755,
        },
      );
      const script = readScript("external-ca").text.replaceAll("/run/swarm-ha", `${folder}/run`);
      const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}`, node_certificate: "/none", node_key: "/none" };
      const data = { urls: URLS, root: company.certificate };
      const { code, stderr } = bash(script, { input: dataText({ action: "check", ...data }), env });
      assert.equal(code, 1, stderr);
      assert.match(stderr, pattern);
      const looked = bash(script, { input: dataText({ action: "look", ...data }), env });
      assert.equal(looked.code, 0, looked.stderr);
      const { silent } = JSON.parse(looked.stdout) as { silent: { url: string; seen: string }[] };
      // A manager whose key is encrypted can't log in, but sees that the CA is there.
      assert.deepEqual(
        silent.map(({ url }) => url),
        answers ? [] : URLS,
      );
      for (const { seen } of silent) assert.match(seen, /^curl: /);
    }
  });

  it("takes the node's key without the headers that swarmkit writes into it", () => {
    const key = company.key.replace("\n", "\nkek-version: 16\nraft-dek: CAESIA==\n\n");
    writeFileSync(join(folder, "node.key"), key);
    const script = `. scripts/lib/external-ca.sh\nplain_key`;
    const { stdout } = bash(script, { env: { node_key: join(folder, "node.key") } });
    assert.equal(stdout.trim(), company.key.trim());
    execFileSync("openssl", ["pkey", "-noout"], { input: stdout });
  });
});

describe("the status of an external CA", () => {
  const state = (stdout: unknown) => ({
    deployment: { resources: [{ urn: STEP, type: "command:remote:Command", outputs: { stdout } }] },
  });

  it("compares what the step has printed with what the swarm has", async () => {
    const [CA] = [company.certificate];
    const live = await readSettings(() =>
      Promise.resolve({ Spec: { CAConfig: { ExternalCAs: URLS.map((URL) => ({ URL, CACert: CA })) } } }),
    );
    const { root = "" } = live.externalCa ?? {};
    const settings = settingsIn(
      state(JSON.stringify({ autolock: false, certificateExpiry: 2160, externalCa: { urls: URLS, root } })),
    );
    assert.ok(settings);
    const desired = { ...wanted(), settings };
    const look = (seen: typeof live) => evaluate(desired, found(desired, nodesOf(desired), { settings: seen }));
    assert.equal(look(live).status.healthy, true);
    const evaluation = look({ autolock: false, certificateExpiry: 2160 });
    assert.match(
      evaluation.status.problems.join(),
      /certificates from the swarm itself, and swarm-ha:externalCa is https/,
    );
    const { steps } = planRepair({ desired, evaluation, others: [], tried: new Set() });
    assert.deepEqual(
      steps.map((step) => ("redo" in step ? step.redo : step.kind)),
      [[STEP]],
    );
  });

  it("asks a CA that was set by hand without a certificate with the swarm's root", async () => {
    const TLSInfo = { TrustRoot: company.certificate };
    const ExternalCAs = [{ URL: URLS[0] }];
    const { externalCa } = await readSettings(() => Promise.resolve({ Spec: { CAConfig: { ExternalCAs } }, TLSInfo }));
    assert.deepEqual([externalCa?.pem, externalCa?.root], [company.certificate, ""]);
  });

  it("warns of a root that expires within the renewal time", async () => {
    const desired = { ...wanted(), renewalDays: 30 };
    const problems = async (days: number, when: Date): Promise<string> => {
      const pem = (await ownRoot("root", days)).certificate;
      const settings = { autolock: false, certificateExpiry: 2160, externalCa: { urls: URLS, root: "AB", pem } };
      return evaluate(desired, found(desired, nodesOf(desired), { settings, now: when })).status.problems.join("\n");
    };
    const now = new Date();
    assert.equal(await problems(40, now), "");
    assert.match(
      await problems(20, now),
      /The root of the swarm's external CA expires in (19 d 23|20 d 0) h\. .*Move the swarm/,
    );
    assert.match(await problems(20, new Date(now.getTime() + 21 * 86_400_000)), /expired (23|24) h \d+ min ago/);
  });

  it("names a manager that wasn't asked, unless it has another problem", async () => {
    const desired = wanted();
    const stack = { desired } as Parameters<typeof askForCa>[0];
    const { silent, unasked } = await askForCa(stack, {} as never, { urls: URLS, root: "AB" }, (_stack, host) => {
      if (host === "manager-2") return Promise.reject(new Error("no answer in 25 s"));
      if (host === "manager-3")
        return Promise.resolve({ end: { code: 1, stdout: "", stderr: "no curl" }, via: "bastion" });
      const stdout = JSON.stringify({ silent: URLS.map((url) => ({ url, seen: "refused" })) });
      return Promise.resolve({ end: { code: 0, stdout, stderr: "" }, via: "bastion" });
    });
    assert.deepEqual(
      silent.map(({ host, url }) => [host, url]),
      URLS.map((url) => ["manager-1", url]),
    );
    assert.deepEqual(unasked, [
      { host: "manager-2", reason: "no answer in 25 s" },
      { host: "manager-3", reason: "no curl" },
    ]);
    const nodes = nodesOf(desired, { "manager-3": { state: "down", reachability: "unreachable" } });
    const { status } = evaluate(desired, found(desired, nodes, { unaskedCa: unasked }));
    assert.equal(status.healthy, false);
    const text = status.problems.join("\n");
    assert.match(text, /unknown whether manager-2 gets answers .* it wasn't asked \(no answer in 25 s\)/);
    assert.doesNotMatch(text, /whether manager-3/);
  });

  it("names a URL without an answer, and what that means", () => {
    const desired = wanted();
    const settings = { autolock: false, certificateExpiry: 2160, externalCa: { urls: URLS, root: "AB" } };
    const of = (...silent: readonly (readonly [host: string, url: number])[]): string => {
      const silentCa = silent.map(([host, url]) => ({ host, url: URLS[url] ?? "", seen: "connection refused" }));
      const { status, platformHealthy } = evaluate(desired, found(desired, nodesOf(desired), { settings, silentCa }));
      assert.equal(status.healthy, silent.length === 0);
      assert.equal(platformHealthy, silent.length === 0);
      return status.problems.join("\n");
    };
    assert.equal(of(), "");
    assert.match(of(["manager-1", 0]), /ca-1.*no answer on manager-1 \(connection refused\).*uses the CA's other URLs/);
    const all = of(
      ...["manager-1", "manager-2", "manager-3"].flatMap(
        (host) =>
          [
            [host, 0],
            [host, 1],
          ] as const,
      ),
    );
    assert.match(all, /ca-1.*no manager gets an answer.*Services go on/);
    assert.equal(all.split("\n").length, 2);
  });
});
