/** A resource provider as the Pulumi engine wants it, made of resource types. */
import * as grpc from "@grpc/grpc-js";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { PluginInfo, type PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { type IResourceProviderServer, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { EngineLog } from "./engine-log";
import type { Call, Diff, ResourceType } from "./resource";
import { serve, unimplemented } from "./serve";
import type { Properties } from "./values";

/** A provider: its version, and its resource types by type token. */
export interface Provider {
  /** The package's name. */
  readonly name: string;
  /** The version whose behaviour it has. */
  readonly version: string;
  /** Resource types by token. */
  readonly types: Readonly<Record<string, ResourceType>>;
  /** Functions by token. @default none */
  readonly functions?: Readonly<Record<string, (inputs: Properties) => Properties | Promise<Properties>>>;
  /** Gets the provider's settings before any resource. @default they are ignored */
  configure?(settings: Properties): Promise<void>;
}

const properties = (struct: Struct | undefined): Properties => struct?.toJavaScript() ?? {};
const struct = (values: Properties): Struct => Struct.fromJavaScript(values);
/** The resource's name in the program. */
const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");

type Unary<Request, Response> = grpc.handleUnaryCall<Request, Response>;

/** A handler that answers with what a promise brings, or with its error's message. */
function answer<Request, Response>(
  work: (request: Request, call: grpc.ServerUnaryCall<Request, Response>) => Promise<Response> | Response,
): Unary<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => work(call.request, call))
      .then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          callback({ code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
        },
      );
  };
}

const missing =
  <Request, Response>(method: string): Unary<Request, Response> =>
  (_call, callback) => {
    callback(unimplemented(method));
  };

/** Serves a provider; the Pulumi engine's address is the plugin's last argument. */
export function serveProvider(provider: Provider): void {
  const log = new EngineLog(process.argv.at(-1)?.includes(":") === true ? process.argv.at(-1) : undefined);
  const service = implement(provider, log);
  serve((server) => {
    server.addService(ResourceProviderService, service);
  });
}

