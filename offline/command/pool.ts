/**
 * SSH connections for commands.
 *
 * One that was dialled directly serves several commands, which the official provider doesn't do: there each command dials
 * its own connection, and none is closed before the provider ends. To whoever runs commands it is the same but for the
 * number of logins, and this one is quicker. Behind a proxy nothing is shared: it is as slow and as fragile as there.
 */
import type { Client } from "ssh2";
import { checkAgent } from "./agent";
import { type Connection, fingerprint, type Hop, sshConfig } from "./connection";
import { dialTcp, dialThrough, handshake } from "./dial";
import { retry } from "./retry";

/** How long a connection stays open without being used, in milliseconds. Servers may close it after 15 s. */
const IDLE = 5_000;

/** How long a connection that was kept has to answer, in milliseconds, before another one is dialled. */
const ANSWER_LIMIT = 5_000;

/** What dialling needs to know about who asks. */
export interface Asker {
  /** Ends the dialling. */
  readonly signal: AbortSignal;
  /** Gets a message on each failed dial. */
  readonly status: (message: string) => void;
}

/** A connection that is being used. It has to be given back. */
export interface Lease {
  /** The connection. */
  readonly client: Client;
  /** Gives it back. A broken or full one isn't used again, and ends when its last user has gone. */
  release(reusable: boolean): void;
}

interface Entry {
  readonly client: Client;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

/** Connections to any number of hosts. */
export class Pool {
  private readonly open = new Map<string, Entry>();

  /**
   * A connection to a host: one that is open, if it still answers, else a new one.
   *
   * @throws Error when the dial limits are reached.
   */
  public async lease(connection: Connection, asker: Asker): Promise<Lease> {
    sshConfig(connection); // A key that can't be read is an error at once: no dial would help.
    await checkAgent(connection);
    if (connection.proxy !== undefined) return behindProxy(connection, connection.proxy, asker);
    const key = fingerprint(connection);
    return (await this.reuse(key)) ?? this.add(key, await dialDirectly("Dial", connection, asker));
  }

  /** An open connection, if it still answers. */
  private async reuse(key: string): Promise<Lease | undefined> {
    const entry = this.open.get(key);
    if (entry === undefined) return undefined;
    const lease = this.take(key, entry);
    if (await answers(entry.client)) return lease;
    lease.release(false);
    entry.client.destroy();
    return undefined;
  }

  private add(key: string, client: Client): Lease {
    const entry: Entry = { client, users: 0, idle: undefined };
    this.open.set(key, entry);
    client.on("error", () => undefined); // "close" follows.
    client.once("close", () => {
      this.forget(key, entry);
      clearTimeout(entry.idle);
    });
    return this.take(key, entry);
  }

  private forget(key: string, entry: Entry): void {
    if (this.open.get(key) === entry) this.open.delete(key);
  }

  private take(key: string, entry: Entry): Lease {
    entry.users++;
    clearTimeout(entry.idle);
    let held = true;
    return {
      client: entry.client,
      release: (reusable) => {
        if (!held) return;
        held = false;
        entry.users--;
        if (!reusable) this.forget(key, entry);
        if (entry.users > 0) return;
        if (this.open.get(key) !== entry) entry.client.end();
        else
          entry.idle = setTimeout(() => {
            this.forget(key, entry);
            entry.client.end();
          }, IDLE);
      },
    };
  }
}

function dialDirectly(what: string, hop: Hop, asker: Asker): Promise<Client> {
  return retry({ what, limit: hop.dialErrorLimit, ...asker }, async () => handshake(hop, await dialTcp(hop)));
}

/**
 * A host behind a proxy, with the defects of the official provider: the host is dialled until it takes the connection,
 * and then every attempt to shake hands is made on that one connection. Neither of the two is ever closed.
 */
async function behindProxy(hop: Hop, proxy: Hop, asker: Asker): Promise<Lease> {
  try {
    sshConfig(proxy);
    await checkAgent(proxy);
    const bastion = quiet(await dialDirectly("Dial proxy", proxy, asker));
    const limit = hop.dialErrorLimit;
    const stream = await retry({ what: "Dial from proxy", limit, ...asker }, () => dialThrough(bastion, hop));
    const client = quiet(await retry({ what: "Dial", limit, ...asker }, () => handshake(hop, stream)));
    return { client, release: () => undefined };
  } catch (error) {
    asker.signal.throwIfAborted();
    throw new Error(`proxy: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** An error of a connection that nobody listens to would end this process. */
function quiet(client: Client): Client {
  return client.on("error", () => undefined);
}

/**
 * Whether the other side answers. Asks it to end a forwarding that doesn't exist: a server refuses that, and the
 * refusal is the answer. Nothing else in SSH that a client may ask at any time has no effect at all.
 */
function answers(client: Client): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (alive: boolean): void => {
      clearTimeout(timer);
      client.off("close", gone);
      resolve(alive);
    };
    const gone = (): void => {
      finish(false);
    };
    const timer = setTimeout(gone, ANSWER_LIMIT);
    client.once("close", gone);
    try {
      client.unforwardIn("127.0.0.1", 1, () => {
        finish(true);
      });
    } catch {
      finish(false);
    }
  });
}
