import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Docker from "dockerode";
import { UserError } from "../../../cli/terminal/errors";
import { refuseNodes } from "../../../cli/platform/local/unmanaged";

/** An engine that answers for each container whether the file is there by which an engine knows its swarm. */
describe("machines that a state doesn't know", () => {
  let server: Server;
  let docker: Docker;
  const answers = new Map<string, number>();
  const unmanaged = (name: string) => ({ id: name, identity: name, host: name, name, state: "exited" });

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

  it("may go as long as none is in a swarm, however many there are: one kill may leave them all", async () => {
    const all = ["manager-1", "manager-2", "manager-3", "worker-1", "lb-app"];
    await refuseNodes(docker, "x", all.map(unmanaged));
  });

  it("stay when one is in a swarm: then the state is too old to tell", async () => {
    answers.set("x-manager-2", 200);
    await assert.rejects(refuseNodes(docker, "x", ["x-manager-2", "x-worker-1"].map(unmanaged)), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /^Nothing was removed: the state of the stack x doesn't know x-manager-2, and a swarm does/,
      );
      assert.match(error.message, /docker rm -fv x-manager-2 && docker volume rm x-manager-2-engine\n/);
      assert.doesNotMatch(error.message, /x-worker-1/);
      return true;
    });
  });

  it("stay when nobody can tell", async () => {
    answers.set("x-manager-2", 500);
    await assert.rejects(refuseNodes(docker, "x", [unmanaged("x-manager-2")]), /HTTP code 500/);
  });
});
