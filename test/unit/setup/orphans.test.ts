import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { hasEnvironment, isAboutCredentials } from "../../../tools/engine/aws-credentials";
import { describeOrphans, instanceQuestion, orphansIn } from "../../../tools/engine/orphans";
import { root } from "../../../tools/paths";

const INSTANCE = "aws:ec2/instance:Instance";

/** What `aws ec2 describe-instances` prints. */
const SINCE = "2026-11-20T03:00:00+00:00";
const instance = (id: string, host: string, role: string, state = "running", since = SINCE) => ({
  InstanceId: id,
  LaunchTime: since,
  PrivateIpAddress: "10.213.32.9",
  State: { Name: state },
  Tags: [
    { Key: "swarm-ha.host", Value: host },
    { Key: "swarm-ha.role", Value: role },
  ],
});
const answer = (...instances: object[]) =>
  JSON.stringify({ Reservations: instances.map((one) => ({ Instances: [one] })) });

/** What `pulumi stack export` prints. */
const state = (...ids: string[]) =>
  JSON.stringify({
    deployment: { resources: ids.map((id) => ({ urn: `urn::${id}`, type: INSTANCE, id, custom: true })) },
  });

describe("instances that an interrupted run has left", () => {
  it("are those with the stack's tag that the state doesn't know, and that haven't ended", () => {
    const found = orphansIn(
      answer(instance("i-0a", "manager-1", "manager"), instance("i-0b", "manager-2", "manager", "pending")),
      state("i-0a"),
    );
    assert.deepEqual(found, [
      {
        id: "i-0b",
        host: "manager-2",
        role: "manager",
        state: "pending",
        address: "10.213.32.9",
        since: "2026-11-20T03:00:00+00:00",
      },
    ]);
    assert.deepEqual(orphansIn(answer(instance("i-0b", "manager-2", "manager", "terminated")), state()), []);
  });

  it("are not what is half replaced: the state knows the old one, too", () => {
    const half = { urn: "urn::x", type: INSTANCE, id: "i-0a", delete: true };
    const exported = JSON.stringify({ deployment: { resources: [half] } });
    assert.deepEqual(orphansIn(answer(instance("i-0a", "manager-1", "manager")), exported), []);
  });

  it("are never nothing because an answer was another one", () => {
    assert.throws(() => orphansIn("{}", state()));
    assert.throws(() => orphansIn(answer(), ""));
  });

  it("get no command that removes them as long as a run may be making them", () => {
    const orphan = { host: "manager-2", role: "manager", address: "10.213.32.9", state: "running" };
    const at = (id: string, minutes: number) => ({ ...orphan, id, since: `2026-11-20T03:${String(minutes)}:00+00:00` });
    const now = Date.parse("2026-11-20T03:30:00Z");
    const both = describeOrphans("prod", "eu-central-1", [at("i-old", 15), at("i-young", 16)], now);
    assert.match(
      both,
      /may be about to write them down:\n\n {2}i-young [^]*if no other run of this stack is going on:\n\n {2}i-old /,
    );
    assert.match(both, /terminate-instances --region eu-central-1 --instance-ids i-old\n/);
    assert.doesNotMatch(describeOrphans("prod", "eu-central-1", [at("i-young", 29)], now), /aws ec2|interrupted/);
    assert.doesNotMatch(describeOrphans("prod", "eu-central-1", [at("i-old", 10)], now), /15 minutes/);
  });

  it("are asked for by the stack's tag, in its region", () => {
    assert.deepEqual(instanceQuestion("prod", "eu-central-1"), [
      "ec2",
      "describe-instances",
      "--region",
      "eu-central-1",
      "--filters",
      "Name=tag:swarm-ha.stack,Values=prod",
      "--output",
      "json",
    ]);
    assert.throws(() => instanceQuestion("test,prod", "eu-central-1"), /no stack name/);
  });
});

describe("credentials for AWS", () => {
  const refused = (code: string): string =>
    `aws ec2 describe-instances failed: An error occurred (${code}) when calling the DescribeInstances operation: no`;

  it("are missing when aws has none, or AWS takes none", () => {
    for (const said of [
      'Unable to locate credentials. You can configure credentials by running "aws login".',
      "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY",
      "The config profile (prod) could not be found",
      "Error when retrieving token from sso: Token has expired and refresh failed",
      "Error loading SSO Token: Token for https://acme.awsapps.com/start does not exist",
      "The SSO session associated with this profile has expired or is otherwise invalid.",
      ...["AuthFailure", "ExpiredToken", "RequestExpired", "InvalidClientTokenId", "SignatureDoesNotMatch"].map(
        refused,
      ),
    ])
      assert.ok(isAboutCredentials(said), said);
  });

  it("are not what any other refusal is about", () => {
    for (const said of [
      ...["UnauthorizedOperation", "InvalidParameterValue", "RequestLimitExceeded"].map(refused),
      `${refused("InvalidParameterValue")}: the parameter NextToken isn't valid with these credentials`,
      'Could not connect to the endpoint URL: "https://ec2.eu-central-1.amazonaws.com/"',
    ])
      assert.ok(!isAboutCredentials(said), said);
  });

  it("may come from what a stack file names as its environment, and not from its config", () => {
    assert.ok(hasEnvironment({ text: "environment: [acme/prod]\nconfig: {}\n" }));
    for (const text of ["", "config: { aws:profile: prod }", "environment:\nconfig: {}"])
      assert.ok(!hasEnvironment({ text }), text);
  });
});

