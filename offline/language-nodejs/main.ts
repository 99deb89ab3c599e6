/** The language host: runs programs for the engine. */
import * as grpc from "@grpc/grpc-js";
import { type ILanguageRuntimeServer, LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { serve, unimplemented } from "../lib/serve";
import { cancelPrograms, runProgram } from "./program";

/** The SDK version that the kit is made of. */
const VERSION = "3.245.0";

let engineAddress = process.argv.slice(2).find((argument) => /^[\w.]+:\d+$/.test(argument)) ?? "";

const give =
  <Request, Response>(make: (request: Request) => Response): grpc.handleUnaryCall<Request, Response> =>
  (call, callback) => {
    callback(null, make(call.request));
  };

const missing =
  <Request, Response>(method: string): grpc.handleUnaryCall<Request, Response> =>
  (_call, callback) => {
    callback(unimplemented(method));
  };

const service: ILanguageRuntimeServer = {
  handshake: give((request: proto.LanguageHandshakeRequest) => {
    engineAddress = request.getEngineAddress();
    return new proto.LanguageHandshakeResponse();
  }),
  // The Pulumi engine would download the plugins of this list. The kit downloads nothing: the first resource of a missing plugin
  // reports it.
  getRequiredPlugins: give(() => new proto.GetRequiredPluginsResponse()),
  getRequiredPackages: give(() => new proto.GetRequiredPackagesResponse()),
  run: (call, callback) => {
    void runProgram(call.request, engineAddress).then((response) => {
      callback(null, response);
    });
  },
  cancel: give(() => {
    cancelPrograms();
    return new Empty();
  }),
  getPluginInfo: give(() => {
    const info = new PluginInfo();
    info.setVersion(VERSION);
    return info;
  }),
  about: give(() => {
    const response = new proto.AboutResponse();
    response.setExecutable(process.execPath);
    response.setVersion(process.version);
    return response;
  }),
  getProgramDependencies: give(() => new proto.GetProgramDependenciesResponse()),
  runtimeOptionsPrompts: give(() => new proto.RuntimeOptionsResponse()),
  template: give(() => new proto.TemplateResponse()),
  installDependencies: (call) => {
    call.emit("error", unimplemented("InstallDependencies: run npm ci instead; it"));
  },
  runPlugin: (call) => {
    call.emit("error", unimplemented("RunPlugin"));
  },
  generateProgram: missing("GenerateProgram"),
  generateProject: missing("GenerateProject"),
  generatePackage: missing("GeneratePackage"),
  pack: missing("Pack"),
  link: missing("Link"),
};

serve((server) => {
  server.addService(LanguageRuntimeService, service);
});
