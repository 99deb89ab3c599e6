/** A command plugin, the official one or the kit's, driven as the Pulumi engine drives it: over gRPC. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

const URN = "urn:pulumi:test::test::command:remote:Command::";
/** Severities by the numbers that they have in the protocol (engine.proto). */
const SEVERITIES = ["debug", "info", "warning", "error"];
/** Seconds until a plugin must have answered what needs no network. */
const LIMIT = 60;

/** The result of a call of the plugin. */
export type Outcome = { readonly stdout: string; readonly stderr: string } | { readonly error: string };

/** A running plugin. */
export class Plugin {
  private constructor(
    private readonly child: ChildProcess,
    private readonly engine: grpc.Server,
    private readonly client: ResourceProviderClient,
    private readonly messages: ReadonlyMap<string, string[]>,
  ) {}

  /** Starts a program with the Pulumi engine's address as its last argument. */
  public static async start(command: readonly string[], env: NodeJS.ProcessEnv): Promise<Plugin> {
    const engine = new grpc.Server();
    const messages = new Map<string, string[]>();
    engine.addService(EngineService, {
      log: (call: { request: LogRequest }, callback: (error: null, answer: Empty) => void) => {
        const { request } = call;
        const kind = request.getEphemeral() ? "status" : SEVERITIES[request.getSeverity()];
        const said = messages.get(request.getUrn()) ?? [];
        messages.set(request.getUrn(), [...said, `${kind ?? "?"} ${request.getMessage()}`]);
        callback(null, new Empty());
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      engine.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    const [program = "", ...args] = command;
    const child = spawn(program, [...args, `127.0.0.1:${port}`], { env, stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, "line"), once(child, "exit").then(() => ["ended"])])) as string[];
    if (!/^\d+$/.test(line ?? "")) throw new Error(`${program} says no port, but: ${line ?? ""}`);
    const client = new ResourceProviderClient(`127.0.0.1:${line ?? ""}`, grpc.credentials.createInsecure());
    const configure = new proto.ConfigureRequest();
    configure.setAcceptsecrets(true);
    configure.setArgs(Struct.fromJavaScript({}));
    await call((done) => client.configure(configure, within(LIMIT), done));
    return new Plugin(child, engine, client, messages);
  }

  /** Messages for the Pulumi engine's user about a resource: `severity message`; passing ones as `status message`. */
  public said(name: string): readonly string[] {
    return this.messages.get(URN + name) ?? [];
  }

  /**
   * Creates a `command:remote:Command`.
   *
   * @param limit seconds after which it isn't waited for any longer
   * @returns undefined when there was no end by then
   */
  public async create(
    name: string,
    inputs: Readonly<Record<string, JavaScriptValue>>,
    limit: number,
  ): Promise<Outcome | undefined> {
    const check = new proto.CheckRequest();
    check.setUrn(URN + name);
    check.setNews(Struct.fromJavaScript(inputs));
    const checked = await call<proto.CheckResponse>((done) => this.client.check(check, within(LIMIT), done));
    const create = new proto.CreateRequest();
    create.setUrn(URN + name);
    create.setProperties(checked.getInputs());
    try {
      const made = await call<proto.CreateResponse>((done) => this.client.create(create, within(limit), done));
      const { stdout, stderr } = (made.getProperties()?.toJavaScript() ?? {}) as Record<string, string>;
      return { stdout: stdout ?? "", stderr: stderr ?? "" };
    } catch (error) {
      const { code, details } = error as grpc.ServiceError;
      return code === grpc.status.DEADLINE_EXCEEDED ? undefined : { error: details };
    }
  }

  /** Ends it, as the Pulumi engine does. */
  public async stop(): Promise<void> {
    this.client.close();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGKILL");
      await once(this.child, "exit");
    }
    this.engine.forceShutdown();
  }
}

function within(seconds: number): grpc.CallOptions & grpc.Metadata {
  return { deadline: Date.now() + seconds * 1000 } as never;
}

function call<T>(make: (done: (error: grpc.ServiceError | null, answer: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    make((error, answer) => {
      if (error === null) resolve(answer);
      else reject(error);
    });
  });
}
