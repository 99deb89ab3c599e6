import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { dynamicSettings } from "../../../components/ingress/dynamic-settings";
import { MAX_PRIORITY } from "../../../components/ingress/priority";
import { INNER_PORTS, staticSettings, type StaticSettings } from "../../../components/ingress/static-settings";
import { PORTS } from "../../../plan/ports";

interface EntryPoint {
  readonly address: string;
  readonly asDefault?: boolean;
  readonly proxyProtocol?: { readonly trustedIPs: readonly string[]; readonly insecure?: boolean };
  readonly transport: {
    readonly lifeCycle: { readonly requestAcceptGraceTimeout: string; readonly graceTimeOut: string };
    readonly respondingTimeouts: Readonly<Record<"readTimeout" | "writeTimeout" | "idleTimeout", string>>;
  };
  readonly http?: {
    readonly redirections?: { readonly entryPoint: unknown };
    readonly tls?: unknown;
    readonly middlewares?: readonly string[];
  };
}

interface Static {
  readonly entryPoints: Readonly<Record<string, EntryPoint>>;
  readonly ping: { readonly entryPoint: string; readonly manualRouting: boolean };
  readonly api: { readonly insecure?: boolean };
  readonly serversTransport: { readonly forwardingTimeouts: Readonly<Record<string, string>> };
  readonly providers: {
    readonly providersThrottleDuration: string;
    readonly swarm: {
      readonly endpoint: string;
      readonly refreshSeconds: string;
      readonly exposedByDefault: boolean;
      readonly defaultRule: string;
    };
  };
}

const GIVEN: StaticSettings = {
  domain: "swarm.localhost",
  httpsPort: 28443,
  trusted: ["10.210.0.18/32"],
  hsts: false,
  timeouts: { request: 0, idle: 180 },
};

function statics(changes: Partial<StaticSettings> = {}): Static {
  return parse(staticSettings({ ...GIVEN, ...changes })) as Static;
}

const compose = parse(readFileSync(join(__dirname, "../../../stacks/ingress.yml"), "utf8"), { merge: true }) as {
  readonly services: {
    readonly traefik: {
      readonly stop_grace_period: string;
      readonly sysctls: Readonly<Record<string, string>>;
      readonly healthcheck: { readonly test: readonly string[] };
      readonly ports: readonly { readonly target: number; readonly published: number; readonly mode: string }[];
      readonly deploy: Readonly<Record<"update_config" | "rollback_config", Readonly<Record<string, string>>>>;
    };
    readonly ping: {
      readonly deploy: {
        readonly replicas: number;
        readonly endpoint_mode: string;
        readonly labels: Readonly<Record<string, string>>;
      };
    };
  };
};
const { traefik } = compose.services;
const seconds = (text: string | undefined): number => Number(/^(\d+)s$/.exec(text ?? "")?.[1]);

