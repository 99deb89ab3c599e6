import assert from "node:assert/strict";
import { parseConfig, type StackConfig } from "../../../config";
import { READ_ONLY_PATHS, readOnlyApiSettings } from "../../../components/swarm/read-only-api";
import { managerPlaces, workerProxySettings } from "../../../components/swarm/worker-proxy";

function config(overrides: Record<string, unknown> = {}): StackConfig {
  return parseConfig({ platform: "local", ...overrides }, "unit");
}

describe("the managers' read-only API", () => {
  const pattern = new RegExp(READ_ONLY_PATHS);

  it("lets through what the ingress asks for, with the API's version before it or without", () => {
    for (const path of ["/_ping", "/version", "/services", "/networks", "/tasks", "/nodes/qwkzzy64vf9bykt01ww4f3ct0"]) {
      assert.match(path, pattern);
      assert.match(`/v1.41${path}`, pattern);
    }
  });

  it("lets nothing else through, not what leads elsewhere from there either", () => {
    for (const path of [
      "/",
      "/info",
      "/swarm",
      "/swarm/unlockkey",
      "/secrets",
      "/configs",
      "/nodes",
      "/nodes/",
      "/nodes/a/update",
      "/services/create",
      "/services/../secrets",
      "/services/%2e%2e/secrets",
      "/nodes/..%2fsecrets",
      "/v1.41/containers/json",
      "/v1.41/v1.41/services",
      "//services",
      "/v1x41/services",
      "/tasks/a/logs",
    ]) {
      assert.doesNotMatch(path, pattern);
    }
  });

  it("wants a client certificate and at least TLS 1.2", () => {
    assert.match(readOnlyApiSettings(), /^ {2}bind :8381 ssl .* verify required ssl-min-ver TLSv1\.2$/m);
  });
});

describe("a worker's proxy to the read-only API", () => {
  it("is open on the Docker engine's bridge alone", () => {
    const binds = workerProxySettings(config()).match(/^ *bind .*$/gm) ?? [];
    assert.deepEqual(binds, ["  bind 10.211.0.1:8381 transparent"]);
  });

  it("knows every place of a manager, so that it is the same whatever their number", () => {
    assert.deepEqual(
      managerPlaces(config()).map(({ name, address }) => `${name} ${address}`),
      [
        "manager-1 10.210.2.8",
        "manager-2 10.210.4.9",
        "manager-3 10.210.6.10",
        "manager-4 10.210.2.11",
        "manager-5 10.210.4.12",
        "manager-6 10.210.6.13",
        "manager-7 10.210.2.14",
      ],
    );
    assert.equal(workerProxySettings(config({ managers: { count: 7 } })), workerProxySettings(config()));
  });
});