/** The tool itself, with a `pulumi` and an `aws` that only write down that they were asked. */
describe("npm run pulumi -- up, on aws", () => {
  let folder: string;
  const program = (name: string, text: string): void => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  const pulumi = (...args: string[]) => pulumiIn("", ...args);
  /** @param config folder of the stack files; the clone without */
  const pulumiIn = (config: string, ...args: string[]) => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SWARM_HA_")));
    const ran = spawnSync(process.execPath, [join(root, "tools/run.mjs"), "pulumi", ...args], {
      env: {
        ...env,
        SWARM_HA_CONFIG_DIR: config,
        FOLDER: folder,
        PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}`,
      },
      encoding: "utf8",
      timeout: 60_000,
    });
    const log = join(folder, "log");
    return { ...ran, went: existsSync(log) ? readFileSync(log, "utf8") : "" };
  };
  /** @param known ids of the instances in the state */
  const given = (found: string, ...known: string[]): void => {
    writeFileSync(join(folder, "instances"), found);
    writeFileSync(join(folder, "state"), state(...known));
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-orphans-"));
    const exported = '"stack export"*) cat "$FOLDER/state" ;;';
    program("pulumi", `case "$*" in version) echo v3.245.0 ;; ${exported} *) echo "$*" >> "$FOLDER/log" ;; esac`);
    program("aws", 'cat "$FOLDER/instances"');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("goes on where the state knows every instance", () => {
    given(answer(instance("i-0a", "manager-1", "manager")), "i-0a");
    const { status, went, stderr } = pulumi("up", "-s", "prod", "--yes");
    assert.equal(status, 0, stderr);
    assert.match(went, /^up --yes --continue-on-error --stack prod --config-file .*Pulumi\.prod\.yaml\n$/);
    assert.equal(stderr, "");
  });

  it("stops before its first step where one holds a manager's address, and says what removes it", () => {
    given(answer(instance("i-0a", "manager-1", "manager"), instance("i-0b", "manager-2", "manager")), "i-0a");
    const { status, went, stderr } = pulumi("up", "-s", "prod", "--yes");
    assert.equal(status, 1);
    assert.equal(went, "");
    for (const said of [
      "i-0b (manager-2, running since 2026-11-20T03:00:00+00:00) holds 10.213.32.9",
      "PULUMI_BACKEND_URL",
      "aws ec2 terminate-instances --region eu-central-1 --instance-ids i-0b",
      "aws ec2 wait instance-terminated --region eu-central-1 --instance-ids i-0b",
    ])
      assert.ok(stderr.includes(said), `${said}\n${stderr}`);
    assert.doesNotMatch(stderr, /i-0a/);
  });

  it("stops for one that was started just now, too, and lets its run end", () => {
    given(answer(instance("i-0b", "manager-2", "manager", "pending", new Date().toISOString())));
    const { status, went, stderr } = pulumi("up", "-s", "prod", "--yes");
    assert.equal(status, 1);
    assert.equal(went, "");
    assert.match(stderr, /i-0b \(manager-2, pending since/);
    assert.doesNotMatch(stderr, /terminate-instances/);
  });

  for (const [host, role] of [
    ["worker-4", "worker"],
    ["operator", "operator"],
    ["", ""],
  ] as const) {
    it(`names a left ${role || "instance without a role"}, which has no fixed address, and goes on`, () => {
      given(answer(instance("i-0c", host, role)));
      const { status, went, stderr } = pulumi("up", "-s", "prod", "--yes");
      assert.equal(status, 0, stderr);
      assert.match(went, /^up /);
      assert.ok(stderr.includes(`i-0c (${host}, `), stderr);
      assert.match(stderr, /terminate-instances .*i-0c/);
    });
  }

  it("stops when there are no credentials, before it makes anything", () => {
    program(
      "aws",
      'echo "Unable to locate credentials. You can configure credentials by running aws login." >&2; exit 253',
    );
    const { status, went, stderr } = pulumi("up", "-s", "prod", "--yes");
    assert.equal(status, 1);
    assert.equal(went, "");
    assert.match(
      stderr,
      /^error: Nothing was done: AWS takes no credentials of this shell's \(.*Unable to locate credentials/,
    );
    assert.match(stderr, /aws sts get-caller-identity/);
  });

  it("only warns where Pulumi may get credentials from an environment of the stack's", () => {
    program("aws", 'echo "Unable to locate credentials" >&2; exit 253');
    const text = readFileSync(join(root, "Pulumi.prod.yaml"), "utf8");
    writeFileSync(join(folder, "Pulumi.prod.yaml"), `environment: [acme/prod]\n${text}`);
    const { status, went, stderr } = pulumiIn(folder, "up", "-s", "prod", "--yes");
    assert.equal(status, 0, stderr);
    assert.match(went, /^up /);
    assert.match(stderr, /nobody looked .*Unable to locate credentials/);
  });

  it("says that nobody looked when AWS can't be asked for another reason, and goes on", () => {
    program("aws", 'echo "An error occurred (UnauthorizedOperation): ec2:DescribeInstances" >&2; exit 254');
    const { status, went, stderr } = pulumi("up", "-s", "prod", "--yes");
    assert.equal(status, 0, stderr);
    assert.match(went, /^up /);
    assert.match(stderr, /nobody looked .*UnauthorizedOperation/);
  });

  it("asks nobody before a command that makes nothing", () => {
    program("aws", 'echo asked >> "$FOLDER/log"; exit 1');
    const { status, went, stderr } = pulumi("preview", "-s", "prod");
    assert.equal(status, 0, stderr);
    assert.match(went, /^preview [^\n]*\n$/);
  });
});
