/**
 * SSH connections that are used more than once.
 *
 * Upstream dials for every command, through the bastion twice. With 50 hosts and several commands on each that is most
 * of the work on a small machine. So a connection stays open for a few seconds after its last use. What a user can
 * see stays as upstream has it: the dial limits, and the host key checks, which belong to the pool's keys.
 */
import type { Client } from "ssh2";
import { type Connection, fingerprint, type Hop, sshConfig } from "./connection";
import { dialTcp, dialThrough, handshake } from "./dial";
import { retry } from "./retry";

/** How long a connection stays open without being used, in milliseconds. */
const IDLE = 15_000;

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

/** Connections to any number of machines. */
export class Pool {
  private readonly open = new Map<string, Entry>();
  /** Dials under way to bastions: those who want the same one wait for it. */
  private readonly dialling = new Map<string, { work: Promise<unknown>; signal: AbortSignal }>();

  /**
   * A connection to a machine: one that is open, if it still answers, else a new one.
   *
   * @throws Error when the dial limits are reached; the message names the hop.
   */
  public async lease(connection: Connection, asker: Asker): Promise<Lease> {
    sshConfig(connection); // A key that can't be read is an error at once: no dial would help.
    const key = fingerprint(connection);
    const pooled = await this.reuse(key, connection);
    if (pooled !== undefined) return pooled;
    const { proxy } = connection;
    if (proxy === undefined) return this.add(key, await dialDirectly("Dial", connection, asker));
    try {
      const { client, done } = await this.dialVia(proxy, connection, asker);
      return this.add(key, client, done);
    } catch (error) {
      asker.signal.throwIfAborted();
      throw new Error(`proxy: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  /** A machine behind a bastion. The bastion's lease lasts as long as the connection. */
  private async dialVia(proxy: Hop, hop: Hop, asker: Asker): Promise<{ client: Client; done: () => void }> {
    sshConfig(proxy);
    const options = { what: "Dial from proxy", limit: hop.dialErrorLimit, ...asker };
    let bastion = await this.bastion(proxy, asker);
    try {
      return await retry(options, async () => {
        // Whoever sees the shared connection end, another command or this one, takes a new one with a new count.
        if (!this.isOpen(bastion.client)) {
          bastion.release(false);
          bastion = await this.bastion(proxy, asker);
        }
        const held = bastion;
        const stream = await dialThrough(held.client, hop);
        const client = await handshake(hop, stream);
        return {
          client,
          done: () => {
            held.release(true);
          },
        };
      });
    } catch (error) {
      bastion.release(true);
      throw error;
    }
  }

  /**
   * A bastion's connection; one dial serves all who ask meanwhile. They share its failure, too: dialled once more by each
   * waiting step, one after the other, a dead bastion would take steps times the dial limits.
   */
  private async bastion(proxy: Hop, asker: Asker): Promise<Lease> {
    const key = fingerprint(proxy);
    for (let underway = this.dialling.get(key); underway !== undefined; underway = this.dialling.get(key)) {
      const { work, signal } = underway;
      try {
        await unlessAborted(work, asker.signal);
      } catch (error) {
        asker.signal.throwIfAborted();
        if (!signal.aborted) throw error;
        continue; // Only the one that dialled was stopped: this says nothing about the bastion.
      }
      const entry = this.open.get(key);
      if (entry !== undefined) return this.take(key, entry);
    }
    const work = (async (): Promise<Lease> => {
      return (await this.reuse(key, proxy)) ?? this.add(key, await dialDirectly("Dial proxy", proxy, asker));
    })().finally(() => this.dialling.delete(key));
    this.dialling.set(key, { work, signal: asker.signal });
    return work;
  }

  private isOpen(client: Client): boolean {
    return [...this.open.values()].some((entry) => entry.client === client);
  }

  /** An open connection, if it still answers within the time of one dial. */
  private async reuse(key: string, hop: Hop): Promise<Lease | undefined> {
    const entry = this.open.get(key);
    if (entry === undefined) return undefined;
    const lease = this.take(key, entry);
    if (await answers(entry.client, hop.perDialTimeout * 1000)) return lease;
    lease.release(false);
    entry.client.destroy();
    return undefined;
  }

  private add(key: string, client: Client, done?: () => void): Lease {
    const entry: Entry = { client, users: 0, idle: undefined };
    this.open.set(key, entry);
    client.on("error", () => undefined); // "close" follows.
    client.once("close", () => {
      this.forget(key, entry);
      clearTimeout(entry.idle);
      done?.();
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

/** Waits for somebody else's work, but not longer than until an abort of one's own. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let abort: () => void = () => undefined;
  const aborted = new Promise<void>((resolve) => {
    abort = resolve;
    signal.addEventListener("abort", abort);
  });
  try {
    await Promise.race([work, aborted]);
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function dialDirectly(what: string, hop: Hop, asker: Asker): Promise<Client> {
  return retry({ what, limit: hop.dialErrorLimit, ...asker }, async () => handshake(hop, await dialTcp(hop)));
}

/**
 * Whether the other side answers. Asks it to end a forwarding that doesn't exist: a server refuses that, and the
 * refusal is the answer. Nothing else in SSH that a client may ask at any time has no effect at all.
 */
function answers(client: Client, limit: number): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (alive: boolean): void => {
      clearTimeout(timer);
      client.off("close", gone);
      resolve(alive);
    };
    const gone = (): void => {
      finish(false);
    };
    const timer = limit > 0 ? setTimeout(gone, limit) : undefined;
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
