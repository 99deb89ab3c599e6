/** What every plugin has in common: a gRPC server on a free port of the loopback, told to the Pulumi engine on stdout. */
import * as grpc from "@grpc/grpc-js";
import { watchParent } from "./watch-parent";

/** The largest message, in bytes, as Pulumi's own SDKs have it; gRPC's default of 4 MB is too small for a state. */
const MAX_MESSAGE = 400 * 1024 * 1024;

/** Options of every gRPC connection with the Pulumi engine. */
export const grpcOptions: grpc.ChannelOptions = {
  "grpc.max_receive_message_length": MAX_MESSAGE,
  "grpc.max_send_message_length": MAX_MESSAGE,
};

/**
 * Serves a plugin until the Pulumi engine kills it or dies.
 *
 * The Pulumi engine reads the port from the first line of stdout. A Pulumi engine that was itself killed can't end its plugins, so
 * each watches its parent: no plugin, and no remote command that it runs, outlives the Pulumi engine for long.
 */
export function serve(register: (server: grpc.Server) => void): void {
  const server = new grpc.Server(grpcOptions);
  register(server);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) {
      console.error(`can't listen on the loopback: ${error.message}`);
      process.exit(1);
    }
    console.log(port);
  });
  watchParent();
}

/** A gRPC method that this plugin doesn't have. The Pulumi engine falls back to a default or says what is missing. */
export function unimplemented(method: string): { code: grpc.status; details: string } {
  return { code: grpc.status.UNIMPLEMENTED, details: `${method} is not part of the offline kit` };
}
