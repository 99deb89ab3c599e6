import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import type { AddressInfo } from "node:net";
import { Server, type Connection as Peer } from "ssh2";
import type { Connection } from "../../../offline/command/connection";
import { Pool } from "../../../offline/command/pool";
import { ChannelRefused, run } from "../../../offline/command/session";
import { openSshPrivateKey, openSshPublicKey } from "../../../offline/lib/openssh";

const hostKey = generateKeyPairSync("ed25519").privateKey;
const clientKey = openSshPrivateKey(generateKeyPairSync("ed25519").privateKey);

describe("kit: connection pool", () => {
  let server: Server;
  let pool: Pool;
  const peers: Peer[] = [];
  /** Channels that the server still opens on each connection. */
  let sessions = Infinity;
  const asker = { signal: new AbortController().signal, status: () => undefined };
  const job = { command: "x", env: {}, onOutput: () => undefined, signal: asker.signal };
  const connection = (changes: Partial<Connection> = {}): Connection => ({
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    user: "root",
    privateKey: clientKey,
    hostKey: openSshPublicKey(hostKey),
    dialErrorLimit: 1,
    perDialTimeout: 2,
    ...changes,
  });

  beforeEach(async () => {
    [pool, peers.length, sessions] = [new Pool(), 0, Infinity];
    server = new Server({ hostKeys: [openSshPrivateKey(hostKey)] }, (peer) => {
      let left = sessions;
      peers.push(peer);
      peer.on("error", () => undefined);
      peer.on("authentication", (context) => {
        context.accept();
      });
      peer.on("session", (accept, reject) => {
        if (left-- <= 0) {
          reject();
          return;
        }
        accept().on("exec", (yes) => {
          const channel = yes();
          channel.exit(0);
          channel.end();
        });
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  afterEach(() => {
    for (const peer of peers) peer.end();
    server.close();
  });

  it("uses one connection again and again", async () => {
    for (let round = 0; round < 3; round++) {
      const lease = await pool.lease(connection(), asker);
      await run(lease.client, job);
      lease.release(true);
    }
    assert.equal(peers.length, 1);
  });

  it("doesn't mix connections that differ in anything", async () => {
    const users = ["a", "b"];
    for (const user of users) (await pool.lease(connection({ user }), asker)).release(true);
    assert.equal(peers.length, 2);
  });

  it("dials again when the connection has died", async () => {
    (await pool.lease(connection(), asker)).release(true);
    peers[0]?.end();
    const lease = await pool.lease(connection(), asker);
    await run(lease.client, job);
    lease.release(true);
    assert.equal(peers.length, 2);
  });

  it("says when a channel is refused, and then takes another connection", async () => {
    sessions = 1;
    const first = await pool.lease(connection(), asker);
    await run(first.client, job);
    await assert.rejects(run(first.client, job), ChannelRefused);
    first.release(false);
    const second = await pool.lease(connection(), asker);
    await run(second.client, job);
    second.release(true);
    assert.equal(peers.length, 2);
  });

  it("refuses another host key, and counts its dials", async () => {
    const wrong = connection({ hostKey: openSshPublicKey(generateKeyPairSync("ed25519").privateKey) });
    await assert.rejects(pool.lease(wrong, asker), /after 1 failed attempts: .*host key mismatch/);
    assert.equal(peers.length, 2);
  });

  it("gives up at once on a key that can't be read, and on an abort", async () => {
    await assert.rejects(pool.lease(connection({ hostKey: "nonsense" }), asker), /failed to parse host key/);
    const stopped = { ...asker, signal: AbortSignal.abort(new Error("stopped")) };
    await assert.rejects(pool.lease(connection({ user: "new" }), stopped), /stopped/);
    assert.equal(peers.length, 0);
  });
});
