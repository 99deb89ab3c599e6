import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { parseConfig } from "../../../config";
import { planHosts } from "../../../plan/placement";
import { staticSettings } from "../../../components/ingress/static-settings";
import { RENEWED_HOSTS } from "../../../components/platform/aws/renewal";
import { SECRET } from "../../support/answers";
import { buildAws, stackValues } from "../../support/aws/stack";
import type { Registered } from "../../support/recording-mocks";

const INSTANCE = "aws:ec2/instance:Instance";

type Inputs = Record<string, never> & Record<string, unknown>;

/** What becomes of the connections to a member that is out. */
interface TargetHealthState {
  readonly enableUnhealthyConnectionTermination: boolean;
  /** Seconds. */
  readonly unhealthyDrainingInterval: number;
}

/** Seconds that a replica of the ingress goes on for when it is to stop: it takes requests, then ends those it has. */
function secondsToEnd(): number {
  const settings = staticSettings({
    domain: "example.com",
    httpsPort: 443,
    trusted: [],
    hsts: false,
    timeouts: { request: 0, idle: 180 },
  });
  const [takes, ends] = ["requestAcceptGraceTimeout", "graceTimeOut"].map((key) =>
    Number(new RegExp(`${key}: "?(\\d+)s`).exec(settings)?.[1]),
  );
  return (takes ?? NaN) + (ends ?? NaN);
}

function all(resources: readonly Registered[], type: string): Registered[] {
  const found = resources.filter((resource) => resource.type === type);
  assert.ok(found.length > 0, `there is no ${type}`);
  return found;
}

function one(resources: readonly Registered[], type: string, name: string): Registered {
  const found = all(resources, type).find((resource) => resource.name === name);
  assert.ok(found !== undefined, `there is no ${type} '${name}'`);
  return found;
}

