import assert from "node:assert/strict";
import { MAX_PRIORITY } from "../../../components/ingress/priority";
import { PORTS } from "../../../plan/ports";
import { SERVICES } from "../../../plan/stack-names";
import { applicationProblems, ingressFindings } from "../../../cli/cluster/applications";
import type { Application, IngressFinding, LiveApplications, Network } from "../../../cli/cluster/applications/model";
import { readApplications } from "../../../cli/cluster/applications/read";
import { takesAll } from "../../../cli/cluster/applications/rules";
import { evaluate } from "../../../cli/cluster/evaluate";
import { obstacles } from "../../../cli/operations/plan-replace";
import { found, nodesOf, NOW, wanted } from "./support";

const DOMAIN = "swarm.localhost";
const APPS: Network = { id: "n-apps", name: "apps", subnet: "10.143.240.0/20", used: 10 };

/** A service that is served, as docs/applications.md has it, but for the changes. */
function application(name: string, labels: Record<string, string> = {}, more: Partial<Application> = {}): Application {
  const own = { "traefik.enable": "true", [`traefik.http.services.${name}.loadbalancer.server.port`]: "8080" };
  return { name, labels: { ...own, ...labels }, containerLabels: {}, networks: [APPS.id], ports: [], ...more };
}

function findings(services: readonly Application[], more: Partial<LiveApplications> = {}): IngressFinding[] {
  return ingressFindings({ services, networks: [APPS], waiting: [], ...more }, DOMAIN, NOW);
}

/** The only finding. */
function only(services: readonly Application[], more: Partial<LiveApplications> = {}): IngressFinding {
  const [one, ...others] = findings(services, more);
  assert.deepEqual(others, []);
  assert.ok(one, "nothing was found");
  return one;
}

const router = (name: string, values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([field, value]) => [`traefik.http.routers.${name}.${field}`, value]));