describe("the ingress's static settings", () => {
  it("believe nobody but the load balancer on whose behalf it connects", () => {
    // Its health checks, too: AWS puts the PROXY header before them.
    for (const name of ["web", "websecure", "ping"]) {
      assert.deepEqual(statics().entryPoints[name]?.proxyProtocol, { trustedIPs: ["10.210.0.18/32"] });
    }
  });

  it("have no PROXY protocol where there is nobody to believe, with which Traefik wouldn't start", () => {
    for (const entryPoint of Object.values(statics({ trusted: [] }).entryPoints))
      assert.equal(entryPoint.proxyProtocol, undefined);
  });

  it("send from HTTP to the port of HTTPS that people know, and have routers on HTTPS by default", () => {
    const { web, websecure } = statics().entryPoints;
    assert.deepEqual(web?.http?.redirections?.entryPoint, { to: ":28443", scheme: "https" });
    assert.equal(websecure?.asDefault, true);
    assert.deepEqual(websecure.http?.tls, {});
  });

  it("publish the ports that the load balancer knows, on the host itself", () => {
    assert.deepEqual(
      traefik.ports.map(({ target, published, mode }) => [target, published, mode]),
      [
        [INNER_PORTS.http, PORTS.http, "host"],
        [INNER_PORTS.https, PORTS.https, "host"],
        [INNER_PORTS.ping, PORTS.ping, "host"],
      ],
    );
    for (const [name, port] of [
      ["web", INNER_PORTS.http],
      ["websecure", INNER_PORTS.https],
      ["ping", INNER_PORTS.ping],
    ] as const) {
      assert.equal(statics().entryPoints[name]?.address, `:${port}`);
    }
    assert.notEqual(statics().api.insecure, true);
  });

  it("take requests for as long as the load balancer may send some, and end within the stack's grace period", () => {
    for (const { transport } of Object.values(statics().entryPoints)) {
      const leaving = seconds(transport.lifeCycle.requestAcceptGraceTimeout);
      // Two checks, five seconds apart.
      assert.ok(leaving > 2 * 5, `${leaving} s`);
      const ending = leaving + seconds(transport.lifeCycle.graceTimeOut);
      assert.ok(ending < seconds(traefik.stop_grace_period), `${ending} s`);
    }
  });

  it("are rolled out such that a load balancer has the one before again when it takes the next one out", () => {
    const { parallelism, delay = "" } = traefik.deploy.update_config;
    // One, and from 20 workers on a tenth: see scripts/lib/deploy.sh.
    assert.equal(parallelism, "${TENTH_OF_WORKERS:?}");
    // In after two checks, of which the first may have failed just before, and one may be lost; out after two checks, the first
    // one at once.
    assert.ok(seconds(delay) + 5 > 3 * 5, delay);
    // The local one, likewise: three checks and two, two seconds apart.
    assert.ok(seconds(delay) + 2 > 3 * 2, delay);
  });

  it("bear one worker that doesn't get healthy, on the way there and back", () => {
    const { update_config, rollback_config } = traefik.deploy;
    assert.equal(update_config["failure_action"], "rollback");
    assert.equal(update_config["max_failure_ratio"], "${BORNE_WORKERS:?}");
    assert.deepEqual(rollback_config, { ...update_config, failure_action: "pause" });
  });

  it("have no ping before the swarm has been seen: its route is a label of a service that needs no task", () => {
    const { ping } = compose.services;
    assert.deepEqual(statics().ping, { entryPoint: "ping", manualRouting: true, terminatingStatusCode: 404 });
    assert.equal(ping.deploy.replicas, 0);
    assert.equal(ping.deploy.endpoint_mode, "vip");
    const label = (name: string): string | undefined => ping.deploy.labels[`traefik.${name}`];
    assert.equal(label("swarm.lbswarm"), "true");
    assert.equal(label("http.routers.swarm-ha-ping.rule"), "Path(`/ping`)");
    assert.equal(label("http.routers.swarm-ha-ping.entryPoints"), statics().ping.entryPoint);
    assert.equal(label("http.routers.swarm-ha-ping.service"), "ping@internal");
    assert.equal(label("http.routers.swarm-ha-ping.priority"), String(MAX_PRIORITY));
    assert.ok(traefik.healthcheck.test.at(-1)?.includes(`http://127.0.0.1:${String(PORTS.ping)}/ping `));
  });

  it("notice a task that goes within two seconds, and give up on a dead one soon", () => {
    const { providers, serversTransport } = statics();
    assert.ok(seconds(providers.swarm.refreshSeconds) <= 2);
    assert.equal(providers.providersThrottleDuration, "200ms");
    assert.ok(seconds(serversTransport.forwardingTimeouts["dialTimeout"]) <= 1);
    // A load balancer's window: what is kept no longer than this can't fail after it.
    assert.ok(seconds(serversTransport.forwardingTimeouts["idleConnTimeout"]) < 10);
  });

  it("limit neither requests nor responses, only idle connections, unless the configuration says otherwise", () => {
    for (const name of ["web", "websecure"]) {
      const { transport } = statics().entryPoints[name] ?? {};
      assert.deepEqual(transport?.respondingTimeouts, { readTimeout: "0s", writeTimeout: "0s", idleTimeout: "180s" });
      const own = statics({ timeouts: { request: 3600, idle: 60 } }).entryPoints[name]?.transport.respondingTimeouts;
      assert.deepEqual(own, { readTimeout: "3600s", writeTimeout: "0s", idleTimeout: "60s" });
    }
    assert.equal(statics().serversTransport.forwardingTimeouts["responseHeaderTimeout"], "0s");
  });

  it("limit requests on the health check's port, which have no body", () => {
    const { readTimeout } = statics().entryPoints["ping"]?.transport.respondingTimeouts ?? {};
    assert.ok(seconds(readTimeout) > 0 && seconds(readTimeout) <= 10, readTimeout);
  });

  it("give up on a dead host for every transport, HTTP/2 without TLS included", () => {
    // Seconds that the kernel waits: the first retransmission after `first`, and each time twice as long.
    const limit = (retries: string | undefined, first: number): number => first * (2 ** (Number(retries) + 1) - 1);
    assert.ok(limit(traefik.sysctls["net.ipv4.tcp_syn_retries"], 1) <= 3);
    assert.ok(limit(traefik.sysctls["net.ipv4.tcp_retries2"], 0.2) < 30);
  });

  it("read the swarm through the read-only API, and show only services with the label", () => {
    const { swarm } = statics().providers;
    assert.equal(swarm.endpoint, "tcp://read-only-api.swarm-ha.internal:8381");
    assert.equal(swarm.exposedByDefault, false);
    assert.equal(
      swarm.defaultRule,
      'Host(`{{ or (index .Labels "swarm-ha.name") (normalize .Name) }}.app.swarm.localhost`)',
    );
  });

  it("tell browsers to stay with HTTPS only where that is asked for", () => {
    assert.deepEqual(statics().entryPoints["websecure"]?.http?.middlewares, ["retry@file"]);
    assert.deepEqual(statics({ hsts: true }).entryPoints["websecure"]?.http?.middlewares, ["retry@file", "hsts@file"]);
    const middlewares = (hstsDays: number): unknown =>
      (parse(dynamicSettings({ domain: "a.example", hstsDays })) as { http: { middlewares: Record<string, unknown> } })
        .http.middlewares["hsts"];
    assert.equal(middlewares(0), undefined);
    assert.deepEqual(middlewares(1), { headers: { stsSeconds: 86_400 } });
  });
});

