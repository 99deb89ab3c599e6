import assert from "node:assert/strict";
import { ConfigError } from "../../../config/problem";
import { parseConfig } from "../../../config/parse";
import { withoutSecrets } from "../../../config/load";
import { accepted, attempt, problemsOf } from "./support";

describe("parseConfig", () => {
  it("needs nothing but a platform on local", () => {
    assert.deepEqual(parseConfig({ platform: "local" }, "dev"), {
      stack: "dev",
      platform: "local",
      zones: ["zone-a", "zone-b", "zone-c"],
      managers: { count: 3 },
      registry: { replicas: 3 },
      workers: { worker: { count: 3, labels: {} } },
      network: { hosts: "10.210.0.0/20", overlay: "10.128.0.0/12", apps: 20, engine: "10.211.0.0/16" },
      domain: "swarm.localhost",
      drain: { timeout: 300, onTimeout: "fail" },
      joinEpoch: 0,
      certificateExpiry: 2160,
      externalCa: undefined,
      certificates: { serverDays: 730, personDays: 90, renewalDays: 30 },
      housekeeping: { everyHours: 24, ageHours: 168 },
      rebalance: false,
      autolock: undefined,
      backup: undefined,
      acknowledge: [],
      images: {},
      ingress: { hstsDays: 0, timeouts: { request: 0, idle: 180 } },
      local: {
        engine: "26.1.5",
        ports: { ssh: 22022, manager: 22376, registry: 25000, http: 28080, https: 28443 },
      },
      warnings: [],
    });
  });

  it("reads texts as Pulumi hands them over", () => {
    const texts = { zones: '["a","b","c"]', managers: '{"count":5}', joinEpoch: "2", domain: "example.com" };
    const config = accepted({ ...texts, workers: '{"gpu":{"count":1,"labels":{"gpu":"yes"}}}' });
    assert.deepEqual(config.zones, ["a", "b", "c"]);
    assert.equal(config.managers.count, 5);
    assert.equal(config.joinEpoch, 2);
    assert.deepEqual(config.workers, { gpu: { count: 1, labels: { gpu: "yes" } } });
  });

  it("fills in what a half-written structure leaves out", () => {
    const config = accepted({ network: { engine: "10.99.0.0/16" }, local: { ports: { manager: 3000 } } });
    const network = { hosts: "10.210.0.0/20", overlay: "10.128.0.0/12", apps: 20, engine: "10.99.0.0/16" };
    assert.deepEqual(config.network, network);
    assert.deepEqual(config.local.ports, { ssh: 22022, manager: 3000, registry: 25000, http: 28080, https: 28443 });
  });

  it("accepts an empty pool beside a full one, and single-zone pools beside spread ones", () => {
    const config = accepted({
      workers: { spare: { count: 0 }, web: { count: 3 }, db: { count: 3, zones: ["zone-b"] } },
    });
    assert.match(
      config.warnings.join("\n"),
      /^swarm-ha:workers\.db\.zones: all 3 hosts of the pool lie in zone-b\. [^\n]*$/,
    );
  });

  it("says that one manager is no fault tolerance", () => {
    const { warnings } = accepted({ managers: { count: 1 } });
    assert.match(warnings.join("\n"), /^swarm-ha:managers\.count is 1: no fault tolerance\. [^\n]*$/);
  });

  it("says when the ingress network is too small for the number of hosts", () => {
    assert.match(accepted({ workers: { worker: { count: 300 } } }).warnings.join("\n"), /^the stack has 306 hosts/);
  });

  it("says when the applications' network leaves each worker few tasks", () => {
    const found = (network: object): string =>
      accepted({ workers: { worker: { count: 100 } }, network: { hosts: "10.208.0.0/18", ...network } }).warnings.join(
        "\n",
      );
    assert.equal(found({}), "");
    assert.match(found({ apps: 22 }), /^swarm-ha:network\.apps is 22: .* addresses for 8 tasks on each of 100 workers/);
  });

  it("accepts names, labels and values at the edge of the rules", () => {
    const labels = { a: "x", "com.example.my-disk_2": "SSD, 2 TB = fast", x1: "é" };
    accepted({
      workers: {
        ["w".repeat(40)]: { count: 1, labels },
        "web-v2": { count: 1 },
        "gpu-1": { count: 1, zones: ["zone-b"] },
      },
    });
  });

  it("says all problems at once, in the order of the documentation", () => {
    const raw = {
      zones: ["zone-a", "zone-a", "zone-b"],
      managers: { count: 4, cuont: 1 },
      workers: '{"lb":{"count":"3"},"web":{"count":3,"zones":["zone-x"]}}',
      network: { hosts: "10.128.0.0/20", engine: "x" },
      local: { ports: { ssh: 80, manager: 22022 } },
      nework: "x",
    };
    assert.deepEqual(
      problemsOf(raw).map(({ key, got }) => `${key} ${got}`),
      [
        'swarm-ha:nework the unknown key with the value "x"',
        'swarm-ha:zones[1] "zone-a"',
        'swarm-ha:zones ["zone-a","zone-a","zone-b"]',
        "swarm-ha:managers.cuont the unknown key with the value 1",
        "swarm-ha:managers.count 4",
        'swarm-ha:workers.lb.count "3"',
        'swarm-ha:workers.web.zones[0] "zone-x"',
        'swarm-ha:workers.lb the pool name "lb"',
        'swarm-ha:network.engine "x"',
        'swarm-ha:network.overlay "10.128.0.0/12"',
        "swarm-ha:local.ports.ssh 80",
      ],
    );
  });

  it("doesn't complain about a default that stands in for a wrong value", () => {
    const keys = problemsOf({
      managers: { count: "many" },
      zones: ["zone-a"],
      registry: { replicas: 1 },
      workers: { worker: { count: 2 } },
    });
    assert.deepEqual(
      keys.map(({ key }) => key),
      ["swarm-ha:managers.count"],
    );
  });

  it("puts key, value, what is allowed and the remedy into one line each", () => {
    const error = attempt({ platform: "local", managers: { count: 2 }, joinEpoch: "-1" });
    assert.ok(error instanceof ConfigError);
    assert.equal(
      error.message,
      [
        "the configuration of stack 'test' (Pulumi.test.yaml) has 2 problems:",
        "  - swarm-ha:managers.count: got 2; allowed: 1, 3, 5 or 7; fix: use 1 or 3: 2 managers survive no more failures than 1",
        "  - swarm-ha:joinEpoch: got -1; allowed: a whole number from 0 on; fix: write joinEpoch: 0, and 1 more after each rotation",
      ].join("\n"),
    );
  });

  it("never shows the value of a secret key", () => {
    const error = attempt({ platform: "local", dbPassword: "hunter2", db: "x" });
    assert.ok(error instanceof ConfigError);
    const { message } = withoutSecrets(error, ["dbPassword"]);
    assert.doesNotMatch(message, /hunter2/);
    assert.match(message, /swarm-ha:dbPassword: got a secret value;/);
    assert.match(message, /swarm-ha:db: got the unknown key with the value "x";/);
  });
});
