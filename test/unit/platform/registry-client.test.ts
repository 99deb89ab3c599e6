import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { nameIn, untilKnown, type RegistryClient } from "../../../components/platform/local/provider/registry-client";
import { stranger } from "../../support/authority";

const PASSWORD = "s3cret-of-the-test";
const REPLICAS = 3;

describe("the registry, before an image is pushed to it,", () => {
  let server: Server;
  let client: RegistryClient;
  /** Statuses that were given, in their order. */
  let given: number[];
  /** What the replica that is asked the n-th time answers; they are asked in turn. */
  let answer: (n: number) => number;

  before(async () => {
    const authority = await stranger();
    const { cert, key } = await authority({
      name: "registry",
      use: "server",
      names: [{ type: "dns", value: "r.test" }],
    });
    server = createServer({ cert, key }, (request, response) => {
      const known = request.headers.authorization === `Basic ${Buffer.from(`u:${PASSWORD}`).toString("base64")}`;
      const status = known ? answer(given.length) : 401;
      given.push(status);
      response.writeHead(status).end();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const registry = `r.test:${String((server.address() as AddressInfo).port)}`;
    client = { registry, ca: authority.pem, username: "u", password: PASSWORD };
  });
  beforeEach(() => (given = []));
  after(() => server.close());

  it("is asked until every replica knows the password, not just the one that answers", async () => {
    // The last replica is given it after it was asked twice.
    answer = (n) => (n % REPLICAS === REPLICAS - 1 && n < 2 * REPLICAS ? 401 : 200);
    await untilKnown(client, 20);
    assert.equal(given.lastIndexOf(401), 2 * REPLICAS - 1);
    assert.ok(given.length >= 3 * REPLICAS, `${given.join(" ")}: one of them wasn't asked again`);
  });

  it("that never knows it is given up in time, and the password isn't told", async () => {
    answer = (n) => (n % REPLICAS === 0 ? 401 : 200);
    await assert.rejects(untilKnown(client, 2), (error: Error) => {
      assert.match(error.message, /refuses the stack's own credentials \(HTTP 401\), for 2 s already/);
      assert.ok(!error.message.includes(PASSWORD));
      return true;
    });
  });
});

describe("an image's name in the registry", () => {
  it("is without the registry that its name on an engine begins with", () => {
    for (const image of ["swarm-ha/traefik:3", "r.test/swarm-ha/traefik:3", "127.0.0.1:5000/swarm-ha/traefik:3"]) {
      assert.deepEqual(nameIn(image), { name: "swarm-ha/traefik", tag: "3" });
    }
    assert.deepEqual(nameIn("traefik:3"), { name: "traefik", tag: "3" });
  });

  it("has a tag, which stands for its content", () => {
    for (const image of ["traefik", "r.test:5000/traefik", "traefik:"])
      assert.throws(() => nameIn(image), /has no tag/);
  });
});
