// What applications take their time for: uploads, event streams, WebSockets (8080), and streams in both directions over
// HTTP/2 without TLS, as gRPC's (8081). `/` tells which task answers.
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { hostname } from "node:os";

const web = createServer({ maxHeaderSize: 256 * 1024 }, (request, response) => {
  if (request.url === "/events") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const ticks = setInterval(() => response.write("data: tick\n\n"), 1000);
    response.on("close", () => clearInterval(ticks));
    return;
  }
  let bytes = 0;
  request.on("data", (part) => (bytes += part.length));
  request.on("end", () => {
    if (request.url === "/upload") response.end(String(bytes));
    else if (request.url === "/headers") response.end(String(request.rawHeaders.join("").length));
    else response.end(hostname());
  });
});
// Node's own limit for a request is 300 s.
web.requestTimeout = 0;
web.on("upgrade", (_request, socket) => {
  socket.on("error", () => undefined);
  socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  socket.pipe(socket);
});
web.listen(8080);

const grpc = createHttp2Server();
grpc.on("stream", (stream, headers) => {
  stream.on("error", () => undefined);
  stream.respond({ ":status": 200, "content-type": "application/grpc" });
  if (headers[":path"] === "/") stream.end(hostname());
  else stream.pipe(stream);
});
grpc.listen(8081);

// Process 1 has no default for these.
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
