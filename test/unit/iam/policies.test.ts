import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AWS_TYPES } from "../../../offline/aws/types";
import { ACTIONS, actionsOf } from "../../../dev/iam/actions";
import { POLICIES, type Policy, type Statement } from "../../../dev/iam/policies";
import { IAM_DOCS } from "../../../dev/iam-docs";
import { root } from "../../../cli/paths";

/** Characters of a managed policy, white space left out. Source: IAM user guide, "IAM and AWS STS quotas". */
const MOST = 6144;

/** Verbs of actions that change nothing. */
const READING = /^(?:Describe|Get|List)/;

/** Services of the `aws` program that IAM knows by another name. */
const PREFIXES: Readonly<Record<string, string>> = {
  elbv2: "elasticloadbalancing",
  resourcegroupstaggingapi: "tag",
  "service-quotas": "servicequotas",
  s3api: "s3",
};

/** Operations whose action has another name. Source: AWS's Service Authorization Reference. */
const RENAMED: Readonly<Record<string, string>> = { "s3:headbucket": "s3:listbucket" };

/** What messages tell people to run, and acceptance tests do with more rights. */
const ADVICE = ["servicequotas:requestservicequotaincrease", "ssm:deleteparameters", "ec2:terminateinstances"];

function policy(file: string): Policy {
  return JSON.parse(readFileSync(join(IAM_DOCS, file), "utf8")) as Policy;
}

function actions(...files: string[]): Set<string> {
  return new Set(files.flatMap((file) => policy(file).Statement.flatMap(({ Action }) => Action)));
}

const statement = (file: string, sid: string): Statement => {
  const found = policy(file).Statement.find(({ Sid }) => Sid === sid);
  assert.ok(found !== undefined, sid);
  return found;
};

describe("the policies of CI's roles", () => {
  it("are what the table of actions says now (else: npx tsx dev/iam-docs.ts, then npx prettier --write docs/iam)", () => {
    assert.deepEqual(readdirSync(IAM_DOCS).sort(), Object.keys(POLICIES).sort());
    for (const [file, make] of Object.entries(POLICIES)) assert.deepEqual(policy(file), make(), file);
  });

  it("fit into managed policies, and name each action", () => {
    for (const file of Object.keys(POLICIES)) {
      assert.ok(JSON.stringify(policy(file)).length <= MOST, `${file}: ${JSON.stringify(policy(file)).length}`);
      for (const action of actions(file)) assert.match(action, /^[a-z0-9]+:[A-Za-z0-9]+$/);
      const sids = policy(file).Statement.map(({ Sid }) => Sid);
      assert.equal(new Set(sids).size, sids.length, file);
    }
  });

  it("know every resource type of the program", () => {
    assert.deepEqual(Object.keys(ACTIONS).sort(), Object.keys(AWS_TYPES).sort());
    for (const [type, { read, create }] of Object.entries(ACTIONS))
      assert.ok(read.length > 0 && create.length > 0, type);
  });

  for (const type of Object.keys(AWS_TYPES)) {
    it(`let a preview read ${type}, and a deployment create, change and delete it`, () => {
      const { read = [], create = [], update = [], delete: remove = [] } = ACTIONS[type] ?? {};
      const preview = actions("preview.json");
      // The value of a host key is a secret, and previews don't refresh.
      for (const action of read) assert.ok(preview.has(action) || action === "ssm:GetParameter", `preview: ${action}`);
      const deploy = actions("preview.json", "deploy.json", "deploy-data.json");
      for (const action of [...read, ...create, ...update, ...remove])
        assert.ok(deploy.has(action), `deploy: ${action}`);
    });
  }

  it("give a preview no change and no secret beyond the state", () => {
    for (const { Sid, Action, Resource } of policy("preview.json").Statement) {
      if (["LockState", "ReadState", "StateKey"].includes(Sid)) continue;
      for (const action of Action) {
        assert.match(action.split(":")[1] ?? "", READING, `${Sid}: ${action}`);
        assert.doesNotMatch(action, /^(?:ssm:GetParameter|s3:GetObject|secretsmanager:|kms:)/, Sid);
      }
      if (Action.some((action) => action.startsWith("s3:"))) assert.ok(!Resource.includes("*"), Sid);
    }
    assert.deepEqual(statement("preview.json", "ReadState").Resource, ["arn:aws:s3:::STATE_BUCKET/*"]);
    assert.deepEqual(statement("preview.json", "LockState").Resource, ["arn:aws:s3:::STATE_BUCKET/.pulumi/locks/*"]);
  });

  it("tie what a deployment changes in EC2 and Elastic Load Balancing to the stack's tag", () => {
    // New volumes and network interfaces, and images: they have no tag at that moment. A reservation may be no resource.
    const untagged = ["RunWith", "Interfaces", "Reservations"];
    assert.deepEqual(statement("deploy.json", "Reservations").Action, ["ec2:DeleteSubnetCidrReservation"]);
    for (const { Sid, Condition } of policy("deploy.json").Statement) {
      if (!untagged.includes(Sid)) assert.match(JSON.stringify(Condition), /swarm-ha\.stack":"STACK"/, Sid);
    }
    const changed = actionsOf("create", "update", "delete").filter((action) => /^(?:ec2|elasticl)/.test(action));
    for (const action of changed.filter((one) => !READING.test(one.split(":")[1] ?? "")))
      assert.ok(actions("deploy.json").has(action), action);
  });

  it("tie everything else to names of the program, but for zones, which have none", () => {
    for (const { Sid, Resource } of policy("deploy-data.json").Statement)
      assert.equal(Resource.includes("*"), Sid === "Zones", Sid);
  });

  it("allow whatever our commands ask", () => {
    const folders = [
      "cli/commands",
      "dev",
      "cli/platform/aws",
      "cli/platform/aws/quotas",
      "cli/platform/aws/unmanaged",
      "cli/pulumi",
    ];
    const sources = folders.flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith(".ts"))
        .map((name) => readFileSync(join(root, folder, name), "utf8")),
    );
    const text = sources.join("\n");
    const services = "ec2|elbv2|ssm|iam|logs|cloudwatch|route53|s3api|service-quotas|resourcegroupstaggingapi";
    const pairs = [
      ...[...text.matchAll(new RegExp(`\\["(${services})", "([a-z0-9-]+)"\\]`, "g"))].map(([, ...pair]) => pair),
      ...[...text.matchAll(/operation: "(describe-[a-z-]+)"/g)].map(([, operation]) => ["ec2", operation]),
    ];
    const names = pairs.map(([service = "", operation = ""]) => {
      const action = `${PREFIXES[service] ?? service}:${operation.replaceAll("-", "")}`;
      return RENAMED[action] ?? action;
    });
    const asked = [...new Set(names)].filter((action) => !ADVICE.includes(action));
    assert.ok(asked.length >= 10, asked.join());
    const allowed = new Set([...actions("preview.json")].map((action) => action.toLowerCase()));
    for (const action of asked) assert.ok(allowed.has(action), action);
  });
});
