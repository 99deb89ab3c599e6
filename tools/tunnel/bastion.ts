import type { Duplex } from "node:stream";
import type { StackOutputs } from "../../components/outputs";
import { openOperator, type Tunnel } from "../cluster/operator";
import { within } from "../cluster/limit";

/** Seconds for the log-in to the bastion, and for a connection through it. */
const LIMIT = 10;

/** A log-in to the bastion that is renewed when it was lost. The key stays in memory. */
export class Bastion {
  private login: Promise<Tunnel> | undefined;

  public constructor(
    private readonly operator: StackOutputs["access"]["operator"],
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
      // A log-in of this very moment is alive: it is the host that refuses.
      if (before === undefined) throw error;
      this.forget(before);
      return this.through(address, port);
    }
  }

  public close(): void {
    if (this.login !== undefined) this.forget(this.login);
  }

  private async through(address: string, port: number): Promise<Duplex> {
    const login = (this.login ??= openOperator(this.operator, this.limit));
    let tunnel: Tunnel;
    try {
      tunnel = await login;
    } catch (error) {
      this.forget(login);
      throw error;
    }
    return within(this.limit, ({ signal, phase }) => {
      phase(`connecting to ${address}:${port} through the bastion`);
      const opening = tunnel.connect(address, port);
      // A connection that opens after its time has nobody left who wants it.
      signal.addEventListener(
        "abort",
        () =>
          void opening.then(
            (stream) => stream.destroy(),
            () => undefined,
          ),
      );
      return opening;
    });
  }

  private forget(login: Promise<Tunnel>): void {
    if (this.login === login) this.login = undefined;
    void login.then(
      (tunnel) => {
        tunnel.close();
      },
      () => undefined,
    );
  }
}
