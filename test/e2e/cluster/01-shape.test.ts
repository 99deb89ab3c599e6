import assert from "node:assert/strict";
import { z } from "zod";
import { PORTS } from "../../../plan/ports";
import { succeed } from "../../support/run";
import { CLUSTER, HOSTS, useSharedStack } from "../../support/shared-stack";

/** The shape of `status --json` that others rely on: docs/architecture.md. */
const statusSchema = z.strictObject({
  healthy: z.boolean(),
  swarmId: z.string().min(1),
  nodes: z.array(
    z.strictObject({
      name: z.string(),
      role: z.enum(["manager", "registry", "worker"]),
      zone: z.string(),
      desired: z.boolean(),
      nodeId: z.string(),
      status: z.string(),
      availability: z.string(),
      managerStatus: z.string(),
      identity: z.string(),
    }),
  ),
  loadBalancers: z.record(
    z.enum(["manager", "registry", "app"]),
    z.object({ url: z.string(), healthy: z.array(z.string()), unhealthy: z.array(z.string()) }).optional(),
  ),
  // More than others rely on: when each certificate expires.
  certificates: z.array(
    z.strictObject({ owner: z.string(), use: z.string(), notAfter: z.iso.datetime(), daysLeft: z.int().positive() }),
  ),
  // Likewise: the Docker engine of each host.
  engines: z.record(z.string(), z.string()),
  // Likewise: what applications do to each other and the ingress, and how full the disks are.
  ingress: z.array(z.unknown()).length(0),
  disks: z.array(
    z.strictObject({
      host: z.string(),
      what: z.enum(["docker", "registry"]),
      mount: z.string(),
      sizeKib: z.int().positive(),
      usedKib: z.int().nonnegative(),
      freeKib: z.int().nonnegative(),
      freeFiles: z.number().optional(),
    }),
  ),
  problems: z.array(z.string()),
});

interface Inspected {
  readonly Spec: { readonly Labels: Readonly<Record<string, string>> };
  readonly Description: { readonly Hostname: string; readonly Engine: { readonly Labels?: Record<string, string> } };
  readonly Status: { readonly Addr: string };
}

const roleOf = (host: string): string => host.replace(/-\d+$/, "");
const zoneOf = (host: string): string => `zone-${"abc".charAt(Number(host.slice(-1)) - 1)}`;

