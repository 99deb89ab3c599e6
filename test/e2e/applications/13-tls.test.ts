import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { join } from "node:path";
import type { StackOutputs } from "../../../components/outputs";
import { PORTS } from "../../../plan/ports";
import { MANAGER_TLS } from "../../../components/swarm/manager-api";
import { agedState, authorityOf, stranger, type Pair, type Request, type Sign } from "../../support/authority";
import { endpointsOf, only, visit, type Endpoint } from "../../support/endpoints";
import { AppClient } from "../../support/app-client";
import { Load } from "../../support/load";
import { ManagerProbe } from "../../support/manager-api";
import { RegistryClient } from "../../support/registry";
import { figure, until } from "../../support/run";
import { APPLICATIONS, useSharedStack } from "../../support/shared-stack";
import type { TestStack } from "../../support/test-stack";
import { serveInFront } from "../../support/wrong-certificate";

const MANAGERS = ["manager-1", "manager-2", "manager-3"];
const REGISTRIES = ["registry-1", "registry-2", "registry-3"];
const WORKERS = ["worker-1", "worker-2", "worker-3"];
/** Visits that reach every member of a load balancer, which sends them to each in turn. */
const ROUND = 6;

describe("TLS", function () {
  // A renewal rolls the registry and the ingress, too, one replica of each at a time: a minute, and more on a busy workstation.
  this.timeout(600_000);
  const stack = useSharedStack(APPLICATIONS);
  let outputs: StackOutputs;
  let endpoints: Record<Endpoint["name"], Endpoint>;
  let sign: Sign;

  before(async () => {
    outputs = await stack.outputs();
    endpoints = endpointsOf(outputs);
    sign = await authorityOf(stack);
  });

  for (const name of ["manager", "registry", "app"] as const) {
    describe(`at the ${name} load balancer`, () => {
      it("is of version 1.2 or 1.3, and never older", async () => {
        for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
          const { status, protocol } = await visit(endpoints[name], only(version));
          assert.deepEqual([status, protocol], [endpoints[name].status, version]);
        }
        // The server says so: a client of today that refused by itself would say "no protocols available".
        await assert.rejects(visit(endpoints[name], only("TLSv1.1")), /alert protocol version/);
      });

      it("is refused by a client that trusts another authority", async () => {
        const { pem } = await stranger();
        await assert.rejects(visit(endpoints[name], { ca: pem }), {
          code: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER/,
        });
      });

      it("is refused by a client that looks for somebody else", async () => {
        const servername = "somebody-else.example";
        await assert.rejects(visit(endpoints[name], { servername }), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
      });
    });
  }

  describe("of a client of the managers", () => {
    const refused = (pair: Partial<Pair>, code: RegExp): Promise<void> =>
      assert.rejects(visit(endpoints.manager, { cert: undefined, key: undefined, ...pair }), { code });

    it("needs a certificate", () => refused({}, /CERTIFICATE_REQUIRED/));

    it("needs one of the stack's own authority", async () => {
      await refused(await (await stranger())({ name: "person", use: "client" }), /UNKNOWN_CA/);
    });

    it("needs one that hasn't ended, and that has begun", async () => {
      await refused(await sign({ name: "person", use: "client", days: [-3, -1] }), /CERTIFICATE_EXPIRED/);
      await refused(await sign({ name: "person", use: "client", days: [1, 3] }), /BAD_CERTIFICATE|CERTIFICATE_EXPIRED/);
    });

    it("needs one for clients: a server's is none", async () => {
      await refused(await sign({ name: "manager-1", use: "server" }), /UNSUPPORTED_CERTIFICATE|BAD_CERTIFICATE/);
    });

    it("is fine with one of these", async () => {
      assert.equal((await visit(endpoints.manager, await sign({ name: "person", use: "client" }))).status, 200);
    });
  });

  const names = (...values: string[]): NonNullable<Request["names"]> =>
    values.map((value) => ({ type: "dns" as const, value }));
  const wrongs = [
    {
      what: "has ended",
      wrong: ({ hostname }: Endpoint): Partial<Request> => ({ names: names("manager-1", hostname), days: [-3, -1] }),
      inDocker: /certificate has expired/,
      inNode: /certificate has expired/,
      inStatus: "expired 24 h",
    },
    {
      what: "is another's",
      wrong: (): Partial<Request> => ({ names: names("elsewhere.example") }),
      inDocker: /doesn't contain any IP SANs|certificate is valid for elsewhere\.example/,
      inNode: /does not match certificate's altnames/,
      inStatus: "is refused: it isn't for",
    },
  ];
  for (const { what, wrong, inDocker, inNode, inStatus } of wrongs) {
    describe(`of a server whose certificate ${what}`, () => {
      const undo: (() => Promise<void>)[] = [];
      const pairFor = (name: Endpoint["name"]): Promise<Pair> =>
        sign({ name, use: "server", ...wrong(endpoints[name]) });

      before("one manager, and all of the registry and the ingress, serve it", async () => {
        const proxy = (await stack.exec("lb-app", ["hostname", "-i"])).trim();
        undo.push(await serving(stack, "manager-1", await pairFor("manager")));
        const registries = REGISTRIES.map((host) => ({ host, port: PORTS.registry }));
        undo.push(await serveInFront(stack, registries, await pairFor("registry")));
        const workers = WORKERS.map((host) => ({ host, port: PORTS.https, proxy }));
        undo.push(await serveInFront(stack, workers, await pairFor("app")));
      });
      after("they serve their own again", async () => {
        for (const one of undo.reverse()) await one();
        await stack.untilHealthy();
      });

      it("is refused by Docker and other clients; connections to the other managers succeed", async () => {
        // Directly to the manager: through the load balancer, docker retries and reaches another one.
        const docker = (manager: string): Promise<string> => {
          const to = `tcp://${outputs.hosts[manager]?.address ?? ""}:${String(PORTS.api)}`;
          const command = `docker -H ${to} --tlsverify --tlscacert /etc/swarm-ha/ca.pem node ls 2>&1 || true`;
          return stack.exec("bastion", ["bash", "-c", command]);
        };
        assert.match(await docker("manager-1"), inDocker);
        // This one is trusted, and asks for a client certificate.
        assert.match(await docker("manager-2"), /certificate required/);
        const seen: string[] = [];
        for (let i = 0; i < ROUND; i++) seen.push(await visit(endpoints.manager).then(() => "good", String));
        const refusals = seen.filter((text) => text !== "good");
        assert.ok(refusals.length > 0 && refusals.length < ROUND, seen.join("\n"));
        for (const text of refusals) assert.match(text, inNode);
      });

      it("is refused by the Docker engines that pull, and by others, at the registry", async () => {
        const registry = new RegistryClient(stack, outputs);
        const { code, output } = await registry.script("worker-1", `docker pull "$R/any:1"`);
        assert.notEqual(code, 0);
        assert.match(output, inDocker);
        await assert.rejects(visit(endpoints.registry), inNode);
      });

      it("is refused at the applications", async () => {
        await assert.rejects(visit(endpoints.app), inNode);
      });

      it("is named by status, host by host", async () => {
        const { code, status } = await stack.status();
        assert.equal(code, 1);
        for (const host of ["manager-1", ...REGISTRIES, ...WORKERS]) {
          const found = status.problems.filter((text) => text.startsWith(`The certificate that ${host} serves`));
          assert.equal(found.length, 1, `${host}: ${status.problems.join("\n")}`);
          assert.ok(found[0]?.includes(inStatus), found[0]);
        }
      });
    });
  }

  it("is renewed without a Docker engine's restart, a broken connection or a refused call, and past a dead worker", async () => {
    const before = await facts(stack);
    // Stacks of the names that ours once had: the steps below deploy ours, and leave these alone.
    const users = { registry: ["registry"], ingress: ["traefik", "ping"] };
    for (const [name, services] of Object.entries(users)) await deployIdle(stack, name, services);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const open = await visit(endpoints.manager, { agent });
    const file = join(stack.home, "aged.json");
    writeFileSync(file, await agedState(stack, 20), { mode: 0o600 });
    await stack.pulumi("stack", "import", "--file", file);
    const killed = Date.now();
    await stack.kill("worker-3");
    try {
      const { stdout } = await stack.pulumi("preview", "--json");
      const { steps } = JSON.parse(stdout) as { steps: { op: string; urn: string }[] };
      const changed = steps.filter(({ op }) => op !== "same").map(({ urn }) => urn.split("::").at(-1) ?? "");
      for (const name of [...MANAGERS.map((manager) => `server-${manager}-certificate`), "client-person-certificate"]) {
        assert.ok(changed.includes(name), `${name} isn't in the preview`);
      }
      // What else has to change takes certificates over; no host is touched that has none.
      for (const name of changed) assert.match(name, /-certificate$|^prepare-(manager-\d|bastion)$|^stack-/);

      const outputs = await stack.outputs();
      const probe = new ManagerProbe(outputs, 200);
      const client = new AppClient(outputs);
      const load = new Load(async () => {
        assert.equal((await client.ask("nobody", "/")).status, 404);
      });
      const { seconds } = await stack.upPast("worker-3");
      const report = await probe.stop();
      await load.stop();
      figure("up that renews all certificates", seconds);
      console.log(`        calls: ${report.calls}, with one retry ${report.retried}, failed ${report.failed.length}`);
      figure("longest time without an answer of the managers", report.longestOutage);
      assert.deepEqual(report.failed, []);
      assert.equal(report.retried, 0);
      // The dead worker is out at the load balancer after 13 s.
      assert.deepEqual(load.report(killed + 13_000).failed, [], "requests failed while the ingress was rolled");

      const after = await facts(stack);
      assert.deepEqual(after.engines, before.engines, "a Docker engine was restarted");
      for (const manager of MANAGERS) assert.notEqual(after.serials[manager], before.serials[manager], manager);
      const again = await visit(endpoints.manager, { agent });
      assert.equal(again.localPort, open.localPort, "the connection of before has broken");
      await stack.pulumi("preview", "--expect-no-changes");
    } finally {
      agent.destroy();
      await stack.revive("worker-3");
    }
    const services = (await stack.onManager(["docker", "service", "ls", "--format", "{{.Name}}"])).split("\n");
    for (const name of ["registry_registry", "ingress_traefik", "ingress_ping"]) {
      assert.ok(services.includes(name), `${name} is gone; there are ${services.join(" ")}`);
    }
    // And what removes them leaves ours alone.
    await stack.onManager(["docker", "stack", "rm", ...Object.keys(users)]);
    await stack.untilHealthy();
    const { status } = await stack.status();
    for (const { owner, use, daysLeft } of status.certificates) {
      assert.ok(daysLeft >= (use === "authority" ? 3640 : owner === "person" ? 89 : 729), `${owner}: ${daysLeft}`);
    }
  });
});

