import assert from "node:assert/strict";
import { loadBalancerSettings, STATS_PORT, type Listener } from "../../../components/platform/haproxy";
import { LABELS, LOAD_BALANCER } from "../../../plan/labels";
import type { ContainerFile, ContainerInputs } from "../../../components/platform/local/container-spec";
import {
  deleteContainer,
  updateContainer,
  type ContainerState,
} from "../../../components/platform/local/provider/container-resource";
import { Stack, until } from "./containers";

/** A member: HAProxy itself, answering its name on 2376 and its health on 8380 200 while "well" is up. */
function member(name: string): readonly ContainerFile[] {
  const content = `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend traffic
  bind :2376
  http-request return status 200 content-type text/plain string "${name}"
frontend health
  bind :8380
  http-request return status 503 if { nbsrv(well) lt 1 }
  http-request return status 200 if { path /health }
backend well
  server well 127.0.0.1:2376 check inter 200ms
`;
  return [{ path: "/etc/haproxy/haproxy.cfg", mode: "0644", content }];
}

describe("load balancers of the local platform", () => {
  const stack = new Stack("swha-t-lb", 2);
  let bastion: ContainerState;
  let balancer: ContainerState;
  let members: ContainerState[];

  const files = (among: readonly ContainerState[]): readonly ContainerFile[] => {
    const listener: Listener = {
      port: 2376,
      members: among.map(({ hostname, address }) => ({ name: hostname, address })),
      check: { port: 8380, path: "/health" },
    };
    const content = loadBalancerSettings([listener], stack.address(8));
    return [{ path: "/etc/haproxy/haproxy.cfg", mode: "0644", content }];
  };
  const among = (...others: readonly ContainerState[]): Promise<ContainerState> =>
    updateContainer(balancer.identity, balancer, { ...balancer, files: files(others) });
  const ask = (path: string, from = bastion): Promise<string> =>
    stack.run(from.identity, "curl", "-s", "--max-time", "2", `http://${stack.address(16)}${path}`);
  const answers = async (): Promise<string> => {
    const many = await Promise.all(Array.from({ length: 6 }, () => ask(":2376")));
    return [...new Set(many.map((text) => text.trim()))].sort().join(" ");
  };
  const states = async (): Promise<string> => {
    const table = await ask(`:${String(STATS_PORT)}/stats;csv`);
    const rows = table.split("\n").map((line) => line.split(","));
    return rows.flatMap(([, name, ...row]) => (name?.startsWith("member") ? [`${name} ${row[15] ?? ""}`] : [])).join();
  };

  before(async () => {
    await stack.start();
    bastion = await stack.create("bastion", { address: stack.address(8) });
    members = await Promise.all(
      ["member-1", "member-2"].map((name) => stack.create(name, { files: member(name), reload: ["haproxy"] })),
    );
    const labels = { ...stack.inputs("lb").labels, [LABELS.role]: LOAD_BALANCER };
    const address = stack.address(16);
    balancer = await stack.create("lb", { labels, address, files: files(members), reload: ["haproxy"] });
  });
  after(() => stack.remove());

  it("serve once they are made, over all members", async () => {
    assert.equal(await answers(), "member-1 member-2");
    // Until its first check, some seconds later, a server shows as "UP 1/2".
    await until(8, async () => (await states()) === "member-1 UP,member-2 UP" || (await states()));
  });

  it("tell their members' state to the bastion alone", async () => {
    const [stranger] = members;
    assert.match(await ask(`:${String(STATS_PORT)}/stats;csv`, stranger), /403 Forbidden/);
  });

  it("take a member out whose health fails, though its port still answers", async () => {
    const [sick] = members;
    assert.ok(sick !== undefined);
    // Two failed checks, five seconds apart.
    await stack.run(sick.identity, "sh", "-c", "sed -i s/:2376\\ check/:9\\ check/ /etc/haproxy/haproxy.cfg");
    await stack.run(sick.identity, "sv", "hup", "/etc/service/haproxy");
    await until(15, async () => (await states()) === "member-1 DOWN,member-2 UP" || (await states()));
    assert.equal(await answers(), "member-2");
  });

  it("take another member in without a restart", async () => {
    const started = async (): Promise<string> =>
      (await stack.engine.getContainer(balancer.identity).inspect()).State.StartedAt;
    const before = await started();
    await among(...members.slice(1));
    await until(5, async () => (await states()) === "member-2 UP" || (await states()));
    assert.equal(await answers(), "member-2");
    assert.equal(await started(), before);
  });

  it("send nobody to a member that they haven't found healthy yet, and go on serving meanwhile", async () => {
    const [sick, well] = members;
    assert.ok(sick !== undefined && well !== undefined);
    // (First checks are spread: the last one of two is asked after half an interval.)
    await among(well, sick);
    // Longer than it would take a check to find out.
    for (const end = Date.now() + 6000; Date.now() < end;) assert.equal(await answers(), "member-2");
    assert.equal(await states(), "member-2 UP,member-1 DOWN");
    await stack.run(sick.identity, "sh", "-c", "sed -i s/:9\\ check/:2376\\ check/ /etc/haproxy/haproxy.cfg");
    await stack.run(sick.identity, "sv", "hup", "/etc/service/haproxy");
    await until(15, async () => (await states()) === "member-2 UP,member-1 UP" || (await states()));
    assert.equal(await answers(), "member-1 member-2");
  });

  it("don't take a member that has another address now for the one they knew", async () => {
    const [first, second] = members;
    assert.ok(first !== undefined && second !== undefined);
    await among(first, { ...second, address: stack.address(99) });
    for (const end = Date.now() + 3000; Date.now() < end;) assert.equal(await answers(), "member-1");
    assert.equal(await states(), "member-1 UP,member-2 DOWN");
  });

  it("find a member that is recreated at another address, while nobody else knows it yet", async () => {
    const [first, second] = members;
    assert.ok(first !== undefined && second !== undefined);
    await deleteContainer(second.identity, second);
    const [address, made] = [stack.address(98), { files: member("member-2"), reload: ["haproxy"] }];
    const at = (one: string): Partial<ContainerInputs> => ({ ...made, addresses: { first: one, last: one } });
    const again = await stack.create("member-2", at(address));
    assert.equal(await states(), "member-1 UP,member-2 DOWN");
    await until(15, async () => (await states()) === "member-1 UP,member-2 UP" || (await states()));
    assert.equal(await answers(), "member-1 member-2");
    await among(first, again);
    assert.equal(await states(), "member-1 UP,member-2 UP");
    // Whoever starts the load balancer before the end of the update has it find the member, too.
    const settings = await stack.run(balancer.identity, "cat", "/etc/haproxy/haproxy.cfg");
    assert.match(settings, new RegExp(`server member-2 ${address.replaceAll(".", "\\.")}:`));
    // One whose HAProxy doesn't serve yet reads the new address when it does.
    await stack.run(balancer.identity, "sv", "-w", "10", "down", "/etc/service/haproxy");
    await deleteContainer(again.identity, again);
    await stack.create("member-2", at(stack.address(97)));
    await stack.run(balancer.identity, "sv", "-w", "10", "up", "/etc/service/haproxy");
    await until(15, async () => (await states()) === "member-1 UP,member-2 UP" || (await states()));
    assert.equal(await answers(), "member-1 member-2");
  });
});