describe("the ingress section of the status", () => {
  it("is empty for applications as the documentation has them, the ingress's own services, and those that aren't served", () => {
    const ping = { "traefik.enable": "true", "traefik.http.routers.swarm-ha-ping.rule": "Path(`/ping`)" };
    const mixed = {
      "traefik.http.routers.api.rule": "Host(`api.app.swarm.localhost`)",
      "traefik.http.routers.api.middlewares": "api-auth,retry@file",
      "traefik.http.middlewares.api-auth.basicauth.users": "a:b",
    };
    const all = [
      application("shop_web"),
      application("blog_web", { "swarm-ha.name": "blog" }),
      application("api_web", mixed),
      { ...application(SERVICES.ping, ping), networks: [APPS.id] },
      { ...application("db_db"), labels: {}, networks: ["n-db"] },
    ];
    assert.deepEqual(findings(all), []);
  });

  it("names routers that two stacks define, and what happens to their requests", () => {
    const web = (rule: string): Record<string, string> => router("web", { rule });
    const { text, label, service } = only([
      application("shop_web", web("Host(`shop.app.swarm.localhost`)")),
      application("blog_web", web("Host(`blog.app.swarm.localhost`)")),
    ]);
    assert.match(text, /^shop_web and blog_web define Traefik's HTTP router web: Traefik drops it, .* 404\. Rename it/);
    assert.deepEqual([service, label], ["blog_web", "traefik.http.routers.web.rule"]);
  });

  it("names services that two stacks define, whose tasks Traefik mixes", () => {
    const web = (name: string): Application => ({
      ...application(name),
      labels: { "traefik.enable": "true", "traefik.http.services.web.loadbalancer.server.port": "80" },
    });
    assert.match(only([web("shop_web"), web("blog_web")]).text, /HTTP service web: Traefik mixes their tasks/);
  });

  it("names two services that have the same rule", () => {
    const { text } = only([
      application("a_web", { "swarm-ha.name": "x" }),
      application("b_web", { "swarm-ha.name": "x" }),
    ]);
    assert.match(text, /^a_web and b_web have the same rule, Host\(`x\.app\.swarm\.localhost`\)/);
  });

  it("names a catch-all that takes other applications' requests, and no other catch-all", () => {
    const all = (priority: Record<string, string> = {}): Application =>
      application(
        "trap_web",
        router("trap", { rule: "HostRegexp(`^.+\\.app\\.swarm\\.localhost$`) || PathPrefix(`/`)", ...priority }),
      );
    const { text } = only([application("shop_web"), all()]);
    assert.match(text, /^trap_web: the label .* takes the requests of shop_web\. Set its priority to 1/);
    assert.deepEqual(findings([application("shop_web"), all({ priority: "1" })]), []);
    // A rule for some paths of all hosts is how forwards to an authentication service are done.
    assert.ok(!takesAll("HostRegexp(`.+`) && PathPrefix(`/oauth2/`)", "shop.app.swarm.localhost"));
  });

  it("names services that use the ingress's own dashboard host, names, priority or entry point", () => {
    const texts = [
      application("a_web", { "swarm-ha.name": "traefik" }),
      application("b_web", router("swarm-ha-ping", { rule: "Path(`/b`)" })),
      application("c_web", router("c", { rule: "Host(`c.app.swarm.localhost`)", priority: String(MAX_PRIORITY) })),
      application("d_web", router("d", { rule: "Path(`/ping`)", entrypoints: "ping" })),
    ].map((one) => only([one]).text);
    assert.match(texts[0] ?? "", /the host traefik\.app\.swarm\.localhost, which is the ingress's dashboard/);
    assert.match(texts[1] ?? "", /names that begin with swarm-ha- belong to the ingress/);
    assert.match(texts[2] ?? "", /the priority 9223372036854774807, which belongs to the ingress/);
    assert.match(texts[3] ?? "", /names ping, .*so its requests get 404/);
  });

  it("names what labels refer to and what isn't defined", () => {
    const rule = "Host(`a.app.swarm.localhost`)";
    const one = (values: Record<string, string>): string =>
      only([application("a_web", router("a", { rule, ...values }))]).text;
    assert.match(one({ entrypoints: "https" }), /entrypoints names https, .*entry points web and websecure.*404/);
    assert.match(one({ middlewares: "auth@docker" }), /middlewares names auth@docker, which no service defines/);
    assert.match(
      one({ "tls.certresolver": "le" }),
      /tls\.certresolver names le, and the ingress has no certificate resolvers/,
    );
    assert.match(one({ "tls.options": "modern@file" }), /tls\.options names modern@file/);
    assert.match(one({ service: "api@internal" }), /service names api@internal, which belongs to the ingress/);
    assert.match(one({ service: "nobody" }), /service names nobody, which no service defines/);
  });

  it("names services that can't be reached: another network, no port, no traefik.enable, labels on containers", () => {
    const labels = { "traefik.http.services.a.loadbalancer.server.port": "80" };
    const texts = [
      application("a_web", {}, { networks: ["n-other"] }),
      { ...application("b_web"), labels: { "traefik.enable": "true" } },
      { ...application("c_web"), labels },
      { ...application("d_web"), labels: {}, containerLabels: { "traefik.enable": "true", ...labels } },
      application("e_web", { "traefik.docker.network": "apps", "traefik.swarm.network": "apps" }),
      application("f_web", { "traefik.tls.stores.default.defaultgeneratedcert.resolver": "le" }),
    ].map((one) => only([one]).text);
    assert.match(texts[0] ?? "", /isn't in the network apps/);
    assert.match(texts[1] ?? "", /no label for its port/);
    assert.match(texts[2] ?? "", /not traefik\.enable=true, so it isn't served/);
    assert.match(
      texts[3] ?? "",
      /on its containers, where Traefik doesn't look\. Move its labels below deploy\.labels/,
    );
    assert.match(texts[4] ?? "", /Traefik skips it/);
    assert.match(texts[5] ?? "", /one certificate/);
  });

  it("names published ports that the platform uses, or another service", () => {
    const publishes = (name: string, port: number, mode = "ingress"): Application => ({
      ...application(name),
      labels: {},
      ports: [{ port, protocol: "tcp", mode }],
    });
    for (const port of [PORTS.ssh, PORTS.http, PORTS.https, PORTS.api, PORTS.registry]) {
      assert.match(only([publishes("a_web", port)]).text, new RegExp(`^a_web publishes port ${String(port)} `));
    }
    assert.deepEqual(findings([publishes("a_db", 5432)]), []);
    assert.match(
      only([publishes("a_db", 5432), publishes("b_db", 5432)]).text,
      /^a_db and b_db publish port 5432\/tcp/,
    );
  });

  it("names tasks that wait in New, with the network that is full, or the managers' reason", () => {
    const since = new Date(NOW.getTime() - 60_000).toISOString();
    const task = { service: "shop_web", state: "new", reason: "", since };
    const small: Network = { id: APPS.id, name: "apps", subnet: "10.1.0.0/28", used: 13 };
    const full = only([application("shop_web")], { networks: [small], waiting: [task, task] });
    assert.match(
      full.text,
      /^shop_web: 2 tasks wait in New for 60 s: the network apps \(10\.1\.0\.0\/28\) has no address left: at least 13 of 13/,
    );
    const other = only([application("shop_web")], { waiting: [{ ...task, reason: "port already in use" }] });
    assert.match(other.text, /port already in use/);
    const young = { ...task, since: NOW.toISOString() };
    assert.deepEqual(findings([application("shop_web")], { waiting: [young] }), []);
  });

  it("advises a health check where a sticky cookie has none, which is no problem", () => {
    const service = "traefik.http.services.shop_web.loadbalancer";
    const sticky = { [`${service}.sticky.cookie.name`]: "shop" };
    const found = only([application("shop_web", sticky)]);
    assert.equal(found.level, "advice");
    assert.match(
      found.text,
      /Add traefik\.http\.services\.shop_web\.loadbalancer\.passivehealthcheck\.failurewindow=5s/,
    );
    assert.deepEqual(applicationProblems([found]), []);
    for (const check of ["passivehealthcheck.failurewindow", "healthcheck.path"]) {
      assert.deepEqual(findings([application("shop_web", { ...sticky, [`${service}.${check}`]: "5s" })]), []);
    }
  });

  it("degrades the status by its problems, and stops no repair and no replacement", () => {
    const desired = { ...wanted(), domain: DOMAIN };
    const applications = { services: [application("a_web", {}, { networks: [] })], networks: [APPS], waiting: [] };
    const { status, problems, platformHealthy } = evaluate(desired, {
      ...found(desired, nodesOf(desired)),
      applications,
    });
    assert.equal(status.healthy, false);
    assert.equal(status.ingress.length, 1);
    assert.deepEqual(status.problems, [status.ingress[0]?.text]);
    assert.ok(platformHealthy);
    assert.deepEqual(obstacles(problems, new Set()), []);
  });

  it("is read from services, networks and tasks, with the addresses that are known to be in use", async () => {
    const answers: Record<string, unknown> = {
      "/services": [
        {
          ID: "s1",
          Spec: {
            Name: "shop_web",
            Labels: { a: "b" },
            TaskTemplate: { Networks: [{ Target: "n1" }], ContainerSpec: {} },
          },
          Endpoint: {
            Ports: [{ Protocol: "tcp", TargetPort: 80, PublishedPort: 8000, PublishMode: "host" }],
            VirtualIPs: [{ NetworkID: "n1", Addr: "10.1.0.2/28" }],
          },
        },
      ],
      "/networks": [{ Id: "n1", Name: "apps", IPAM: { Config: [{ Subnet: "10.1.0.0/28" }] } }],
      "/tasks": [
        {
          ServiceID: "s1",
          NodeID: "w1",
          CreatedAt: "2030-01-01T00:00:00Z",
          Status: { State: "running" },
          NetworksAttachments: [{ Network: { ID: "n1" }, Addresses: ["10.1.0.3/28"] }],
        },
        { ServiceID: "s1", CreatedAt: "2030-01-01T00:00:01Z", Status: { State: "new" } },
      ],
    };
    const live = await readApplications((_, path) => Promise.resolve(answers[path.split("?")[0] ?? ""]));
    assert.deepEqual(live, {
      services: [
        {
          name: "shop_web",
          labels: { a: "b" },
          containerLabels: {},
          networks: ["n1"],
          ports: [{ port: 8000, protocol: "tcp", mode: "host" }],
        },
      ],
      networks: [{ id: "n1", name: "apps", subnet: "10.1.0.0/28", used: 3 }],
      waiting: [{ service: "shop_web", state: "new", reason: "", since: "2030-01-01T00:00:01Z" }],
    });
  });
});
