import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Docker from "dockerode";
import { UserError } from "../../../cli/terminal/errors";
import { refuseNodes } from "../../../cli/platform/local/unmanaged";

/** A Docker engine that answers for each container whether the file is there by which a Docker engine knows its swarm. */
describe("unmanaged containers", () => {
  let server: Server;
  let docker: Docker;
  const answers = new Map<string, number>();
  const container = (name: string) => ({ id: name, identity: name, host: name, name, state: "exited" });

  before(async () => {
    server = createServer(({ method, url }, response) => {
      const { pathname, searchParams } = new URL(url ?? "", "http://engine");
      assert.equal(method, "HEAD");
      assert.equal(searchParams.get("path"), "/var/lib/docker/swarm/docker-state.json");
      response.statusCode = answers.get(/\/containers\/([^/]+)\/archive$/.exec(pathname)?.[1] ?? "") ?? 404;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    docker = new Docker({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, protocol: "http" });
  });
  after(() => {
    server.close();
  });
  beforeEach(() => {
    answers.clear();
  });

  it("are removed when none is in a swarm, however many there are: one killed run may leave them all", async () => {
    const all = ["manager-1", "manager-2", "manager-3", "worker-1", "lb-app"];
    await refuseNodes(docker, "x", all.map(container));
  });

  it("stay when one is in a swarm: then the state is an old one", async () => {
    answers.set("x-manager-2", 200);
    await assert.rejects(refuseNodes(docker, "x", ["x-manager-2", "x-worker-1"].map(container)), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /^Nothing was removed: x-manager-2 is in a swarm, but not in the state of the stack x/,
      );
      assert.match(error.message, /docker rm -fv x-manager-2 && docker volume rm x-manager-2-engine\n/);
      assert.doesNotMatch(error.message, /x-worker-1/);
      return true;
    });
  });

  it("stay when that can't be read", async () => {
    answers.set("x-manager-2", 500);
    await assert.rejects(refuseNodes(docker, "x", [container("x-manager-2")]), /HTTP code 500/);
  });
});
