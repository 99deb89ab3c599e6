/** Messages to the person who runs the Pulumi engine. */
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { grpcOptions } from "./serve";

/** Severity of a message. */
export type Severity = "info" | "warning" | "error";

const SEVERITIES = {
  info: LogSeverity.INFO,
  warning: LogSeverity.WARNING,
  error: LogSeverity.ERROR,
} as const;

/** The Pulumi engine's log, seen from a plugin. */
export class EngineLog {
  private client: EngineClient | undefined;

  /** @param address `host:port` of the Pulumi engine; without one nothing is logged. */
  public constructor(address: string | undefined) {
    if (address !== undefined) this.attach(address);
  }

  /** Logs to another Pulumi engine from now on. */
  public attach(address: string): void {
    this.client = new EngineClient(address, grpc.credentials.createInsecure(), grpcOptions);
  }

  /** A message that stays in the output. Resolves when the Pulumi engine has it, also if it refused it. */
  public say(urn: string, severity: Severity, message: string): Promise<void> {
    return this.send(urn, severity, message, false);
  }

  /** A passing message, shown beside the resource while it is being worked on. */
  public status(urn: string, message: string): Promise<void> {
    return this.send(urn, "info", message, true);
  }

  private send(urn: string, severity: Severity, message: string, ephemeral: boolean): Promise<void> {
    const { client } = this;
    if (client === undefined) return Promise.resolve();
    const request = new LogRequest();
    request.setUrn(urn);
    request.setSeverity(SEVERITIES[severity]);
    request.setMessage(message);
    request.setEphemeral(ephemeral);
    return new Promise((done) => {
      client.log(request, () => {
        done();
      });
    });
  }
}
