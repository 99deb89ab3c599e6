import type { Duplex } from "node:stream";
import type { StackOutputs } from "../../../components/outputs";
import { within } from "../../../components/limit";
import { openBastion, Refused, type Tunnel } from "../../../components/ssh/bastion";

/** Seconds for the log-in to the bastion, and for a connection through it. */
const LIMIT = 10;

/** A log-in, and how many connections go through it. */
interface LogIn {
  readonly tunnel: Promise<Tunnel>;
  connections: number;
  /** Whether it was replaced. */
  dropped: boolean;
}

/** A log-in to the bastion that is renewed when lost. The key stays in memory. */
export class Bastion {
  private login: LogIn | undefined;

  public constructor(
    private readonly bastion: StackOutputs["access"]["bastion"],
    private readonly limit = LIMIT,
  ) {}

  /**
   * Opens a connection from the bastion. One that fails may mean that the log-in is dead, so it is tried again with a new one.
   *
   * @throws Error with what was seen last
   */
  public async connect(address: string, port: number): Promise<Duplex> {
    const before = this.login;
    try {
      return await this.through(address, port);
    } catch (error) {
      // A new log-in is alive, and so is one whose bastion answers: then the host refuses.
      if (before === undefined || error instanceof Refused) throw error;
      this.drop(before);
      return this.through(address, port);
    }
  }

  public close(): void {
    if (this.login !== undefined) end(this.login);
    this.login = undefined;
  }

  private async through(address: string, port: number): Promise<Duplex> {
    const login = (this.login ??= {
      tunnel: openBastion(this.bastion, this.limit),
      connections: 0,
      dropped: false,
    });
    let tunnel: Tunnel;
    try {
      tunnel = await login.tunnel;
    } catch (error) {
      this.drop(login);
      throw error;
    }
    return within(this.limit, async ({ signal, phase }) => {
      phase(`connecting to ${address}:${port} through the bastion`);
      const stream = await tunnel.connect(address, port, signal);
      login.connections++;
      stream.once("close", () => {
        login.connections--;
        if (login.dropped) endUnused(login);
      });
      return stream;
    });
  }

  /** Its open connections may still work, so it ends after the last of them. */
  private drop(login: LogIn): void {
    if (this.login === login) this.login = undefined;
    login.dropped = true;
    endUnused(login);
  }
}

function endUnused(login: LogIn): void {
  if (login.connections === 0) end(login);
}

function end({ tunnel }: LogIn): void {
  void tunnel.then(
    (open) => {
      open.close();
    },
    () => undefined,
  );
}
