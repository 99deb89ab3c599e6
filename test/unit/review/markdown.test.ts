import assert from "node:assert/strict";
import fc from "fast-check";
import { deletedHosts } from "../../../cli/review/losses";
import { failure, markdown } from "../../../cli/review/markdown";
import type { ChangeKind } from "../../../cli/review/preview";
import { reviewOf } from "../../../cli/review/review";
import { leaks, secretsIn } from "../../../cli/review/secrets";
import { hosts, instance, preview, previewText, step, times } from "./support";

const page = (steps: Record<string, unknown>[], config: Record<string, string> = {}) =>
  markdown(reviewOf(preview(steps, config)));

describe("the review as Markdown", () => {
  it("begins with what a comment on a pull request is found by", () => {
    assert.match(page(hosts("manager", times(3, "added"))), /^<!-- swarm-ha review of x -->\n/);
  });

  it("says that nothing changes", () => {
    const text = page(hosts("manager", times(3, "unchanged")));
    assert.match(text, /\*\*Nothing changes\.\*\*/);
    assert.doesNotMatch(text, /<details>/);
    assert.match(text, /Secrets are untouched/);
  });

  it("names dangers first, with the line that acknowledges them", () => {
    const text = page(hosts("manager", ["replaced", "replaced", "unchanged"]));
    assert.match(
      text,
      /> \[!CAUTION\]\n> - \*\*not acknowledged\*\* `replaces-managers`: manager-1, manager-2 are replaced/,
    );
    assert.match(text, /`swarm-ha:acknowledge: \[replaces-managers\]`/);
    assert.ok(text.indexOf("CAUTION") < text.indexOf("### Availability"));
  });

  it("names policies that a stack in the cloud breaks, which nobody can acknowledge", () => {
    const two = hosts("manager", ["added", "added"]);
    const aws = reviewOf(preview(two, { "swarm-ha:platform": "aws" }));
    assert.deepEqual(aws.policies, [
      { name: "odd-managers", reason: "there are 2 managers; 1, 3, 5 or 7 are allowed" },
      ...aws.policies.slice(1),
    ]);
    assert.match(markdown(aws), /> \[!CAUTION\]\n> - policy `odd-managers`: there are 2 managers/);
    assert.deepEqual(reviewOf(preview(two, { "swarm-ha:platform": "local" })).policies, []);
    const three = preview(hosts("manager", times(3, "added")), { "swarm-ha:platform": "aws" });
    assert.deepEqual(reviewOf(three).policies, []);
    // What goes breaks nothing.
    const fewer = [...hosts("manager", times(3, "unchanged")), step("x:y:Z", "gone", { op: "delete" })];
    assert.deepEqual(reviewOf(preview(fewer, { "swarm-ha:platform": "aws" })).policies, []);
  });

  it("names what is deleted with hosts, or that nobody knows it", () => {
    const review = reviewOf(preview(hosts("worker", ["replaced", "unchanged", "removed"])));
    const names = deletedHosts(review.hosts);
    assert.deepEqual(names, ["worker-1", "worker-3"]);
    assert.deepEqual(deletedHosts(reviewOf(preview(hosts("manager", ["replaced"]))).hosts), []);
    const losses = ["the volume kept on worker-1"];
    const some = markdown(review, { hosts: names, losses, unknown: { "worker-3": "timed out" } });
    assert.match(some, /- \*\*Deleted with its host:\*\* the volume kept on worker-1\n/);
    assert.match(some, /- \*\*Unknown data loss:\*\* .*`worker-3` could not be listed \(timed out\)\n/);
    assert.match(markdown(review, { hosts: names, losses: [], unknown: {} }), /`worker-1`, `worker-3`: no volumes/);
  });

  it("of a preview that failed has the same first line, and what was said, whatever stands in it", () => {
    const text = failure("x", "error: a\n```\nb");
    assert.match(text, /^<!-- swarm-ha review of x -->\n/);
    assert.ok(text.includes("````\nerror: a\n```\nb\n````"), text);
  });

  it("is the same in whatever order the Pulumi engine comes to the resources", () => {
    const kind = fc.constantFrom<ChangeKind>("added", "removed", "replaced", "updated", "unchanged");
    fc.assert(
      fc.property(fc.array(kind, { minLength: 1, maxLength: 8 }), fc.infiniteStream(fc.nat()), (kinds, order) => {
        const steps = [...hosts("manager", kinds), ...hosts("worker", kinds)];
        const shuffled = steps
          .map((one) => ({ one, at: order.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ one }) => one);
        assert.equal(page(shuffled), page(steps));
      }),
    );
  });

  it("draws each zone, and what happens to each host", () => {
    const text = page([
      ...hosts("manager", ["added", "removed", "replaced"]),
      ...hosts("worker", times(30, "unchanged")),
    ]);
    for (const line of [
      /subgraph zone0\["zone-a"\]/,
      /\["manager-1 \+"\]:::added/,
      /\["manager-2 −"\]:::removed/,
      /\["manager-3 ±"\]:::replaced/,
      /\["10 hosts of worker"\]:::unchanged/,
    ]) {
      assert.match(text, line);
    }
  });

  it("begins no label with what Markdown takes for a list: Mermaid 11 draws an error then", () => {
    const kind = fc.constantFrom<ChangeKind>("added", "removed", "replaced", "updated", "unchanged");
    fc.assert(
      fc.property(fc.array(kind, { minLength: 1, maxLength: 30 }), (kinds) => {
        const text = page([...hosts("worker", kinds), instance("bastion", "bastion", "zone-a", kinds[0] ?? "added")]);
        for (const [, label] of text.matchAll(/\["([^"]*)"\]/g)) assert.doesNotMatch(label ?? "", /^([-+*] |\d+[.)] )/);
      }),
    );
  });

  it("names the bastion and load balancers that go, where no host does", () => {
    const steps = [...hosts("manager", times(3, "unchanged")), instance("bastion", "bastion", "zone-a", "replaced")];
    assert.match(page(steps), /\*\*No host changes; bastion replaced\*\*/);
  });

  it("tells keys from certificates", () => {
    const certificate = step("tls:index/locallySignedCert:LocallySignedCert", "app-certificate", { op: "replace" });
    const text = page([...hosts("manager", times(3, "unchanged")), certificate]);
    assert.match(text, /- Secrets are untouched: no key changes\.\n- Certificates replaced: `app-certificate`/);
  });

  it("says of new data that nothing protects it", () => {
    const bucket = (protect: boolean) => page([step("aws:s3/bucket:Bucket", "images", { op: "create", protect })]);
    assert.match(
      bucket(false),
      /- Not protected: `images`\. Destroying the stack deletes the images or backups in it\./,
    );
    assert.doesNotMatch(bucket(true), /Not protected/);
  });

  it("lists what is billed before and after", () => {
    const alarm = (op: string) => page([step("aws:cloudwatch/metricAlarm:MetricAlarm", "a", { op })]);
    assert.match(
      alarm("create"),
      /\*\*1 × CloudWatch alarm more\.\*\* Without amounts: docs\/cost\.md .*\n\n\| billed .*\n.*\n\| CloudWatch alarm \| 0 \| 1 \|/,
    );
    assert.match(alarm("delete"), /\*\*1 × CloudWatch alarm fewer\.\*\*/);
    assert.match(alarm("same"), /Nothing that is billed changes in count, type or size\.\n\n\| billed/);
    assert.match(page(hosts("manager", times(3, "added"))), /### Cost\n\nNothing in this stack is billed\./);
  });

  it("fits into a comment, however large the stack", () => {
    const steps = [...hosts("worker", times(2000, "added"))];
    const commands = times(2000, "added").map((_, i) =>
      step("command:remote:Command", `node-worker-${i}`, { op: "create" }),
    );
    assert.ok(page([...steps, ...commands]).length < 65_536);
  });

  it("lets no name out of its table", () => {
    const text = page([step("a:b:C", "x`|\n| y", { op: "create" })]);
    assert.match(text, /\| added \| `x \\\| \\\| y` \|/);
  });
});

describe("secrets in a preview", () => {
  it("are found where the Pulumi engine doesn't know of them", () => {
    const text = previewText(
      [
        step("tls:index/privateKey:PrivateKey", "ca-key", {
          outputs: {
            privateKeyPem: "-----BEGIN PRIVATE KEY-----\nabc",
            oddName: "declared-secret",
            blinded: "[secret]",
          },
          more: {
            newState: { type: "t", additionalSecretOutputs: ["oddName"], outputs: { oddName: "declared-secret" } },
          },
        }),
        step("a:b:C", "x", {
          op: "create",
          inputs: { nested: [{ adminPassword: "correct horse" }], plain: "harmless value" },
        }),
      ],
      { "swarm-ha:someToken": "token-value" },
    );
    assert.deepEqual([...secretsIn(JSON.parse(text))].sort(), [
      "-----BEGIN PRIVATE KEY-----\nabc",
      "correct horse",
      "declared-secret",
      "token-value",
    ]);
  });

  it("don't include user names, which may be names of resources", () => {
    const credentials = { credentials: { username: "registry", password: "correct horse" } };
    const text = previewText([
      ...hosts("registry", ["unchanged"]),
      step("a:b:C", "x", { op: "create", inputs: credentials }),
    ]);
    assert.deepEqual([...secretsIn(JSON.parse(text))], ["correct horse"]);
  });

  it("never stand in the page", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9+/]{16,40}$/);
    fc.assert(
      fc.property(secret, (value) => {
        const steps = [
          ...hosts("manager", times(3, "replaced")),
          step("command:remote:Command", "init", { op: "update", inputs: { stdin: value, create: "true" } }),
          step("tls:index/privateKey:PrivateKey", "ca-key", { op: "replace", outputs: { privateKeyPem: value } }),
        ];
        assert.equal(leaks(page(steps), new Set([value])), false);
      }),
    );
  });

  it("are noticed when they do", () => {
    assert.equal(leaks("| `correct horse` |", new Set(["correct horse\n"])), true);
  });
});