for (const stack of ["prod", "test"] as const) {
  describe(`the platform aws, stack ${stack}`, () => {
    const config = parseConfig(stackValues(stack), stack);
    const plan = planHosts(config);
    let resources: Registered[];
    before(async () => {
      resources = await buildAws(stack);
    });

    it("has the same resources in a preview, and in a second evaluation", async () => {
      const names = (registered: readonly Registered[]): string[] =>
        registered.map(({ urn, name }) => `${urn} ${name}`).sort();
      assert.deepEqual(names(await buildAws(stack, { preview: true })), names(resources));
      assert.deepEqual(names(await buildAws(stack, { again: true })), names(resources));
    });

    it("has an instance for each host in the subnet of its zone, managers and registries at their fixed addresses", () => {
      assert.deepEqual(
        all(resources, INSTANCE)
          .map(({ name, inputs }) => [name, inputs["subnetId"], inputs["privateIp"]])
          .sort(),
        [
          ["bastion", `Subnet(public-${config.zones[0] ?? ""})`, undefined],
          ...plan.map(({ name, zone, address }) => [name, `Subnet(private-${zone})`, address]),
        ].sort(),
      );
    });

    it("refuses another range for its own network before it replaces the network", () => {
      const { urn } = one(resources, "pulumi-nodejs:dynamic/swarm-ha:AddressRanges", "ranges");
      assert.ok(one(resources, "aws:ec2/vpc:Vpc", "vpc").dependencies.includes(urn));
    });

    it("has a private and a public subnet in each zone, and keeps fixed addresses from everybody else", () => {
      const subnets = all(resources, "aws:ec2/subnet:Subnet").map(({ inputs }) => inputs["availabilityZone"]);
      assert.deepEqual(subnets.sort(), [...config.zones, ...config.zones].sort());
      const reserved = all(resources, "aws:ec2/subnetCidrReservation:SubnetCidrReservation");
      for (const { inputs } of reserved) assert.equal(inputs["reservationType"], "explicit");
      assert.equal(reserved.length, 2 * config.zones.length);
    });

    it(`has ${stack === "prod" ? "a NAT gateway in each zone, and each zone's egress through its own" : "one NAT gateway"}`, () => {
      const ways = config.zones.map(
        (zone) => one(resources, "aws:ec2/route:Route", `private-${zone}`).inputs["natGatewayId"],
      );
      const first = config.zones[0] ?? "";
      assert.deepEqual(
        ways,
        config.zones.map((zone) => `NatGateway(nat-${stack === "prod" ? zone : first})`),
      );
    });

    it("encrypts every volume, which dies with its instance, and lets no container at the instance's role", () => {
      for (const { name, inputs } of all(resources, INSTANCE)) {
        const root = inputs["rootBlockDevice"] as Record<string, unknown>;
        assert.deepEqual(
          [root["encrypted"], root["deleteOnTermination"], root["volumeType"]],
          [true, true, "gp3"],
          name,
        );
        assert.deepEqual(
          inputs["metadataOptions"],
          { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
          name,
        );
      }
    });

    it("gives a public address to the bastion and to public load balancers alone", () => {
      for (const { name, inputs } of all(resources, INSTANCE)) {
        assert.equal(inputs["associatePublicIpAddress"], undefined, name);
        const edge = String(inputs["subnetId"]).startsWith("Subnet(public-");
        assert.equal(edge, name === "bastion", name);
      }
      for (const { inputs } of all(resources, "aws:ec2/subnet:Subnet"))
        assert.equal(inputs["mapPublicIpOnLaunch"], false);
      const holders = all(resources, "aws:ec2/eipAssociation:EipAssociation").map(({ inputs }) => inputs["instanceId"]);
      assert.deepEqual(holders, ["Instance(bastion)"]);
      const open = all(resources, "aws:lb/loadBalancer:LoadBalancer").filter(
        ({ inputs }) => inputs["internal"] !== true,
      );
      assert.deepEqual(
        open.map(({ name }) => name).sort(),
        stack === "prod" ? ["lb-app"] : ["lb-app", "lb-manager", "lb-registry"],
      );
    });

    it("replaces instances by deleting first, protects and undoes none of them, and changes none for an image's sake", () => {
      for (const instance of all(resources, INSTANCE)) {
        assert.equal(instance.deleteBeforeReplace, true, instance.name);
        assert.equal(instance.protect, false, instance.name);
        assert.equal(instance.deletedWith, "", instance.name);
        assert.deepEqual(instance.ignoreChanges, ["ami", "userData"], instance.name);
        // In place AWS would stop all managers at once.
        assert.deepEqual(instance.replaceOnChanges, ["instanceType"], instance.name);
        // In place it would be stopped and started, and cloud-init wouldn't run the new text.
        assert.equal(instance.inputs["userDataReplaceOnChange"], true, instance.name);
      }
    });

    it("deletes a listener before its successor takes over the target group, which AWS lets serve one load balancer", () => {
      for (const { name, deleteBeforeReplace } of all(resources, "aws:lb/listener:Listener"))
        assert.ok(deleteBeforeReplace, name);
      // A group goes when nobody names it any more: its successor has to be there first.
      for (const { name, deleteBeforeReplace } of all(resources, "aws:lb/targetGroup:TargetGroup"))
        assert.ok(!deleteBeforeReplace, name);
    });

    it("uses the current image and user data for a host that is replaced on purpose, and for no other", async () => {
      process.env[RENEWED_HOSTS] = "manager-2,worker-1";
      try {
        const again = await buildAws(stack, { again: true });
        const renewed = all(again, INSTANCE).filter(({ ignoreChanges }) => ignoreChanges.length === 0);
        assert.deepEqual(renewed.map(({ name }) => name).sort(), ["manager-2", "worker-1"]);
      } finally {
        Reflect.deleteProperty(process.env, RENEWED_HOSTS);
      }
    });

    it(`${stack === "prod" ? "protects the registry's bucket" : "lets the bucket go"}, and nothing else`, () => {
      const guarded = resources.filter(({ protect }) => protect).map(({ name }) => name);
      assert.deepEqual(guarded, stack === "prod" ? ["registry-storage"] : []);
      const bucket = one(resources, "aws:s3/bucket:Bucket", "registry-storage");
      assert.equal(bucket.inputs["forceDestroy"], stack === "test");
    });

    it("has no secret outside of SecureString parameters", () => {
      for (const { type, name, inputs } of resources) {
        if (type.startsWith("tls:") || type === "aws:ssm/parameter:Parameter") continue;
        assert.ok(!JSON.stringify(inputs).includes(SECRET), `${type} ${name}`);
      }
      for (const { inputs } of all(resources, INSTANCE)) {
        // AWS's limit is 16 KiB.
        assert.ok(String(inputs["userData"]).length < 12_288);
      }
    });

    it("gives each instance its own host key, which only that instance may read", () => {
      const keys = all(resources, "aws:ssm/parameter:Parameter");
      assert.deepEqual(
        keys.map(({ name }) => name).sort(),
        ["bastion", ...plan.map(({ name }) => name)].map((name) => `host-key-${name}`).sort(),
      );
      for (const { name, inputs } of keys) {
        const host = name.replace("host-key-", "");
        assert.equal(inputs["type"], "SecureString");
        assert.equal(inputs["value"], `${SECRET} openssh ssh-host-${host}`);
        const tags = inputs["tags"] as Record<string, string>;
        assert.equal(tags["swarm-ha.reader"], `arn:aws:ec2:eu-central-1:123456789012:instance/Instance(${host})`);
        const { inputs: instance } = one(resources, INSTANCE, host);
        assert.ok(String(instance["userData"]).includes(`host_key='${String(inputs["name"])}'\n`));
      }
    });

    it("lets a role do what it has to, to what it names", () => {
      const policies = Object.fromEntries(
        all(resources, "aws:iam/rolePolicy:RolePolicy").map(({ name, inputs }) => [
          name,
          (JSON.parse(String(inputs["policy"])) as { Statement: Record<string, unknown>[] }).Statement,
        ]),
      );
      for (const tier of ["manager", "registry", "worker", "bastion"]) {
        const [sessions, own, ...more] = policies[`policy-${tier}`] ?? [];
        assert.equal(sessions?.["Sid"], "Sessions");
        for (const action of sessions["Action"] as string[]) assert.match(action, /^(ssmmessages:|ssm:UpdateInstance)/);
        assert.deepEqual(own, {
          Sid: "OwnHostKey",
          Effect: "Allow",
          Action: ["ssm:GetParameter"],
          Resource: [`arn:aws:ssm:eu-central-1:123456789012:parameter/swarm-ha/${stack}/host-keys/*`],
          Condition: { StringEquals: { "ssm:resourceTag/swarm-ha.reader": "${ec2:SourceInstanceARN}" } },
        });
        const resourcesOfMore = more.flatMap((statement) => statement["Resource"] as string[]);
        assert.deepEqual(
          resourcesOfMore,
          tier === "registry"
            ? ["arn:aws:s3:::Bucket(registry-storage)", "arn:aws:s3:::Bucket(registry-storage)/*"]
            : [],
        );
      }
      // AWS's own policy for the agent reads every parameter of the account.
      assert.deepEqual(
        resources.filter(({ type }) => type.includes("RolePolicyAttachment")),
        [],
      );
    });

    it("keeps the bucket versioned, encrypted, private, by TLS only, and free of unfinished uploads", () => {
      const of = (kind: string): Inputs => {
        const type = `aws:s3/bucket${kind}:Bucket${kind}`;
        return one(resources, type, "registry-storage").inputs as Inputs;
      };
      assert.deepEqual(of("Versioning")["versioningConfiguration"], { status: "Enabled" });
      assert.match(JSON.stringify(of("ServerSideEncryptionConfiguration")), /"sseAlgorithm":"AES256"/);
      const { bucket, ...blocks } = of("PublicAccessBlock");
      assert.equal(bucket, "Bucket(registry-storage)");
      assert.deepEqual(Object.values(blocks), [true, true, true, true]);
      const policy = JSON.parse(String(of("Policy")["policy"])) as { Statement: unknown[] };
      assert.deepEqual(policy.Statement, [
        {
          Sid: "TlsOnly",
          Effect: "Deny",
          Principal: "*",
          Action: ["s3:*"],
          Resource: ["arn:aws:s3:::Bucket(registry-storage)", "arn:aws:s3:::Bucket(registry-storage)/*"],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ]);
      assert.match(JSON.stringify(of("LifecycleConfiguration")), /"expiration":\{"expiredObjectDeleteMarker":true\}/);
      assert.match(
        JSON.stringify(of("LifecycleConfiguration")),
        /"abortIncompleteMultipartUpload":\{"daysAfterInitiation":7\}/,
      );
    });

    it("has load balancers over all zones, in a group from birth, that tell no client's address but by PROXY protocol", () => {
      for (const { inputs } of all(resources, "aws:lb/loadBalancer:LoadBalancer")) {
        assert.equal(inputs["loadBalancerType"], "network");
        assert.equal(inputs["enableCrossZoneLoadBalancing"], true);
        assert.equal((inputs["securityGroups"] as unknown[]).length, 1);
        assert.deepEqual(
          inputs["subnets"],
          config.zones.map((zone) => `Subnet(public-${zone})`),
        );
      }
      const groups = all(resources, "aws:lb/targetGroup:TargetGroup").map(({ name, inputs }) => {
        const check = inputs["healthCheck"] as Record<string, unknown>;
        assert.equal(inputs["preserveClientIp"], "false");
        // A replica of the ingress that stops serves the connections that it has; elsewhere they are cut.
        const isIngress = name.startsWith("lb-app-");
        const [state] = inputs["targetHealthStates"] as TargetHealthState[];
        assert.equal(state?.enableUnhealthyConnectionTermination, !isIngress, name);
        // It is out after one check at the earliest.
        const least = isIngress ? secondsToEnd() - Number(check["interval"]) : 0;
        assert.ok(state.unhealthyDrainingInterval >= least, `${name}: ${String(least)} s at least`);
        return [
          name,
          inputs["proxyProtocolV2"],
          `${String(check["protocol"])} ${String(check["port"])} ${String(check["path"])}`,
        ];
      });
      assert.deepEqual(groups.sort(), [
        ["lb-app-443", true, "HTTP 8082 /ping"],
        ["lb-app-80", true, "HTTP 8082 /ping"],
        ["lb-manager-2376", false, "HTTP 8380 /health"],
        ["lb-registry-5000", false, "HTTPS 5000 /"],
        ...(stack === "test" ? [["lb-registry-int-5000", false, "HTTPS 5000 /"]] : []),
      ]);
    });

    it("sends each load balancer to all hosts of its tier", () => {
      const targets = all(resources, "aws:lb/targetGroupAttachment:TargetGroupAttachment");
      const behind = (group: string): unknown[] =>
        targets
          .filter(({ inputs }) => inputs["targetGroupArn"] === `TargetGroup(${group})`)
          .map(({ inputs }) => inputs["targetId"])
          .sort();
      const tier = (role: string): string[] =>
        plan
          .filter((host) => host.role === role)
          .map(({ name }) => `Instance(${name})`)
          .sort();
      assert.deepEqual(behind("lb-manager-2376"), tier("manager"));
      assert.deepEqual(behind("lb-registry-5000"), tier("registry"));
      assert.deepEqual(behind("lb-app-80"), tier("worker"));
      assert.deepEqual(behind("lb-app-443"), tier("worker"));
    });

    it("resolves the registry's name inside, and all names outside where a hosted zone is given", async () => {
      const aws = { ...(stackValues(stack)["aws"] as object), hostedZone: "Z0ABCDEFGHIJ123456789" };
      const zoned = stack === "prod" ? await buildAws(stack, { changes: { aws } }) : resources;
      const records = all(zoned, "aws:route53/record:Record").map(({ inputs }) => [inputs["zoneId"], inputs["name"]]);
      const domain = config.domain;
      assert.deepEqual(
        records.sort(),
        [
          ["Zone(inside)", `registry.${domain}`],
          ...(stack === "prod"
            ? [`manager.${domain}`, `registry.${domain}`, `*.app.${domain}`].map((name) => [
                "Z0ABCDEFGHIJ123456789",
                name,
              ])
            : []),
        ].sort(),
      );
    });

    it("names and tags every instance as the tools look for it", () => {
      const { inputs } = one(resources, INSTANCE, "manager-2");
      assert.deepEqual(inputs["tags"], {
        Name: `${stack}-manager-2`,
        "swarm-ha.host": "manager-2",
        "swarm-ha.role": "manager",
        "swarm-ha.zone": config.zones[1],
        "swarm-ha.pool": "manager",
      });
      const tagged = resources.filter(({ inputs: { tags } }) => JSON.stringify(tags ?? "").includes("swarm-ha.role"));
      for (const { type } of tagged) assert.match(type, /:(Instance|LoadBalancer)$/);
      const [provider] = all(resources, "pulumi:providers:aws");
      assert.match(JSON.stringify(provider?.inputs["defaultTags"]), new RegExp(`swarm-ha.stack[^,]*${stack}`));
    });
  });
}

describe("the platform aws", () => {
  it("places a pool's hosts on instances of its own kind", async () => {
    const workers = {
      worker: { count: 3 },
      storage: { count: 3, instanceType: "m6i.xlarge", volume: 200 },
      arm: { count: 3, architecture: "arm64" },
    };
    const resources = await buildAws("prod", { changes: { workers } });
    const shape = (name: string): unknown[] => {
      const { inputs } = one(resources, INSTANCE, name);
      return [
        inputs["instanceType"],
        inputs["ami"],
        (inputs["rootBlockDevice"] as Record<string, unknown>)["volumeSize"],
      ];
    };
    const ami = (architecture: string): string =>
      `ami(ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${architecture}-server-20260714)`;
    assert.deepEqual(shape("storage-1"), ["m6i.xlarge", ami("amd64"), 200]);
    assert.deepEqual(shape("arm-3"), ["m6g.large", ami("arm64"), 50]);
    assert.deepEqual(shape("worker-3"), ["m6i.large", ami("amd64"), 50]);
  });

  it("makes no instance wait for another: one that can't be created, for example without capacity, fails only its own resources", async () => {
    const resources = await buildAws("prod");
    const missing = new Set([one(resources, INSTANCE, "worker-2").urn]);
    for (let known = 0; known !== missing.size;) {
      known = missing.size;
      for (const { urn, dependencies } of resources)
        if (dependencies.some((dependency) => missing.has(dependency))) missing.add(urn);
    }
    assert.deepEqual([...missing].map((urn) => urn.split("::").at(-1)).sort(), [
      "host-key-worker-2",
      "lb-app-443-worker-2",
      "lb-app-80-worker-2",
      "worker-2",
    ]);
  });

  it("has alarms on unhealthy members, and flow logs, where they are asked for", async () => {
    const own = stackValues("prod")["aws"] as { readonly loadBalancers: object };
    const loadBalancers = { ...own.loadBalancers, alarms: "arn:aws:sns:eu-central-1:210987654321:alarms" };
    const prod = await buildAws("prod", { changes: { aws: { ...own, loadBalancers } } });
    assert.equal(all(prod, "aws:cloudwatch/metricAlarm:MetricAlarm").length, 4);
    assert.equal(all(prod, "aws:ec2/flowLog:FlowLog").length, 1);
    const test = await buildAws("test");
    assert.deepEqual(
      test.filter(({ type }) => /metricAlarm|flowLog/.test(type)).map(({ name }) => name),
      [],
    );
  });

  it("ends TLS with a certificate of ACM where one is given, but never the managers'", async () => {
    const acm = "arn:aws:acm:eu-central-1:210987654321:certificate/1";
    const loadBalancers = { registryCertificate: acm, appCertificate: acm };
    const resources = await buildAws("test", {
      changes: { aws: { region: "eu-central-1", hostedZone: "none", loadBalancers } },
    });
    const listeners = all(resources, "aws:lb/listener:Listener").map(({ name, inputs }) => [
      name,
      inputs["protocol"],
      inputs["certificateArn"],
    ]);
    assert.deepEqual(listeners.sort(), [
      ["lb-app-443", "TLS", acm],
      ["lb-app-80", "TCP", undefined],
      ["lb-manager-2376", "TCP", undefined],
      ["lb-registry-5000", "TLS", acm],
      // Nodes trust the stack's own authority.
      ["lb-registry-internal-5000", "TCP", undefined],
    ]);
  });

  it("builds into an existing network without touching what is there", async () => {
    const zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];
    const subnets = Object.fromEntries(
      zones.map((zone, i) => [
        zone,
        {
          private: { id: `subnet-0000000${String(i)}`, cidr: `172.20.${String(i)}.0/24` },
          public: { id: `subnet-1000000${String(i)}`, cidr: `172.20.1${String(i)}.0/24` },
        },
      ]),
    );
    const network = { vpc: { id: "vpc-01234567", cidr: "172.20.0.0/16" }, subnets };
    const resources = await buildAws("test", {
      changes: { aws: { region: "eu-central-1", hostedZone: "none", network } },
    });
    const kinds = new Set(resources.map(({ type }) => type));
    for (const kind of [
      "vpc:Vpc",
      "subnet:Subnet",
      "routeTable:RouteTable",
      "natGateway:NatGateway",
      "vpcEndpoint:VpcEndpoint",
    ])
      assert.ok(!kinds.has(`aws:ec2/${kind}`), kind);
    const manager = one(resources, INSTANCE, "manager-2").inputs;
    assert.deepEqual([manager["subnetId"], manager["privateIp"]], ["subnet-00000001", "172.20.1.9"]);
    assert.equal(one(resources, INSTANCE, "bastion").inputs["subnetId"], "subnet-10000000");
    for (const { inputs } of all(resources, "aws:ec2/securityGroup:SecurityGroup"))
      assert.equal(inputs["vpcId"], "vpc-01234567");
  });

  it("takes credentials of the configured account only", async () => {
    const accounts = async (aws: Record<string, string>): Promise<unknown> => {
      const resources = await buildAws("test", {
        changes: { aws: { region: "eu-central-1", hostedZone: "none", ...aws } },
      });
      return all(resources, "pulumi:providers:aws").map(({ inputs }) => inputs["allowedAccountIds"])[0];
    };
    assert.deepEqual(await accounts({ accountId: "210987654321" }), '["210987654321"]');
    assert.equal(await accounts({}), undefined);
  });

  it("gives the bastion the Docker CLI in the Docker engine's version, and no Docker engine", async () => {
    const resources = await buildAws("test");
    const text = (name: string): string => String(one(resources, INSTANCE, name).inputs["userData"]);
    for (const name of ["bastion", "manager-1"]) assert.match(text(name), /^engine='28\.5\.2'$/m);
    assert.match(text("bastion"), /^node=''$/m);
    assert.match(text("manager-1"), /^node='yes'$/m);
  });

  it("has no public address at all where the Session Manager leads to the bastion", async () => {
    const changes = { aws: { region: "eu-central-1", hostedZone: "none", bastion: { access: "ssm" } } };
    const resources = await buildAws("test", { changes });
    assert.equal(one(resources, INSTANCE, "bastion").inputs["subnetId"], "Subnet(private-eu-central-1a)");
    assert.deepEqual(
      resources.filter(({ type }) => type.includes("EipAssociation")),
      [],
    );
  });

  it("costs the local stack nothing: the AWS SDK isn't loaded for it", () => {
    const program = `
      require("./components/platform");
      const loaded = Object.keys(require.cache).filter((file) => /@pulumi.aws/.test(file));
      process.stdout.write(JSON.stringify(loaded));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--require", "tsx/cjs", "-e", program], {
      cwd: path.join(__dirname, "..", "..", ".."),
      encoding: "utf8",
      timeout: 60_000,
    });
    assert.equal(stdout, "[]", stderr);
  });
});