function implement(provider: Provider, log: EngineLog): IResourceProviderServer {
  const cancelled = new AbortController();

  function typeOf(urn: string): ResourceType {
    const token = urn.split("::")[2]?.split("$").at(-1) ?? "";
    const type = provider.types[token];
    if (type !== undefined) return type;
    const known = Object.keys(provider.types).join(", ");
    throw new Error(
      `the offline kit's ${provider.name} provider has no ${token}, only ${known}. ` +
        "Install Pulumi for the whole provider: https://www.pulumi.com/docs/install/",
    );
  }

  /** Runs `work` with a call whose messages have all reached the Pulumi engine before it ends: they'd be lost otherwise. */
  async function within<T>(
    { urn, id, preview }: { readonly urn: string; readonly id: string; readonly preview: boolean },
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    const sent: Promise<void>[] = [];
    const call: Call = {
      urn,
      name: nameOf(urn),
      id,
      preview,
      signal: cancelled.signal,
      status: (message) => sent.push(log.status(urn, message)),
      say: (severity, message) => sent.push(log.say(urn, severity, message)),
    };
    try {
      return await work(call);
    } finally {
      await Promise.all(sent);
    }
  }

  return {
    handshake: missing("Handshake"),
    parameterize: missing("Parameterize"),
    invoke: answer(async (request) => {
      const call = provider.functions?.[request.getTok()];
      if (call === undefined) throw new Error(`the offline kit's ${provider.name} provider has no ${request.getTok()}`);
      const response = new proto.InvokeResponse();
      response.setReturn(struct(await call(properties(request.getArgs()))));
      return response;
    }),
    call: missing("Call"),
    construct: missing("Construct"),
    getMapping: missing("GetMapping"),
    getMappings: missing("GetMappings"),
    list: (call) => {
      call.emit("error", unimplemented("List"));
    },
    getSchema: answer(() => {
      const response = new proto.GetSchemaResponse();
      response.setSchema(JSON.stringify({ name: provider.name, version: provider.version }));
      return response;
    }),
    getPluginInfo: answer(() => {
      const info = new PluginInfo();
      info.setVersion(provider.version);
      return info;
    }),
    attach: answer((request: PluginAttach) => {
      log.attach(request.getAddress());
      return new Empty();
    }),
    cancel: answer(() => {
      cancelled.abort();
      return new Empty();
    }),
    checkConfig: answer((request) => {
      const response = new proto.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: answer(() => {
      const response = new proto.DiffResponse();
      response.setChanges(proto.DiffResponse.DiffChanges.DIFF_NONE);
      return response;
    }),
    configure: answer(async (request) => {
      await provider.configure?.(properties(request.getArgs()));
      const response = new proto.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),
    check: answer((request) => {
      const olds = request.hasOlds() ? { olds: properties(request.getOlds()) } : {};
      const facts = { name: nameOf(request.getUrn()), ...olds };
      const { inputs, failures } = typeOf(request.getUrn()).check(properties(request.getNews()), facts);
      const response = new proto.CheckResponse();
      response.setInputs(struct(inputs));
      for (const { property, reason } of failures) {
        const failure = new proto.CheckFailure();
        failure.setProperty(property);
        failure.setReason(reason);
        response.addFailures(failure);
      }
      return response;
    }),
    diff: answer((request) => {
      const state = properties(request.getOlds());
      const inputs = request.hasOldInputs() ? properties(request.getOldInputs()) : state;
      const news = properties(request.getNews());
      for (const ignored of request.getIgnorechangesList()) {
        const old = inputs[ignored];
        if (old !== undefined) news[ignored] = old;
      }
      return diffResponse(typeOf(request.getUrn()).diff({ state, inputs }, news));
    }),
    create: answer((request) =>
      within({ urn: request.getUrn(), id: "", preview: request.getPreview() }, async (call) => {
        const { id, state } = await typeOf(call.urn).create(call, properties(request.getProperties()));
        const response = new proto.CreateResponse();
        response.setId(call.preview ? "" : id);
        response.setProperties(struct(state));
        return response;
      }),
    ),
    read: answer(async (request) => {
      const type = typeOf(request.getUrn());
      if (!request.hasInputs() || request.getInputs()?.getFieldsMap().getLength() === 0)
        throw new Error(`the offline kit can't import a ${request.getType() || request.getUrn()}`);
      const state = properties(request.getProperties());
      const call = { id: request.getId(), name: nameOf(request.getUrn()) };
      const found = type.read === undefined ? state : await type.read(state, properties(request.getInputs()), call);
      const response = new proto.ReadResponse();
      // Without an id the resource is gone.
      if (found === undefined) return response;
      response.setId(request.getId());
      response.setInputs(request.getInputs());
      response.setProperties(struct(found));
      return response;
    }),
    update: answer((request) =>
      within({ urn: request.getUrn(), id: request.getId(), preview: request.getPreview() }, async (call) => {
        const state = properties(request.getOlds());
        const news = properties(request.getNews());
        for (const ignored of request.getIgnorechangesList()) {
          const old = state[ignored];
          if (old !== undefined) news[ignored] = old;
        }
        const response = new proto.UpdateResponse();
        response.setProperties(struct(await typeOf(call.urn).update(call, state, news)));
        return response;
      }),
    ),
    delete: answer((request) =>
      within({ urn: request.getUrn(), id: request.getId(), preview: false }, async (call) => {
        await typeOf(call.urn).delete?.(call, properties(request.getProperties()));
        return new Empty();
      }),
    ),
  };
}

function diffResponse({ changes, replaces }: Diff): proto.DiffResponse {
  const { Kind } = proto.PropertyDiff;
  const kinds = {
    add: [Kind.ADD, Kind.ADD_REPLACE],
    delete: [Kind.DELETE, Kind.DELETE_REPLACE],
    update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
  } as const;
  const { DiffChanges } = proto.DiffResponse;
  const response = new proto.DiffResponse();
  response.setChanges(changes.size === 0 ? DiffChanges.DIFF_NONE : DiffChanges.DIFF_SOME);
  response.setHasdetaileddiff(true);
  for (const [path, change] of changes) {
    const diff = new proto.PropertyDiff();
    const replace = replaces(path);
    diff.setKind(kinds[change][replace ? 1 : 0]);
    diff.setInputdiff(true);
    response.getDetaileddiffMap().set(path, diff);
    const top = path.split(/[.[]/, 1)[0] ?? path;
    if (!response.getDiffsList().includes(top)) response.addDiffs(top);
    if (replace && !response.getReplacesList().includes(top)) response.addReplaces(top);
  }
  return response;
}
