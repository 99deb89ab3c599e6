import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { backupStore } from "../../../components/backup-store";
import type { BackupStore } from "../../../components/outputs";
import type { Platform } from "../../../components/platform/types";
import { parseConfig } from "../../../config";
import { RULES } from "../../../policy/rules";
import { answer } from "../../support/answers";
import { plannedFrom } from "../../support/aws/planned";
import { buildAws, stackValues } from "../../support/aws/stack";
import { record, type Registered } from "../../support/recording-mocks";

const REPOSITORY = "s3:https://s3.eu-central-1.amazonaws.com/elsewhere";
const PASSWORD = "correct-horse-battery";

const names = (resources: readonly Registered[]): string[] =>
  resources.map(({ type, name }) => `${type} ${name}`).sort();

/** The output `backup` under mocks, and what it registers. */
async function outputOf(
  stack: string,
  backup: Record<string, unknown>,
  platform: Partial<Platform>,
): Promise<{ store: BackupStore | undefined; secret: boolean; made: readonly Registered[] }> {
  const config = parseConfig({ ...stackValues(stack), backup }, stack);
  let store: BackupStore | undefined;
  let secret = false;
  const made = await record(
    async () => {
      const output = backupStore(config, platform as Platform);
      if (output === undefined) return;
      secret = await pulumi.isSecret(output);
      store = await new Promise((known) => void output.apply(known));
    },
    { stack, preview: false, answer },
  );
  return { store, secret, made };
}

for (const stack of ["prod", "test"] as const) {
  describe(`the bucket for the backups of ${stack} on aws`, () => {
    let before: Registered[];
    let resources: Registered[];
    beforeEach(async () => {
      before = await buildAws(stack);
      resources = await buildAws(stack, { changes: { backup: {} } });
    });

    const bucketOf = (type: string): Registered => {
      const found = resources.find((one) => one.type === `aws:s3/${type}` && one.name === "backup-storage");
      assert.ok(found !== undefined, type);
      return found;
    };

    it("is there with swarm-ha:backup alone, the same in a preview", async () => {
      const added = names(resources).filter((name) => !names(before).includes(name));
      assert.ok(added.some((name) => name.endsWith(" backup-storage")));
      assert.deepEqual(
        added.filter((name) => !name.endsWith(" backup-storage")),
        ["aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule out-bastion-to-s3-tcp-443"],
      );
      const elsewhere = { repository: REPOSITORY, password: PASSWORD };
      assert.deepEqual(names(await buildAws(stack, { changes: { backup: elsewhere } })), names(before));
      const preview = await buildAws(stack, { preview: true, changes: { backup: {} } });
      assert.deepEqual(names(preview), names(resources));
    });

    it(`is ${stack === "prod" ? "kept" : "deleted"} by a destroy, as the registry's is`, () => {
      const { protect, inputs } = bucketOf("bucket:Bucket");
      assert.equal(protect, stack === "prod");
      assert.equal(inputs["forceDestroy"], stack === "test");
    });

    it("is versioned, encrypted, private and reached by TLS only, and ends old versions", () => {
      assert.deepEqual(bucketOf("bucketVersioning:BucketVersioning").inputs["versioningConfiguration"], {
        status: "Enabled",
      });
      const lifecycle = JSON.stringify(bucketOf("bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs);
      assert.match(lifecycle, /"noncurrentVersionExpiration":\{"noncurrentDays":30\}/);
      assert.match(String(bucketOf("bucketPolicy:BucketPolicy").inputs["policy"]), /"aws:SecureTransport":"false"/);
      const found = RULES.flatMap(({ check }) => check(plannedFrom(resources)).map(({ message }) => message));
      assert.deepEqual(found, []);
    });

    it("may be used by the bastion alone, which can't end an old version", () => {
      const policies = resources.filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy");
      const named = policies.filter(({ inputs }) => String(inputs["policy"]).includes("Bucket(backup-storage)"));
      assert.deepEqual(
        named.map(({ name }) => name),
        ["policy-bastion"],
      );
      const { Statement } = JSON.parse(String(named[0]?.inputs["policy"])) as {
        Statement: { Sid: string; Action: string[]; Resource: string[] }[];
      };
      assert.deepEqual(
        Statement.flatMap(({ Action }) => Action.filter((action) => action.startsWith("s3:"))).sort(),
        ["AbortMultipartUpload", "DeleteObject", "GetBucketLocation", "GetObject", "ListBucket", "PutObject"].map(
          (action) => `s3:${action}`,
        ),
      );
      const buckets = Statement.filter(({ Action }) => Action.some((action) => action.startsWith("s3:")));
      const arn = "arn:aws:s3:::Bucket(backup-storage)";
      assert.deepEqual(
        buckets.flatMap(({ Resource }) => Resource),
        [arn, `${arn}/*`],
      );
    });
  });
}

describe("the output backup", () => {
  const own = { backupRepository: pulumi.output("s3:https://s3.eu-central-1.amazonaws.com/own") };

  it("has the bucket and a generated password, as a secret, whose key is protected like the bucket", async () => {
    for (const protectsData of [true, false]) {
      const { store, secret, made } = await outputOf("prod", {}, { ...own, protectsData });
      assert.equal(store?.repository, "s3:https://s3.eu-central-1.amazonaws.com/own");
      assert.match(store.password, /^[\w-]{32}$/);
      assert.deepEqual(store.keep, { daily: 7, weekly: 5, monthly: 12 });
      assert.ok(secret);
      const key = made.find(({ name }) => name === "backup-key");
      assert.equal(key?.protect, protectsData);
    }
  });

  it("has the same password in the next run", async () => {
    const [one, two] = [await outputOf("prod", {}, own), await outputOf("prod", {}, own)];
    assert.equal(one.store?.password, two.store?.password);
  });

  it("has what the configuration names, and generates nothing then", async () => {
    const { store, made } = await outputOf("prod", { repository: REPOSITORY, password: PASSWORD }, {});
    assert.deepEqual([store?.repository, store?.password], [REPOSITORY, PASSWORD]);
    assert.deepEqual(names(made), []);
  });
});
