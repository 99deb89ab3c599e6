import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { askTargetHealth, membersIn, targetGroups, targetHealthSchema } from "../../../cli/platform/aws/target-health";
import type { Deployment } from "../../../cli/cluster/deployment";
import { evaluateLoadBalancers } from "../../../cli/cluster/evaluate-load-balancers";
import { found, nodesOf, wanted } from "./support";

const ARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:";

type Resource = NonNullable<NonNullable<Deployment["deployment"]>["resources"]>[number];

function resource(type: string, name: string, id: string, outputs: Record<string, unknown>): Resource {
  return { urn: `urn:pulumi:prod::swarm-ha::${type}::${name}`, type, id, outputs };
}

/** A load balancer with a listener and a target group for each port, as the state has them. */
function balancer(name: string, ...ports: number[]): Resource[] {
  const id = `${ARN}loadbalancer/net/${name}-1/5`;
  return [
    resource("aws:lb/loadBalancer:LoadBalancer", name, id, { tags: { "swarm-ha.host": name } }),
    ...ports.map((port) =>
      resource("aws:lb/listener:Listener", `${name}-${port}`, `${ARN}listener/${name}/${port}`, {
        loadBalancerArn: id,
        defaultActions: [{ type: "forward", targetGroupArn: `${ARN}targetgroup/${name}-${port}/7` }],
      }),
    ),
  ];
}

const instance = (name: string, role: string, id: string): Resource =>
  resource("aws:ec2/instance:Instance", name, id, {
    tags: { "swarm-ha.host": name, "swarm-ha.role": role, "swarm-ha.zone": "a" },
  });

const deployment: Deployment = {
  deployment: {
    resources: [
      ...balancer("lb-manager", 2376),
      ...balancer("lb-registry", 5000),
      ...balancer("lb-registry-internal", 5000),
      ...balancer("lb-app", 80, 443),
      instance("worker-1", "worker", "i-01"),
      instance("worker-2", "worker", "i-02"),
    ],
  },
};

/** As `aws elbv2 describe-target-health` prints it. */
const health = (id: string, port: number, state: string, reason?: string) => ({
  Target: { Id: id, Port: port },
  HealthCheckPort: "8082",
  TargetHealth: {
    State: state,
    ...(reason === undefined ? {} : { Reason: reason, Description: "Health checks failed" }),
  },
});

describe("target groups of a state", () => {
  it("belong to the load balancer whose listener names them", () => {
    assert.deepEqual(
      targetGroups(deployment).map(({ tier, arn }) => `${tier} ${arn.split("/")[1] ?? ""}`),
      [
        "manager lb-manager-2376",
        "registry lb-registry-5000",
        "registry lb-registry-internal-5000",
        "app lb-app-80",
        "app lb-app-443",
      ],
    );
    assert.deepEqual(targetGroups({}), []);
  });
});

describe("members of a load balancer on AWS", () => {
  const hosts = new Map([
    ["i-01", "worker-1"],
    ["i-02", "worker-2"],
  ]);

  it("are up when they are healthy in every target group; others say port and reason", () => {
    const targets = [
      health("i-01", 80, "healthy"),
      health("i-01", 443, "healthy"),
      health("i-02", 80, "healthy"),
      health("i-02", 443, "unhealthy", "Target.FailedHealthChecks"),
      health("i-09", 80, "draining", "Target.DeregistrationInProgress"),
    ];
    assert.deepEqual(
      membersIn(targetHealthSchema.parse({ TargetHealthDescriptions: targets }).TargetHealthDescriptions, hosts),
      [
        { name: "worker-1", up: true, check: "healthy" },
        {
          name: "worker-2",
          up: false,
          check: "unhealthy on port 443: Target.FailedHealthChecks, Health checks failed",
        },
        {
          name: "i-09",
          up: false,
          check: "draining on port 80: Target.DeregistrationInProgress, Health checks failed",
        },
      ],
    );
  });

  it("make the same problems as those of the local platform, without a time that AWS doesn't tell", () => {
    const desired = { ...wanted(), loadBalancers: { app: { url: "https://*.app.example" } } };
    const members = ["worker-1", "worker-2", "worker-3"].map((name) => ({ name, up: name !== "worker-2", check: "x" }));
    const live = found(desired, nodesOf(desired), { loadBalancers: { app: members } });
    const { status, problems } = evaluateLoadBalancers(desired, live, new Set());
    assert.deepEqual(status.app?.unhealthy, ["worker-2"]);
    assert.match(problems[0]?.text ?? "", /sends no traffic to worker-2 \(x\), though its node is Ready/);
  });
});

/** With an `aws` on PATH that answers from a file for each target group, and fails like the real one without. */
describe("asking AWS for the members", () => {
  let folder: string;
  const path = process.env["PATH"];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-health-"));
    const refused =
      "An error occurred (TargetGroupNotFound) when calling the DescribeTargetHealth operation: Target groups not found";
    const group = "group=${6#*targetgroup/}; group=${group%/*}";
    const text = `#!/bin/sh\n[ "$1 $2 $3 $4 $5" = "elbv2 describe-target-health --region eu-central-1 --target-group-arn" ] || exit 252\n${group}\ncat "${folder}/$group" 2>/dev/null || { echo "${refused}" >&2; exit 254; }\n`;
    writeFileSync(join(folder, "aws"), text);
    chmodSync(join(folder, "aws"), 0o755);
    process.env["PATH"] = `${folder}${delimiter}${path ?? ""}`;
  });
  afterEach(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true, force: true });
  });
  const answer = (group: string, ...targets: object[]): void => {
    writeFileSync(join(folder, group), JSON.stringify({ TargetHealthDescriptions: targets }));
  };

  it("names them by host, and says of a load balancer that can't be asked why", async () => {
    answer("lb-app-80", health("i-01", 80, "healthy"));
    answer("lb-app-443", health("i-01", 443, "healthy"));
    const members = await askTargetHealth(deployment);
    assert.deepEqual(members.app, [{ name: "worker-1", up: true, check: "healthy" }]);
    assert.match(JSON.stringify(members.manager), /"unknown":"AWS couldn't be asked: .*TargetGroupNotFound/);
  });

  it("asks nobody for a stack without target groups", async () => {
    assert.deepEqual(await askTargetHealth({}), {});
  });
});
