import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Server } from "node:net";
import { publicBastion } from "../../../cli/platform/aws/bastion";
import { localBastion } from "../../../cli/platform/local/bastion";
import { checkBastion, type BastionAddress } from "../../../cli/pulumi/bastion";
import { UserError } from "../../../cli/terminal/errors";

describe("the look at the bastion before a run", () => {
  const servers: Server[] = [];
  const address = async (greeting?: string): Promise<BastionAddress> => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      if (greeting !== undefined) socket.end(greeting);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
  };
  const check = (at: BastionAddress | undefined, ...args: string[]): Promise<void> =>
    checkBastion("far", args, () => Promise.resolve(at), 0.3);
  after(() => {
    for (const server of servers) server.close();
  });

  it("refuses a run whose steps would wait without end for a silent bastion", async () => {
    const at = await address();
    await assert.rejects(check(at, "up", "--yes"), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        new RegExp(`stack far takes connections at 127\\.0\\.0\\.1:${at.port}, but shows no SSH`),
      );
      return true;
    });
  });

  it("lets one run that replaces it, or that dials nobody", async () => {
    const at = await address();
    await check(at, "up", "--replace", "**:Container::bastion");
    await check(at, "preview");
    await check(at, "destroy", "--yes");
  });

  it("has nothing against one that answers, closes at once, refuses or isn't there", async () => {
    await check(await address("SSH-2.0-OpenSSH_9.2\r\n"), "up");
    await check(await address(""), "up");
    await check({ host: "127.0.0.1", port: 1 }, "up");
    await check(undefined, "up");
  });

  it("finds the address: on this workstation by the stack's file, in the cloud by its state", () => {
    assert.equal(localBastion({ text: "config:\n  swarm-ha:platform: local\n" }).port, 22022);
    assert.equal(localBastion({ text: "config:\n  swarm-ha:local: { ports: { ssh: 2222 } }\n" }).port, 2222);
    const eip = (name: string, publicIp?: string) => ({
      urn: `urn:pulumi:far::swarm-ha::swarm-ha:platform:Aws$aws:ec2/eip:Eip::${name}`,
      type: "aws:ec2/eip:Eip",
      outputs: publicIp === undefined ? {} : { publicIp },
    });
    const state = (...resources: unknown[]): string => JSON.stringify({ deployment: { resources } });
    const found = publicBastion(state(eip("nat-a", "192.0.2.1"), eip("bastion", "192.0.2.2")));
    assert.deepEqual(found, { host: "192.0.2.2", port: 22 });
    assert.equal(publicBastion(state(eip("bastion"))), undefined);
    assert.equal(publicBastion(undefined), undefined);
  });
});
