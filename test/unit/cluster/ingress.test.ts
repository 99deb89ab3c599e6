import assert from "node:assert/strict";
import { ingressProblems, readIngress } from "../../../cli/cluster/ingress";
import { matchNodes } from "../../../cli/cluster/match";
import { nodeOf, wanted } from "./support";

const desired = wanted();
const workers = desired.nodes.filter(({ role }) => role === "worker").map(({ name }) => name);
const running = (hosts: readonly string[], ping = ["swarm-ha-ingress_ping"]) => ({
  ping,
  replicas: Object.fromEntries(hosts.map((host) => [`id-${host}`, { state: "running", error: "" }])),
});

/** @param down a host that isn't Ready */
function problems(live: Parameters<typeof ingressProblems>[2], down = ""): string[] {
  const nodes = desired.nodes.map((host) => nodeOf(host, host.name === down ? { state: "down" } : {}));
  return ingressProblems("local", matchNodes(desired.nodes, nodes).matches, live).map(({ text }) => text);
}

describe("problems of the ingress", () => {
  it("are none when a replica runs on each worker, or the stack has no ingress", () => {
    assert.ok(workers.length > 1);
    assert.deepEqual(problems(running(workers)), []);
    assert.deepEqual(problems(undefined), []);
  });

  it("name each Ready worker without a replica, and why the last one failed", () => {
    const [first = "", ...others] = workers;
    const { replicas } = running(others);
    const failed = {
      ping: ["swarm-ha-ingress_ping"],
      replicas: { ...replicas, [`id-${first}`]: { state: "preparing", error: "No such image" } },
    };
    const [text = "", ...more] = problems(failed);
    assert.deepEqual(more, []);
    assert.match(text, /runs no replica of the ingress \(preparing\); the last one failed: No such image\./);
    assert.ok(text.startsWith(first) && text.includes("service ps --no-trunc swarm-ha-ingress_traefik"), text);
    assert.equal(problems(running([])).length, workers.length);
    assert.deepEqual(problems(running(others), first), []);
  });

  it("include that its replicas can't be listed", () => {
    assert.match(problems({ error: "HTTP 503" })[0] ?? "", /ingress's replicas can't be listed \(HTTP 503\)/);
  });

  it("include missing labels of its ping, with the command that deploys it again", () => {
    const [text = "", ...more] = problems(running(workers, []));
    assert.deepEqual(more, []);
    assert.match(text, /^The service swarm-ha-ingress_ping lacks the labels .*: npm run repair -- local$/);
  });

  it("name a service that takes its ping's route", () => {
    const [text = "", ...more] = problems(running(workers, ["swarm-ha-ingress_ping", "shop_web"]));
    assert.deepEqual(more, []);
    assert.match(text, /^shop_web defines .*swarm-ha-ping/);
    assert.match(text, /service rm shop_web$/);
  });

  it("are found in the tasks of the ingress, and in the labels of all services", async () => {
    const asked: string[] = [];
    const task = {
      NodeID: "n1",
      CreatedAt: "2030-01-01T00:00:01Z",
      DesiredState: "running",
      Status: { State: "running" },
    };
    const service = (Name: string, Labels?: Record<string, string>) => ({ Spec: { Name, Labels } });
    const services = [
      service("swarm-ha-ingress_ping", { "traefik.http.routers.swarm-ha-ping.rule": "Path(`/ping`)" }),
      service("Another", { "traefik.HTTP.services.Swarm-HA-ping.loadbalancer.server.port": "80" }),
      service("hello", { "traefik.http.routers.hello.rule": "Path(`/`)" }),
      service("plain"),
    ];
    const live = await readIngress((_, path) => {
      asked.push(decodeURIComponent(path));
      return Promise.resolve(path === "/services" ? services : [task]);
    });
    assert.deepEqual(live, {
      replicas: { n1: { state: "running", error: "" } },
      ping: ["Another", "swarm-ha-ingress_ping"],
    });
    assert.deepEqual(asked, ['/tasks?filters={"service":["swarm-ha-ingress_traefik"]}', "/services"]);
  });
});
