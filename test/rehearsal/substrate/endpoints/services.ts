import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Authority } from "./authority";
import { isMirror } from "./mirror";

/** Who answers for a host name; undefined for nobody. */
export type Dispatch = (host: string) => RequestListener | undefined;

/** HTTPS for every name that somebody answers for, each with a certificate of its own. */
export function tlsServer(authority: Authority, dispatch: Dispatch): Server {
  const server = createTlsServer(
    {
      SNICallback: (name, done) => {
        if (dispatch(name) === undefined) {
          done(new Error(`nobody answers for ${name}`));
          return;
        }
        authority.contextFor(name).then(
          (context) => {
            done(null, context);
          },
          (error: unknown) => {
            done(error as Error);
          },
        );
      },
    },
    answerBy(dispatch),
  );
  server.on("tlsClientError", () => undefined);
  return server as unknown as Server;
}

/** HTTP for the mirrors alone: AWS's services are asked by HTTPS. */
export function plainServer(dispatch: Dispatch): Server {
  return createServer(answerBy((host) => (isMirror(host) ? dispatch(host) : undefined)));
}

/** A mirror that is broken: what instances get whose packages are to fail. */
export function brokenServer(): Server {
  return createServer((request, response) => {
    request.resume();
    response.writeHead(503).end("Service Unavailable");
  });
}

function answerBy(dispatch: Dispatch): RequestListener {
  return (request, response) => {
    const host = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    const listener = dispatch(host);
    if (listener === undefined) {
      request.resume();
      response.writeHead(421).end(`nobody answers for ${host}`);
    } else listener(request, response);
  };
}