describe("the cluster's shape", function () {
  this.timeout(60_000);
  const stack = useSharedStack(CLUSTER);

  it("is nine nodes: one leader, two more reachable managers, drained, and all Ready", async () => {
    const nodes = await stack.nodes();
    assert.deepEqual(nodes.map((node) => node.Hostname).sort(), HOSTS);
    assert.deepEqual([...new Set(nodes.map((node) => node.Status))], ["Ready"]);
    const managers = nodes.filter((node) => node.Hostname.startsWith("manager-"));
    assert.deepEqual(managers.map((node) => node.ManagerStatus).sort(), ["Leader", "Reachable", "Reachable"]);
    assert.deepEqual([...new Set(managers.map((node) => node.Availability))], ["Drain"]);
    const others = nodes.filter((node) => !managers.includes(node));
    assert.deepEqual([...new Set(others.map((node) => `${node.ManagerStatus} ${node.Availability}`))], [" Active"]);
  });

  it("has one host of each role in each zone, labelled, with its pool's engine labels, on its planned address", async () => {
    const ids = (await stack.nodes()).map((node) => node.ID);
    const inspected = JSON.parse(await stack.onManager(["docker", "node", "inspect", ...ids])) as Inspected[];
    const identities = await stack.identities();
    const outputs = await stack.outputs();
    for (const { Spec, Description, Status } of inspected) {
      const host = Description.Hostname;
      assert.deepEqual(Spec.Labels, {
        "swarm-ha.role": roleOf(host),
        "swarm-ha.zone": zoneOf(host),
        "swarm-ha.pool": roleOf(host),
        "swarm-ha.identity": identities[host],
      });
      const engineLabels = roleOf(host) === "worker" ? { "com.example.storage": "ssd" } : {};
      assert.deepEqual(Description.Engine.Labels ?? {}, engineLabels, `engine labels of ${host}`);
      assert.equal(Status.Addr, outputs.hosts[host]?.address, `address of ${host}`);
    }
  });

  it("listens where the table of ports says, and nowhere else", async () => {
    const inSwarm = [PORTS.ssh, PORTS.gossip];
    const expected: Record<string, readonly number[]> = {
      manager: [...inSwarm, PORTS.api, PORTS.swarm, PORTS.health, PORTS.readOnlyApi],
      registry: [...inSwarm, PORTS.registry],
      // The read-only API's port is open on the Docker engine's bridge alone, and leads to the managers.
      worker: [...inSwarm, PORTS.readOnlyApi, PORTS.http, PORTS.https, PORTS.ping],
      bastion: [PORTS.ssh],
    };
    for (const host of [...HOSTS, "bastion"]) {
      const tcp = await stack.exec(host, ["ss", "-Hltn"]);
      assert.deepEqual(portsOf(tcp), [...(expected[roleOf(host)] ?? [])].sort(byNumber), `TCP ports of ${host}`);
      const udp = await stack.exec(host, ["ss", "-Hlun"]);
      // 4789 opens with the first overlay network that has a task on the node.
      const extra = portsOf(udp).filter((port) => port !== 4789);
      assert.deepEqual(extra, host === "bastion" ? [] : [PORTS.gossip], `UDP ports of ${host}`);
    }
  });

  it("publishes the bastion's sshd and the load balancers on 127.0.0.1, and no host", async () => {
    const published: Record<string, string> = {};
    for (const host of [...HOSTS, "bastion", "lb-manager", "lb-registry", "lb-app"]) {
      const ports = await succeed("docker", ["port", stack.container(host)], { limit: 20 });
      if (ports.trim() !== "") published[host] = ports.trim().split("\n").sort().join(", ");
    }
    assert.deepEqual(published, {
      bastion: "22/tcp -> 127.0.0.1:23200",
      "lb-manager": "2376/tcp -> 127.0.0.1:23201",
      "lb-registry": "23202/tcp -> 127.0.0.1:23202",
      "lb-app": "443/tcp -> 127.0.0.1:23204, 80/tcp -> 127.0.0.1:23203",
    });
  });

  it("is healthy by status, in the shape that others rely on", async () => {
    const { code, status } = await stack.status();
    assert.equal(code, 0, status.problems.join("\n"));
    const { healthy, nodes, problems, swarmId, loadBalancers, disks } = statusSchema.parse(status);
    const withDocker = disks.filter(({ what }) => what === "docker").map(({ host }) => host);
    assert.deepEqual([...new Set(withDocker)].sort(), HOSTS);
    assert.ok(healthy);
    assert.deepEqual(problems, []);
    assert.deepEqual([swarmId], await stack.swarmIds());
    assert.deepEqual(nodes.map((node) => node.name).sort(), HOSTS);
    assert.deepEqual(Object.keys(status.engines).sort(), HOSTS);
    assert.ok(nodes.every((node) => node.desired && node.zone === zoneOf(node.name)));
    for (const [balancer, role] of [
      ["manager", "manager"],
      ["registry", "registry"],
      ["app", "worker"],
    ] as const) {
      assert.deepEqual(
        loadBalancers[balancer]?.healthy.slice().sort(),
        [1, 2, 3].map((n) => `${role}-${String(n)}`),
      );
    }
  });

  it("prints a table for people", async () => {
    const { stdout } = await stack.good("status", [stack.name], 60);
    for (const host of HOSTS) assert.ok(stdout.includes(host), `${host} in:\n${stdout}`);
  });

  it("has the outputs that others rely on, secrets only when asked for", async () => {
    const outputs = await stack.outputs();
    assert.deepEqual([outputs.swarmId], await stack.swarmIds());
    assert.deepEqual(Object.keys(outputs.hosts).sort(), HOSTS);
    for (const [host, { role, zone }] of Object.entries(outputs.hosts)) {
      assert.deepEqual([role, zone], [roleOf(host), zoneOf(host)]);
    }
    assert.equal(outputs.endpoints.manager, "tcp://127.0.0.1:23201");
    assert.match(outputs.caCertificate, /^-----BEGIN CERTIFICATE-----/);
    const { stdout } = await stack.pulumi("stack", "output", "--json");
    assert.equal((JSON.parse(stdout) as { access: unknown }).access, "[secret]");
  });
});

function portsOf(listing: string): number[] {
  const found = listing.split("\n").flatMap((line) => {
    const local = line.trim().split(/\s+/)[3] ?? "";
    // Docker's resolver for a container's network listens on loopback, on a random port.
    if (local === "" || local.startsWith("127.")) return [];
    return [Number(local.slice(local.lastIndexOf(":") + 1))];
  });
  return [...new Set(found)].sort(byNumber);
}

function byNumber(a: number, b: number): number {
  return a - b;
}