describe("the ingress's dynamic settings", () => {
  it("offer a transport that pings HTTP/2 connections, and notices a dead host within seconds", () => {
    const { http } = parse(dynamicSettings({ domain: "a.example", hstsDays: 0 })) as {
      http: { serversTransports: Record<string, { forwardingTimeouts: Record<string, string> }> };
    };
    const { forwardingTimeouts = {} } = http.serversTransports["http2-ping"] ?? {};
    const { dialTimeout, idleConnTimeout } = statics().serversTransport.forwardingTimeouts;
    // What isn't said here isn't taken from the default transport, but is Traefik's own.
    assert.deepEqual(
      [forwardingTimeouts["dialTimeout"], forwardingTimeouts["idleConnTimeout"]],
      [dialTimeout, idleConnTimeout],
    );
    assert.ok(seconds(forwardingTimeouts["readIdleTimeout"]) + seconds(forwardingTimeouts["pingTimeout"]) < 10);
  });

  it("put the dashboard behind a password, and refuse what is older than TLS 1.2", () => {
    const { http, tls } = parse(dynamicSettings({ domain: "a.example", hstsDays: 0 }), { intAsBigInt: true }) as {
      http: { routers: Record<string, unknown>; middlewares: { admin: { basicAuth: { usersFile: string } } } };
      tls: { options: { default: { minVersion: string } } };
    };
    assert.deepEqual(http.routers["dashboard"], {
      rule: "Host(`traefik.app.a.example`)",
      entryPoints: ["websecure"],
      middlewares: ["admin"],
      service: "api@internal",
      priority: MAX_PRIORITY,
    });
    assert.equal(http.middlewares.admin.basicAuth.usersFile, "/run/secrets/users");
    assert.equal(tls.options.default.minVersion, "VersionTLS12");
  });
});