/** Deploys a stack as a user does, whose services have no tasks. */
async function deployIdle(stack: TestStack, name: string, services: readonly string[]): Promise<void> {
  const idle = { image: "none.invalid/none", deploy: { replicas: 0 } };
  const compose = { version: "3.8", services: Object.fromEntries(services.map((service) => [service, idle])) };
  const deploy = ["docker", "stack", "deploy", "--resolve-image", "never", "-c", "-", name];
  await stack.exec("manager-2", deploy, JSON.stringify(compose), 60);
}

/** What each manager serves, and since when its Docker engine runs. */
async function facts(stack: TestStack): Promise<{ serials: Record<string, string>; engines: Record<string, string> }> {
  const [serials, engines]: [Record<string, string>, Record<string, string>] = [{}, {}];
  for (const manager of MANAGERS) {
    serials[manager] = await serial(stack, manager);
    engines[manager] = await stack.exec(manager, ["bash", "-c", "ps -o pid=,lstart= -C dockerd"]);
  }
  return { serials, engines };
}

/** Serial number of the certificate that a manager serves. */
async function serial(stack: TestStack, manager: string): Promise<string> {
  const script = `openssl s_client -connect 127.0.0.1:${String(PORTS.api)} </dev/null || true`;
  const shown = await stack.exec(manager, ["bash", "-c", script]);
  return new X509Certificate(/-----BEGIN CERT.*END CERTIFICATE-----/s.exec(shown)?.[0] ?? "").serialNumber;
}

/** Lets a manager's own server serve another certificate. @returns gives it back its own */
async function serving(stack: TestStack, manager: string, pair: Pair): Promise<() => Promise<void>> {
  const file = MANAGER_TLS.server;
  const change = async (script: string, input?: string): Promise<void> => {
    const old = await serial(stack, manager);
    await stack.exec(manager, ["bash", "-ec", `${script}; sv hup /etc/service/haproxy`], input);
    await until(`${manager} to serve another certificate`, 20, async () =>
      (await serial(stack, manager)) === old ? "the same as before" : undefined,
    );
  };
  await change(`cp -p ${file} ${file}.kept; cat >${file}`, pair.cert + pair.key);
  return () => change(`mv ${file}.kept ${file}`);
}
