import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { AppClient } from "../../support/app-client";
import { callsInARow } from "../../support/docker-context";
import { Hello } from "../../support/hello";
import { Load, type Report } from "../../support/load";
import { RegistryClient } from "../../support/registry";
import { figure, until } from "../../support/run";
import { APPLICATIONS, HOSTS, useSharedStack } from "../../support/shared-stack";
import { IMAGE, SlowApp } from "../../support/slow-app";
import { WebService } from "../../support/web-service";

const READ_ONLY_API = "https://read-only-api.swarm-ha.internal:8381";
const WORKERS = ["worker-1", "worker-2", "worker-3"];
/** Seconds until the load balancer has noticed a dead member: two checks five seconds apart, each given 3 s. */
const WINDOW = 13;
/** Seconds that what takes long takes: more than Traefik's own limit of 60. */
const LONG = 64;

describe("the application ingress", function () {
  this.timeout(180_000);
  const stack = useSharedStack(APPLICATIONS);
  let client: AppClient;
  let hello: Hello | undefined;
  let admin = "";
  let slow: SlowApp | undefined;
  /** What takes long, from the beginning of this file on, beside its other tests. */
  let long: Readonly<Record<string, Promise<string>>> = {};

  before(async () => {
    const outputs = await stack.outputs();
    client = new AppClient(outputs);
    hello = new Hello(stack, outputs);
    const { username = "", password = "" } = outputs.registryCredentials ?? {};
    admin = `${username}:${password}`;
    slow = new SlowApp(stack, { domain: client.domain, port: client.ports.https, ca: outputs.caCertificate });
    await slow.create(WORKERS, {
      "traefik.http.services.slow.loadbalancer.sticky.cookie.name": "slow",
      "traefik.http.services.slow.loadbalancer.passivehealthcheck.failurewindow": "5s",
    });
    const end = (call: Promise<void>): Promise<string> => call.then(() => "whole", String);
    long = {
      "an upload of known length": end(slow.upload(LONG, false)),
      "an upload in chunks": end(slow.upload(LONG, true)),
      "an upload by HTTP/2": end(slow.uploadByHttp2(LONG)),
      "a gRPC stream in both directions": end(slow.exchange(LONG, 2)),
      "a silent gRPC stream": end(slow.exchange(LONG, LONG)),
      "server-sent events": end(slow.events(LONG)),
      "a silent WebSocket": end(slow.webSocket(LONG)),
      "64 kB of headers": end(slow.headers(64_000)),
    };
  });

  after("the examples are gone", async function () {
    this.timeout(120_000);
    await slow?.remove();
    await hello?.remove();
  });

  it("answers with a certificate of the stack's authority, and 404 for a name that no service has", async () => {
    assert.equal((await client.ask("nobody", "/")).status, 404);
  });

  it("refuses to speak anything older than TLS 1.2", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await assert.rejects(client.ask("nobody", "/", old), /alert protocol version/);
  });

  it("sends from HTTP to HTTPS, path and the port that people know included", async () => {
    const { status, location } = await client.ask("hello", "/a?b=c", { plain: true });
    assert.equal(status, 301);
    assert.equal(location, `https://hello.${client.domain}:${client.ports.https}/a?b=c`);
  });

  it("shows its dashboard's API to the admin, and to nobody else", async () => {
    const overview = "/api/overview";
    assert.equal((await client.ask("traefik", overview)).status, 401);
    assert.equal((await client.ask("traefik", overview, { auth: "swarm-ha:wrong" })).status, 401);
    const { status, body } = await client.ask("traefik", overview, { auth: admin });
    assert.equal(status, 200);
    assert.match(body, /"providers":\[[^\]]*"Swarm"/i);
  });

  it("reads the swarm through a read-only API that requires the ingress's own certificate", async () => {
    const { hosts, access } = await stack.outputs();
    const manager = hosts["manager-1"]?.address ?? "";
    const to = `read-only-api.swarm-ha.internal:8381:${manager}`;
    const curl = ["curl", "-sS", "--max-time", "10", "-k", "--resolve", to];
    await assert.rejects(stack.exec("worker-1", [...curl, `${READ_ONLY_API}/version`]), /certificate required|alert/i);
    assert.ok(access.person);
    // A person's certificate opens the Docker API, but not the read-only API. (curl reads the file twice: it can't be a pipe.)
    const pair = `${access.person.cert}\n${access.person.key}`;
    const script = `umask 077; pair=$(mktemp); trap 'rm -f "$pair"' EXIT; cat >"$pair"; "$@" --cert "$pair"`;
    const asPerson = ["bash", "-c", script, "bash", ...curl, `${READ_ONLY_API}/version`];
    await assert.rejects(stack.exec("worker-1", asPerson, pair), /alert|unknown ca|handshake/i);
  });

  it("offers the read-only API to the worker's own containers alone", async () => {
    const { hosts } = await stack.outputs();
    const args = ["curl", "-sSk", "--max-time", "5", `https://${hosts["worker-1"]?.address ?? ""}:8381/version`];
    await assert.rejects(stack.exec("worker-2", args), /refused|Couldn't connect|Failed to connect/i);
  });

  const application = (): SlowApp => {
    assert.ok(slow, "no application");
    return slow;
  };

  const example = (): Hello => {
    assert.ok(hello, "no example");
    return hello;
  };

  it("serves the example: pushed from here, pulled from the stack's registry by all workers", async () => {
    await example().deploy();
    assert.deepEqual(await example().nodes(), WORKERS);
    const greetings = [];
    for (let i = 0; i < 12; i++) greetings.push(await example().ask());
    assert.deepEqual([...new Set(greetings.map(({ node }) => node))].sort(), WORKERS);
    // This workstation, as the stack's network has it: its gateway. Not the load balancer, and not the ingress.
    const gateway = /via (\S+)/.exec(await stack.exec("bastion", ["ip", "-4", "route", "show", "default"]))?.[1];
    assert.deepEqual([...new Set(greetings.map((greeting) => greeting.client))], [gateway]);
  });

  it("cuts nothing that takes long", async () => {
    const begun = Date.now();
    const ends = await Promise.all(Object.entries(long).map(async ([what, end]) => [what, await end] as const));
    figure("waited for what takes long, beside the tests above", (Date.now() - begun) / 1000);
    assert.deepEqual(
      ends,
      Object.keys(long).map((what) => [what, "whole"]),
    );
  });

  it("goes on with what it knows without its managers, and gets nobody where it has never seen them", async () => {
    const worker = "worker-1";
    const proxy = (state: "up" | "down"): Promise<string> =>
      stack.exec(worker, ["sv", "-w", "10", state, "/etc/service/haproxy"]);
    const ping = (): Promise<string> =>
      stack
        .exec(worker, ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:8082/ping"])
        .catch(String);
    await proxy("down");
    try {
      // It looks for changes once a second.
      await sleep(3000);
      assert.equal(await ping(), "200");
      const task = "$(docker ps -q --filter label=com.docker.swarm.service.name=swarm-ha-ingress_traefik)";
      await stack.exec(worker, ["bash", "-c", `docker kill ${task}`]);
      await until("a new task that answers its ping with 404", 30, async () => {
        const answer = await ping();
        return answer === "404" ? undefined : answer;
      });
      await until("the load balancer to have it out", 20, async () => {
        const out = (await stack.status()).status.loadBalancers.app?.unhealthy.join();
        return out === worker ? undefined : `out: ${String(out)}`;
      });
      for (let i = 0; i < 6; i++) await example().ask();
      assert.equal(await ping(), "404");
    } finally {
      await proxy("up");
    }
    figure("until it is in again", await stack.untilHealthy());
  });

  it("keeps what is its own from an application that asks for everything, and status names that and others", async () => {
    const all = "HostRegexp(`^.+$`) || PathPrefix(`/`)";
    const trap = { "traefik.http.routers.trap.rule": all, "traefik.http.routers.trap.priority": "9223372036854774000" };
    const port = { "traefik.enable": "true", "traefik.http.services.trap.loadbalancer.server.port": "8080" };
    const foreign = { ...port, "traefik.http.routers.foreign.entrypoints": "https" };
    const create = (name: string, labels: Record<string, string>, options: readonly string[]): Promise<string> => {
      const all = Object.entries(labels).flatMap(([label, value]) => ["--label", `${label}=${value}`]);
      const own = ["--quiet", "--detach", "--no-resolve-image", "--name", name, ...options, ...all, IMAGE];
      return stack.onManager(["docker", "service", "create", ...own], 30);
    };
    try {
      await create("trap", { ...port, ...trap }, ["--network", "apps", "--constraint", "node.hostname==worker-2"]);
      await create("foreign", foreign, ["--network", "apps", "--replicas", "0"]);
      const small = ["--driver", "overlay", "--subnet", "10.99.0.0/29", "full"];
      await stack.onManager(["docker", "network", "create", ...small]);
      await create("crowd", {}, ["--network", "full", "--replicas", "9", "--constraint", "node.hostname==worker-2"]);
      await until("the trap to take other requests", 20, async () => {
        const { status } = await client.ask("nobody", "/");
        return status === 200 ? undefined : String(status);
      });
      assert.equal((await client.ask("traefik", "/api/overview")).status, 401);
      const wanted = [
        /takes the requests of .*test-slow/,
        /foreign.* names https/,
        /crowd: \d tasks? waits? in New .*full/,
      ];
      await until("status to name all of them", 30, async () => {
        const { status } = await stack.status();
        const { problems, ingress, loadBalancers } = status;
        assert.deepEqual(loadBalancers.app?.unhealthy, []);
        assert.deepEqual(
          ingress.filter(({ level }) => level === "problem").map(({ text }) => text),
          problems,
        );
        const missing = wanted.find((pattern) => !problems.some((text) => pattern.test(text)));
        return missing === undefined ? undefined : `nothing like ${String(missing)} in ${problems.join("\n")}`;
      });
    } finally {
      await stack.onManager(["docker", "service", "rm", "trap", "foreign", "crowd"]).catch(() => undefined);
      await until("the network to be free", 60, async () => {
        await stack.onManager(["docker", "network", "rm", "full"]);
        return undefined;
      });
    }
    await stack.untilHealthy();
  });

  it("fails no request while the example is updated", async () => {
    const load = underLoad(example());
    const begun = Date.now();
    await example().roll();
    await sleep(3000);
    await load.stop();
    const report = load.report(begun);
    show("rolling update", report);
    assert.deepEqual(report.failed, []);
  });

  /** The one drill of a zone's loss: under load on applications, with a service of the overlay network, the API and the registry. */
  describe("when a worker is lost, and then the rest of its zone, the leader's", () => {
    const web = new WebService(stack);
    const image = "drill/zone:1";
    let registry: RegistryClient;
    let load: Load | undefined;
    let zoneKilled = 0;
    let victim = "";
    let zone: string[] = [];
    let lost: string[] = [];
    let survivor = "";
    let lostIds: string[] = [];
    let identities: Record<string, string> = {};

    before(async function () {
      this.timeout(180_000);
      const outputs = await stack.outputs();
      const { hosts } = outputs;
      registry = new RegistryClient(stack, outputs);
      const nodes = await stack.nodes();
      const leader = nodes.find((node) => node.ManagerStatus === "Leader")?.Hostname ?? "";
      lost = HOSTS.filter((name) => hosts[name]?.zone === hosts[leader]?.zone);
      victim = lost.find((name) => WORKERS.includes(name)) ?? "";
      survivor = WORKERS.find((name) => name !== victim) ?? "";
      zone = lost.filter((name) => name !== victim);
      lostIds = nodes.filter((node) => lost.includes(node.Hostname)).map((node) => node.ID);
      identities = await stack.identities();
      await web.load(...WORKERS);
      await web.create(6);
      await web.startClient(survivor);
      await registry.makeImage(survivor, image, 1);
      assert.equal((await registry.push(survivor, image)).code, 0);
    });
    after(async function () {
      this.timeout(300_000);
      await load?.stop();
      await web.remove();
      await stack.untilHealthy().catch(() => stack.good("repair", [stack.name]));
    });

    it("fails nobody once the load balancer knows of the worker, sticky clients and HTTP/2 included", async () => {
      // Replicas on the worker, wherever the leader is: the ingress has to do without the load balancer's help, too.
      await example().scale(2 * WORKERS.length);
      assert.ok((await example().nodes()).includes(victim));
      const cookie = await application().cookieOf(victim);
      const dead = (await application().who({ cookie })).task;
      load = underLoad(example());
      const killed = Date.now();
      await stack.kill(victim);
      const times = (ask: () => Promise<string>): Promise<string[]> =>
        Promise.all(Array.from({ length: 9 }, () => ask().catch(String)));
      const [stuck, http2] = await Promise.all([
        times(async () => (await application().who({ cookie }, 6)).task),
        times(() => application().whoByHttp2(32)),
        sleep((WINDOW + 5) * 1000),
      ]);
      // The load balancer's share for the dead worker is cut: everybody else has an answer of another replica.
      const answers = stuck.filter((answer) => /^[0-9a-f]{12}$/.test(answer));
      assert.ok(answers.length >= 5, stuck.join("\n"));
      assert.ok(!answers.includes(dead), stuck.join("\n"));
      assert.deepEqual(
        [...stuck, ...http2].filter((answer) => answer.includes("not done within")),
        [],
      );
      assert.deepEqual(
        stuck.filter((answer) => answer.includes("HTTP")),
        [],
      );
      console.log(`        HTTP/2 without TLS, of a dead worker's: ${http2.join(", ")}`);
      const worker = load.report(killed);
      show("a worker is killed", worker);
      assert.ok(worker.lastFailure <= WINDOW, worker.failed.join("\n"));
      assert.ok(worker.failed.length < worker.requests / 3, "more than the dead worker's share failed");
    });

    it("has an API again when a new leader is elected, also through the load balancer, and serves pulls", async () => {
      zoneKilled = Date.now();
      await stack.kill(...zone);
      const passed = (): number => (Date.now() - zoneKilled) / 1000;
      await until("a new leader", 60, async () => ((await stack.nodes()).length > 0 ? undefined : "no nodes"));
      figure("a manager lists the nodes after", passed());
      const pull = (): Promise<string> => registry.pull(survivor, image);
      await until("a pull", 60, () => pull().then(() => undefined));
      figure("a pull succeeds after", passed());
      await callsInARow(stack, 10, 60);
      figure("the load balancer leads to living managers only after", passed());
      await until("the load balancers to have noticed", 60, async () => {
        const { loadBalancers } = (await stack.status()).status;
        const out = Object.values(loadBalancers).flatMap(({ unhealthy }) => unhealthy);
        return lost.every((host) => out.includes(host)) ? undefined : `out: ${out.join(" ")}`;
      });
      for (let i = 0; i < 6; i++) await pull();
    });

    it("fails no request while managers and registry of the zone are gone", async () => {
      assert.ok(load !== undefined);
      await load.stop();
      const rest = load.report(zoneKilled);
      show("the rest of its zone is killed", rest);
      assert.ok(rest.requests > 100, `only ${rest.requests} requests`);
      assert.deepEqual(rest.failed, []);
    });

    it("runs the tasks elsewhere, and answers", async () => {
      const seconds = await until("six tasks on the workers left", 120, async () => {
        const placement = await web.placement();
        const good = placement.length === 6 && !placement.includes(victim);
        return good ? undefined : placement.join(" ");
      });
      figure("all replicas run elsewhere after a further", seconds);
      await web.ask();
    });

    it("is told by status, with exit code 1", async () => {
      const { code, status } = await stack.status();
      assert.equal(code, 1);
      assert.equal(status.healthy, false);
      for (const host of lost)
        assert.ok(
          status.problems.some((problem) => problem.includes(host)),
          `${host}: ${status.problems.join("\n")}`,
        );
    });

    it("gets its nine nodes back from repair, on new containers", async () => {
      await stack.lose(...lost);
      // The new worker won't have its image.
      await application().remove();
      const { seconds, output } = await stack.good("repair", [stack.name]);
      figure("repair of a lost zone", seconds);
      const nodes = await stack.nodes();
      assert.deepEqual(nodes.map((node) => node.Hostname).sort(), HOSTS, output);
      assert.ok(nodes.every((node) => node.Status === "Ready"));
      assert.deepEqual(
        nodes.filter((node) => lostIds.includes(node.ID)),
        [],
      );
      const now = await stack.identities();
      for (const host of HOSTS) assert.equal(now[host] !== identities[host], lost.includes(host), host);
      await stack.untilHealthy();
      await web.ask();
      const after = underLoad(example());
      const begun = Date.now();
      await sleep(5000);
      await after.stop();
      show("after repair", after.report(begun));
      assert.deepEqual(after.report(begun).failed, []);
    });
  });
});

function underLoad(hello: Hello): Load {
  return new Load(async () => {
    await hello.ask();
  });
}

function show(what: string, { requests, failed, lastFailure, longestGap, slowest }: Report): void {
  console.log(`        ${what}: ${failed.length} of ${requests} requests failed`);
  figure(`${what}: the last failure`, lastFailure);
  figure(`${what}: longest time without an answer`, longestGap);
  figure(`${what}: slowest answer`, slowest);
}
