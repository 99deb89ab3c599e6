import assert from "node:assert/strict";
import { AppClient } from "../support/app-client";
import { figure } from "../support/run";
import { SlowApp } from "../support/slow-app";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

/** Seconds: ten minutes, more than each limit on the way that counts silence. */
const LONG = 600;

describe("requests that take very long", function () {
  this.timeout(1_800_000);
  const stack = new TestStack("e2e-requests", { hosts: "10.217.0.0/20", ports: portsFrom(23260) });
  let slow: SlowApp | undefined;

  before(async () => {
    await stack.reset();
    await stack.start();
    const outputs = await stack.outputs();
    const { domain, ports } = new AppClient(outputs);
    slow = new SlowApp(stack, { domain, port: ports.https, ca: outputs.caCertificate });
    await slow.create(["worker-2"]);
  });
  after(() => stack.destroy());

  it("have all of ten minutes, silent ones too", async () => {
    assert.ok(slow);
    const calls = {
      "an upload of known length": slow.upload(LONG, false),
      "an upload in chunks": slow.upload(LONG, true),
      "an upload by HTTP/2": slow.uploadByHttp2(LONG),
      "a gRPC stream in both directions": slow.exchange(LONG, 2),
      "a silent gRPC stream": slow.exchange(LONG, LONG),
      "server-sent events": slow.events(LONG),
      "a silent WebSocket": slow.webSocket(LONG),
    };
    const ends = await Promise.allSettled(Object.values(calls));
    const cut = Object.keys(calls).flatMap((what, i) => {
      const end = ends[i];
      return end?.status === "rejected" ? [`${what}: ${String(end.reason)}`] : [];
    });
    assert.deepEqual(cut, []);
  });

  it("bring a body of 1 GiB", async () => {
    assert.ok(slow);
    const begun = Date.now();
    await slow.uploadMany(2 ** 30, 900);
    figure("1 GiB", (Date.now() - begun) / 1000);
  });
});
