import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server, type Socket as TcpSocket } from "node:net";
import { decode, encode, type Packet } from "dns-packet";
import { close, listen } from "./listen";

/** Seconds that an answer may be kept. Short: records change during a rehearsal. */
const TTL = 1;

/** The IPv4 addresses of a name; undefined for one that doesn't exist. */
export type Resolve = (name: string) => readonly string[] | undefined;

/** A name server, on UDP and TCP. */
export interface NameServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a name server on a free port of an address. */
export async function nameServer(address: string, resolve: Resolve): Promise<NameServer> {
  const tcp = createServer((socket) => {
    serve(socket, resolve);
  });
  const port = await listen(tcp, address);
  const udp = createSocket("udp4", (message, from) => {
    const reply = answer(message, resolve);
    if (reply !== undefined) udp.send(reply, from.port, from.address);
  });
  await new Promise<void>((done, failed) => {
    udp.once("error", failed);
    udp.bind(port, address, () => {
      udp.off("error", failed);
      done();
    });
  });
  udp.on("error", () => undefined);
  return { port, close: () => end(tcp, udp) };
}

async function end(tcp: Server, udp: Socket): Promise<void> {
  udp.close();
  await close(tcp);
}

/** The answer to a question; undefined for what can't be read. */
export function answer(message: Buffer, resolve: Resolve): Buffer | undefined {
  let asked: Packet;
  try {
    asked = decode(message);
  } catch {
    return undefined;
  }
  const [question] = asked.questions ?? [];
  if (asked.id === undefined || question === undefined) return undefined;
  const addresses = resolve(question.name.toLowerCase().replace(/\.$/, ""));
  const found = question.type === "A" ? (addresses ?? []) : [];
  // dns-packet has no field for the code of a response: the low four bits of its flags.
  const NXDOMAIN = 3;
  const RECURSION = 0x0180;
  return encode({
    type: "response",
    id: asked.id,
    flags: RECURSION | (addresses === undefined ? NXDOMAIN : 0),
    questions: [question],
    answers: found.map((data) => ({ type: "A", name: question.name, ttl: TTL, data })),
  });
}

/** DNS over TCP has two bytes of length before each message. Source: RFC 1035, 4.2.2. */
function serve(socket: TcpSocket, resolve: Resolve): void {
  let data = Buffer.alloc(0);
  socket.setTimeout(10_000, () => socket.destroy());
  socket.on("error", () => undefined);
  socket.on("data", (piece) => {
    data = Buffer.concat([data, piece]);
    while (data.length >= 2 && data.length >= 2 + data.readUInt16BE(0)) {
      const size = data.readUInt16BE(0);
      const reply = answer(data.subarray(2, 2 + size), resolve);
      data = data.subarray(2 + size);
      if (reply === undefined) continue;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
    }
  });
}
