import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { isAboutCredentials } from "../../../cli/platform/aws/credentials";
import { hasEnvironment } from "../../../cli/pulumi/stack-values";
import { awsArguments } from "../../../cli/platform/aws/ask";
import {
  describeParameters,
  parametersSchema,
  unknownParameters,
} from "../../../cli/platform/aws/unmanaged-parameters";
import {
  describeInstances,
  instanceCall,
  instancesSchema,
  unmanagedInstances,
} from "../../../cli/platform/aws/check-unmanaged";
import { root } from "../../../cli/paths";

const INSTANCE = "aws:ec2/instance:Instance";

/** What `aws ec2 describe-instances` prints. */
const SINCE = "2026-11-20T03:00:00+00:00";
const instance = (id: string, host: string, role: string, state = "running", since = SINCE) => ({
  InstanceId: id,
  InstanceType: "t3.medium",
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

const instancesIn = (text: string) => instancesSchema.parse(JSON.parse(text));

describe("instances that an interrupted run has left", () => {
  it("are those with the stack's tag that the state doesn't know, and that haven't ended", () => {
    const found = unmanagedInstances(
      instancesIn(
        answer(instance("i-0a", "manager-1", "manager"), instance("i-0b", "manager-2", "manager", "pending")),
      ),
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
    assert.deepEqual(
      unmanagedInstances(instancesIn(answer(instance("i-0b", "manager-2", "manager", "terminated"))), state()),
      [],
    );
  });

  it("are not what is half replaced: the state knows the old one, too", () => {
    const half = { urn: "urn::x", type: INSTANCE, id: "i-0a", delete: true };
    const exported = JSON.stringify({ deployment: { resources: [half] } });
    assert.deepEqual(unmanagedInstances(instancesIn(answer(instance("i-0a", "manager-1", "manager"))), exported), []);
  });

  it("are never nothing because an answer was another one", () => {
    assert.throws(() => instancesIn("{}"));
    assert.throws(() => unmanagedInstances(instancesIn(answer()), ""));
  });

  it("get no command that removes them as long as a run may be making them", () => {
    const unmanaged = { host: "manager-2", role: "manager", address: "10.213.32.9", state: "running" };
    const at = (id: string, minutes: number) => ({
      ...unmanaged,
      id,
      since: `2026-11-20T03:${String(minutes)}:00+00:00`,
    });
    const now = Date.parse("2026-11-20T03:30:00Z");
    const both = describeInstances("prod", "eu-central-1", [at("i-old", 15), at("i-young", 16)], now);
    assert.match(
      both,
      /a run may still be in progress:\n\n {2}i-young [^]*if no other run of this stack is in progress:\n\n {2}i-old /,
    );
    assert.match(both, /terminate-instances --region eu-central-1 --instance-ids i-old\n/);
    assert.doesNotMatch(describeInstances("prod", "eu-central-1", [at("i-young", 29)], now), /aws ec2|interrupted/);
    assert.doesNotMatch(describeInstances("prod", "eu-central-1", [at("i-old", 10)], now), /15 minutes/);
  });

  it("are asked for by the stack's tag, in its region", () => {
    assert.deepEqual(awsArguments(instanceCall("prod", "eu-central-1")).slice(0, 8), [
      "ec2",
      "describe-instances",
      "--region",
      "eu-central-1",
      "--filters",
      "Name=tag:swarm-ha.stack,Values=prod",
      "--output",
      "json",
    ]);
    assert.throws(() => instanceCall("test,prod", "eu-central-1"), /no stack name/);
  });
});

describe("host keys that an interrupted run has left", () => {
  const KEY = "/swarm-ha/prod/host-keys/manager-1";
  const keys = (...names: string[]) =>
    parametersSchema.parse({
      Parameters: names.map((Name) => ({ Name, LastModifiedDate: "2026-11-20T03:00:00+00:00" })),
    });

  it("are those under the stack's path that its state doesn't have", () => {
    const exported = JSON.stringify({
      deployment: { resources: [{ urn: "urn::k", type: "aws:ssm/parameter:Parameter", id: KEY }] },
    });
    assert.deepEqual(unknownParameters(keys(KEY), exported), []);
    assert.deepEqual(unknownParameters(keys(KEY, `${KEY}0`), exported), [
      { name: `${KEY}0`, since: Date.parse("2026-11-20T03:00:00Z") },
    ]);
    assert.throws(() => parametersSchema.parse({}));
  });

  it("are dated in seconds by the first version of aws", () => {
    const old = parametersSchema.parse({ Parameters: [{ Name: KEY, LastModifiedDate: 1_795_143_600.5 }] });
    assert.equal(unknownParameters(old, state())[0]?.since, 1_795_143_600_500);
  });

  it("get commands of ten names each that remove them, once no run can be about to write them down", () => {
    const found = unknownParameters(keys(...Array.from({ length: 11 }, (_, i) => `${KEY}${i}`)), state());
    const text = describeParameters("prod", "eu-central-1", found, Date.parse("2026-11-20T03:30:00Z"));
    const commands = text.match(/aws ssm delete-parameters --region eu-central-1 --names .*/g) ?? [];
    assert.deepEqual(
      commands.map((line) => line.split(" --names ")[1]?.split(" ").length),
      [10, 1],
    );
    const young = describeParameters("prod", "eu-central-1", found, Date.parse("2026-11-20T03:10:00Z"));
    assert.doesNotMatch(young, /delete-parameters/);
    assert.match(young, /a run may still be in progress/);
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

/** What `aws` answers where an account has all that it needs, by service and operation. */
const PLENTY = {
  "ec2 describe-instances": { Reservations: [] },
  "ec2 describe-addresses": { Addresses: [] },
  "ec2 describe-instance-type-offerings": {
    InstanceTypeOfferings: ["t3.micro", "t3.medium", "m6i.large", "t4g.micro", "t4g.small"].flatMap((InstanceType) =>
      ["eu-central-1a", "eu-central-1b", "eu-central-1c"].map((Location) => ({ InstanceType, Location })),
    ),
  },
  "ec2 describe-vpcs": { Vpcs: [{ VpcId: "vpc-default" }] },
  "ec2 describe-internet-gateways": { InternetGateways: [{ InternetGatewayId: "igw-default" }] },
  "ec2 describe-nat-gateways": { NatGateways: [] },
  "ec2 describe-subnets": { Subnets: [] },
  "elbv2 describe-load-balancers": { LoadBalancers: [] },
  "ssm describe-parameters": { Parameters: [] },
  "service-quotas get-service-quota": { Quota: { Value: 64 } },
};

/** The exit code of the Pulumi engine here: it failed, so nobody looks at what still exists. */
const RAN = 7;

/** The tool itself, with a `pulumi` that only writes down that it was asked, and an `aws` that answers from files. */
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
    const ran = spawnSync(process.execPath, [join(root, "cli/run.mjs"), "pulumi", ...args], {
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
    answers({ "ec2 describe-instances": JSON.parse(found) as object });
    writeFileSync(join(folder, "state"), state(...known));
  };

  const answers = (given: Readonly<Record<string, object>>): void => {
    for (const [operation, value] of Object.entries(given))
      writeFileSync(join(folder, operation.replace(" ", "-")), JSON.stringify(value));
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-unmanaged-"));
    answers(PLENTY);
    // Programs get the variables that they need, and no others.
    const here = `FOLDER='${folder}'; `;
    const exported = '"stack export"*) cat "$FOLDER/state" ;;';
    program(
      "pulumi",
      `${here}case "$*" in version) echo v3.245.0 ;; ${exported} *) echo "$*" >> "$FOLDER/log"; exit ${RAN} ;; esac`,
    );
    // Like the real one it refuses an operation that it doesn't have: exit code 252.
    program(
      "aws",
      here + 'echo "$*" >> "$FOLDER/asked"; cat "$FOLDER/$1-$2" 2>/dev/null || { echo "aws: no $1 $2" >&2; exit 252; }',
    );
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("goes on where the state knows every instance", () => {
    given(answer(instance("i-0a", "manager-1", "manager")), "i-0a");
    const { status, went, stderr } = pulumi("up", "-s", "prod", "--yes");
    assert.equal(status, RAN, stderr);
    assert.match(went, /^up --yes --continue-on-error --stack prod --config-file .*Pulumi\.prod\.yaml\n$/);
    assert.equal(stderr, "");
    // Whatever the shell's own region is.
    for (const call of readFileSync(join(folder, "asked"), "utf8").trim().split("\n"))
      assert.match(call, /--region eu-central-1 /);
  });

  it("stops before its first step if an unmanaged instance has a manager's address, and names the command that removes it", () => {
    given(answer(instance("i-0a", "manager-1", "manager"), instance("i-0b", "manager-2", "manager")), "i-0a");
    const { status, went, stderr } = pulumi("up", "-s", "prod", "--yes");
    assert.equal(status, 1);
    assert.equal(went, "");
    for (const said of [
      "i-0b (manager-2, running since 2026-11-20T03:00:00+00:00) has the address 10.213.32.9",
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
    ["bastion", "bastion"],
    ["", ""],
  ] as const) {
    it(`names a left ${role || "instance without a role"}, which has no fixed address, and goes on`, () => {
      given(answer(instance("i-0c", host, role)));
      const { status, went, stderr } = pulumi("up", "-s", "prod", "--yes");
      assert.equal(status, RAN, stderr);
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
      /^error: Nothing was done: AWS refuses the credentials of this shell \(.*Unable to locate credentials/,
    );
    assert.match(stderr, /aws sts get-caller-identity/);
  });

  it("only warns where Pulumi may get credentials from an environment of the stack's", () => {
    program("aws", 'echo "Unable to locate credentials" >&2; exit 253');
    const text = readFileSync(join(root, "Pulumi.prod.yaml"), "utf8");
    writeFileSync(join(folder, "Pulumi.prod.yaml"), `environment: [acme/prod]\n${text}`);
    const { status, went, stderr } = pulumiIn(folder, "up", "-s", "prod", "--yes");
    assert.equal(status, RAN, stderr);
    assert.match(went, /^up /);
    assert.match(stderr, /not checked whether .*Unable to locate credentials/);
  });

  it("warns that nothing was checked when AWS can't be asked for another reason, and goes on", () => {
    program("aws", 'echo "An error occurred (UnauthorizedOperation): ec2:DescribeInstances" >&2; exit 254');
    const { status, went, stderr } = pulumi("up", "-s", "prod", "--yes");
    assert.equal(status, RAN, stderr);
    assert.match(went, /^up /);
    assert.match(stderr, /not checked whether .*UnauthorizedOperation/);
  });

  it("stops where a host key is there that the state doesn't have, and says what removes it", () => {
    const Name = "/swarm-ha/prod/host-keys/manager-1";
    answers({ "ssm describe-parameters": { Parameters: [{ Name, LastModifiedDate: "2026-11-20T03:00:00+00:00" }] } });
    given(answer());
    const { status, went, stderr } = pulumi("up", "-s", "prod", "--yes");
    assert.equal(status, 1);
    assert.equal(went, "");
    assert.ok(stderr.includes(`aws ssm delete-parameters --region eu-central-1 --names ${Name}`), stderr);
  });

  it("names what wasn't checked, too, where it stops for what was found", () => {
    rmSync(join(folder, "ssm-describe-parameters"));
    given(answer(instance("i-0b", "manager-2", "manager")));
    const { status, went, stderr } = pulumi("up", "-s", "prod", "--yes");
    assert.deepEqual([status, went], [1, ""]);
    assert.match(
      stderr,
      /^warning: not checked whether an interrupted run of prod left parameters: .*no ssm describe-parameters/m,
    );
    assert.match(stderr, /^error: Nothing was done\. AWS has instances .*\n[^]*i-0b/m);
  });

  it("stops where the account's quotas are too small, with figures and the command that requests more", () => {
    answers({ "service-quotas get-service-quota": { Quota: { Value: 5 } } });
    given(answer());
    const { status, went, stderr } = pulumi("up", "-s", "test", "--yes");
    assert.equal(status, 1);
    assert.equal(went, "");
    assert.match(stderr, /Nothing was done\. The account's quotas in eu-central-1 are too small for the stack test/);
    assert.match(stderr, /L-1216C47A\): needs 20 more, 0 in use, limit 5\n/);
    assert.match(
      stderr,
      /aws service-quotas request-service-quota-increase --region eu-central-1 --service-code ec2 --quota-code L-1216C47A --desired-value 20\n/,
    );
    // One default VPC, two addresses: within 5.
    assert.doesNotMatch(stderr, /L-0263D0A3|L-F678F1CE/);
  });

  it("says which quotas weren't checked where that isn't allowed, and goes on", () => {
    rmSync(join(folder, "service-quotas-get-service-quota"));
    given(answer());
    const { status, went, stderr } = pulumi("up", "-s", "test", "--yes");
    assert.equal(status, RAN, stderr);
    assert.match(went, /^up /);
    assert.match(
      stderr,
      /^warning: These quotas of eu-central-1.* weren't checked: .*no service-quotas get-service-quota/,
    );
  });

  it("asks nobody before a command that makes nothing", () => {
    program("aws", 'echo asked >> "$FOLDER/log"; exit 1');
    const { status, went, stderr } = pulumi("preview", "-s", "prod");
    assert.equal(status, RAN, stderr);
    assert.match(went, /^preview [^\n]*\n$/);
  });
});
