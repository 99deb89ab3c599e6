import assert from "node:assert/strict";
import { request } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { parseConfig } from "../../../config";
import type { AwsStackConfig } from "../../../config/platforms/aws";
import { UserError } from "../../../cli/terminal/errors";
import { forwardsOf } from "../../../cli/platform/aws/forwards";
import { Bastion } from "../../../cli/cluster/tunnel/bastion";
import { listen, type Forward } from "../../../cli/cluster/tunnel/forward";
import { forwardText } from "../../../cli/cluster/tunnel/text";
import { stackValues } from "../../support/aws/stack";
import { Fakes, type Answer } from "./fakes";

const HOSTS = {
  "manager-1": { role: "manager", zone: "a", address: "10.0.0.1" },
  "manager-2": { role: "manager", zone: "b", address: "10.0.0.2" },
  // Left out of an `up`: it has no instance.
  "manager-3": { role: "manager", zone: "c" },
  "registry-1": { role: "registry", zone: "a", address: "10.0.0.4" },
} as const;

const MANAGER: Forward = { name: "manager", role: "manager", port: 2376, health: { port: 8380, path: "/health" } };

/** What is read at a port of this workstation; an error once the connection was closed without a word. */
function get(server: Server): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path: "/", agent: false, timeout: 5000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => {
        resolve(body);
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}

describe("ports that lead through the bastion", () => {
  let fakes: Fakes;
  let closers: (() => void)[];
  let failures: string[];

  beforeEach(() => {
    fakes = new Fakes();
    closers = [];
    failures = [];
  });
  afterEach(() => {
    for (const close of closers) close();
    fakes.close();
  });

  const says =
    (text: string, status = 200): Answer =>
    () => ({ status, body: text });
  const open = async (forward: Forward, routes: ReadonlyMap<string, number>): Promise<Server> => {
    const bastion = new Bastion({ host: "127.0.0.1", user: "root", ...(await fakes.bastion(routes)) }, 2);
    const server = await listen(forward, HOSTS, bastion, { local: 0, failed: (text) => void failures.push(text) });
    closers.push(() => {
      server.close();
      bastion.close();
    });
    return server;
  };

  it("take the healthy managers in turn", async () => {
    const healthy = await fakes.page(says("ok"));
    const routes = new Map([
      ["10.0.0.1:8380", healthy],
      ["10.0.0.2:8380", healthy],
      ["10.0.0.1:2376", await fakes.page(says("one"))],
      ["10.0.0.2:2376", await fakes.page(says("two"))],
    ]);
    const server = await open(MANAGER, routes);
    assert.deepEqual([await get(server), await get(server), await get(server)], ["one", "two", "one"]);
    assert.deepEqual(failures, []);
  });

  it("leave out a host that answers but isn't healthy, and one that refuses", async () => {
    const one = await fakes.page(says("one"));
    const sick = new Map([
      ["10.0.0.1:8380", await fakes.page(says("no leader", 503))],
      ["10.0.0.1:2376", one],
      ["10.0.0.2:8380", await fakes.page(says("ok"))],
      ["10.0.0.2:2376", await fakes.page(says("two"))],
    ]);
    const server = await open(MANAGER, sick);
    assert.deepEqual([await get(server), await get(server)], ["two", "two"]);
  });

  it("close a connection that no host takes, and report what was seen last", async () => {
    const server = await open({ name: "registry", role: "registry", port: 5000 }, new Map());
    await assert.rejects(get(server));
    assert.match(failures.join(), /^registry: 10\.0\.0\.4:5000 from the bastion: /);
  });

  it("work again after the log-in to the bastion was lost", async () => {
    const routes = new Map([["10.0.0.4:5000", await fakes.page(says("images"))]]);
    const bastion = new Bastion({ host: "127.0.0.1", user: "root", ...(await fakes.bastion(routes)) }, 2);
    const forward: Forward = { name: "registry", role: "registry", port: 5000 };
    const server = await listen(forward, HOSTS, bastion, { local: 0, failed: (text) => void failures.push(text) });
    closers.push(() => server.close());
    assert.equal(await get(server), "images");
    const { login } = bastion as unknown as { login: { tunnel: Promise<{ close(): void }> } };
    (await login.tunnel).close();
    assert.equal(await get(server), "images", failures.join());
    bastion.close();
  });

  it("keep the connections that are open when a host refuses another one, or drops its packets", async () => {
    const echo = createServer((socket) => void socket.pipe(socket).on("error", () => undefined));
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    closers.push(() => echo.close());
    const routes = new Map([
      ["10.0.0.4:5000", (echo.address() as AddressInfo).port],
      ["10.0.0.2:2376", 0],
    ]);
    const bastion = new Bastion({ host: "127.0.0.1", user: "root", ...(await fakes.bastion(routes)) }, 1);
    const stream = await bastion.connect("10.0.0.4", 5000);
    let closed = false;
    stream.on("close", () => (closed = true));
    await assert.rejects(bastion.connect("10.0.0.1", 2376), /10\.0\.0\.1:2376 from the bastion/);
    await assert.rejects(bastion.connect("10.0.0.2", 2376), /no answer in 1 s while connecting to 10\.0\.0\.2:2376/);
    const answer = new Promise<string>((resolve) =>
      stream.once("data", (data: Buffer) => {
        resolve(data.toString());
      }),
    );
    stream.write("still there");
    assert.equal(
      await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 2000, "nothing"))]),
      "still there",
    );
    assert.equal(closed, false);
    stream.destroy();
    bastion.close();
  });

  it("report that one is in use", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    closers.push(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    const bastion = new Bastion({ host: "127.0.0.1", user: "root", ...(await fakes.bastion(new Map())) }, 2);
    await assert.rejects(
      listen(MANAGER, HOSTS, bastion, { local: port, failed: () => undefined }),
      (error: unknown) => error instanceof UserError && /EADDRINUSE.*Stop what listens there/.test(error.message),
    );
  });

  it("are those of internal load balancers alone", () => {
    const config = (stack: string): AwsStackConfig => parseConfig(stackValues(stack), stack) as AwsStackConfig;
    assert.deepEqual(
      forwardsOf(config("prod")).map(({ name, port }) => [name, port]),
      [
        ["manager", 2376],
        ["registry", 5000],
      ],
    );
    assert.deepEqual(forwardsOf(config("test")), []);
    const text = forwardText("prod", forwardsOf(config("prod")), {
      endpoints: { manager: "tcp://manager.example:2376", registry: "https://registry.example:5000" },
    });
    for (const part of ["127.0.0.1:2376  manager", "npm run context -- prod --tunnel", "127.0.0.1 registry.example"])
      assert.ok(text.includes(part), text);
  });
});
