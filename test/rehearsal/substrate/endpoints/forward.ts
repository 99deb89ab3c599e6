import { request as ask, type IncomingMessage, type ServerResponse } from "node:http";

/** Hands a request on to a server on this workstation, as it is but for what is changed. */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  to: { readonly port: number; readonly path?: string; readonly host?: string },
): void {
  const headers = { ...request.headers, ...(to.host === undefined ? {} : { host: to.host }) };
  const asked = ask(
    { host: "127.0.0.1", port: to.port, method: request.method, path: to.path ?? request.url, headers, agent: false },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    },
  );
  asked.on("error", (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end(error.message);
  });
  response.on("close", () => asked.destroy());
  request.pipe(asked);
}
