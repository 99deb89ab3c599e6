import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { figure, until } from "../../support/run";
import type { BalancerListener, BalancerPlan } from "../cloud/substrate";
import { ContainerSubstrate } from ".";
import { TestCloud } from "./test-cloud";

/** Addresses of the members: all on one instance, so that few containers are needed. */
const MEMBERS = { "i-a": "10.234.1.21", "i-b": "10.234.1.22" };
const BALANCER = ["10.234.0.5", "10.234.1.5"];

describe("substrate: load balancers", () => {
  const cloud = new TestCloud("10.234.0.0/20", "198.51.100.10");
  let substrate: ContainerSubstrate;

  const listener = (change: Partial<BalancerListener> = {}): BalancerListener => ({
    port: 80,
    proxyProtocol: false,
    check: { protocol: "HTTP", port: 8081, path: "/health", interval: 2, timeout: 1, healthy: 2, unhealthy: 2 },
    cutUnhealthy: true,
    targets: targets("i-a", "i-b"),
    ...change,
  });
  const targets = (...ids: (keyof typeof MEMBERS)[]): BalancerListener["targets"] =>
    ids.map((id) => ({ id, address: MEMBERS[id], port: 8080 }));
  const plan = (...listeners: BalancerListener[]): BalancerPlan => ({
    id: "net-lb-1",
    vpc: cloud.vpc,
    addresses: BALANCER,
    publicAddresses: ["198.51.100.30", "198.51.100.31"],
    listeners,
  });
  const ask = (host = "198.51.100.30", port = 80): Promise<string> =>
    new Promise((resolve, reject) => {
      const asked = request({ host, port, agent: false, timeout: 3000 }, (response) => {
        response.setEncoding("utf8");
        let body = "";
        response
          .on("data", (piece: string) => (body += piece))
          .on("end", () => {
            resolve(body);
          });
      });
      asked.on("timeout", () => asked.destroy(new Error("silence")));
      asked.on("error", reject).end();
    });
  const answers = async (): Promise<string> => {
    const all: string[] = [];
    for (let i = 0; i < 6; i++) all.push(await ask().catch((error: unknown) => (error as Error).message));
    return [...new Set(all.map((text) => text.split(" ")[0]))].sort().join(" ");
  };
  const states = async (): Promise<string> => {
    const all = await substrate.targets("net-lb-1");
    return all.map(({ port, id, state }) => `${String(port)}/${id} ${state}`).join(", ");
  };
  const untilStates = async (wanted: string): Promise<void> => {
    const seconds = await until(wanted, 60, async () => {
      const seen = await states();
      return seen === wanted ? undefined : seen;
    });
    figure(wanted, seconds);
  };
  /** Whether a member's health check is answered well. */
  const set = (id: keyof typeof MEMBERS, well: boolean): Promise<string> =>
    substrate.execute("i-members", ["sh", "-c", well ? `rm -f /tmp/${MEMBERS[id]}` : `touch /tmp/${MEMBERS[id]}`]);

  before(async function () {
    this.timeout(600_000);
    substrate = await ContainerSubstrate.start(cloud, { prefix: "sublb", publicRange: "198.51.100.0/24" });
    await cloud.createVpc(substrate);
    await cloud.launch(substrate, "i-members", "10.234.1.20", "#!/bin/sh\n");
    const lines = Object.values(MEMBERS).map((address) => `ip addr add ${address}/20 dev eth0`);
    await substrate.execute("i-members", ["bash", "-e"], lines.join("\n"));
    await substrate.execute("i-members", ["python3", "-c", MEMBER]);
    await substrate.filter("net-lb-1", TestCloud.ALL);
    await substrate.balance(plan(listener({ targets: [] })));
  });
  after(() => substrate.end());

  it("targets are initial, then healthy; connections go to all of them, from the balancer's address", async () => {
    await assert.rejects(ask());
    // Checks that come once a minute leave the time to look.
    await substrate.balance(plan(listener({ check: { ...listener().check, interval: 60 } })));
    assert.equal(await states(), "80/i-a initial, 80/i-b initial");
    await substrate.balance(plan(listener()));
    await untilStates("80/i-a healthy, 80/i-b healthy");
    assert.equal(await answers(), "10.234.1.21 10.234.1.22");
    assert.match(await ask(), / from 10\.234\.0\.5 /);
    assert.match(await ask("198.51.100.31"), / from 10\.234\.0\.5 /);
  });

  it("a target that fails its checks is out, and its connections are cut; a well one is in again", async () => {
    const open = await held("198.51.100.30");
    const other = open.member === "i-a" ? "i-b" : "i-a";
    await set(open.member, false);
    await untilStates(["i-a", "i-b"].map((id) => `80/${id} ${id === other ? "healthy" : "unhealthy"}`).join(", "));
    await until("the open connection to be cut", 5, () => Promise.resolve(open.isOpen() ? "open" : undefined));
    assert.equal(await answers(), MEMBERS[other]);
    await set(open.member, true);
    await untilStates("80/i-a healthy, 80/i-b healthy");
  });

  it("other targets take no connection from those that stay", async () => {
    let open = await held("198.51.100.30");
    while (open.member !== "i-b") open = await held("198.51.100.30");
    await substrate.balance(plan(listener({ targets: targets("i-b") })));
    assert.equal(await states(), "80/i-b healthy");
    assert.equal(await answers(), MEMBERS["i-b"]);
    assert.ok(open.isOpen());
    open.end();
  });

  it("the PROXY header tells the client's address, to health checks as well", async () => {
    const proxied = listener({
      proxyProtocol: true,
      check: { protocol: "HTTP", port: 8082, path: "/health", interval: 2, timeout: 1, healthy: 2, unhealthy: 2 },
      targets: [{ id: "i-a", address: MEMBERS["i-a"], port: 8082 }],
    });
    await substrate.balance(plan(proxied));
    await untilStates("80/i-a healthy");
    assert.match(await ask(), / proxied-for 198\.51\.100\.1$/);
  });

  it("its own packet filter counts", async () => {
    await substrate.filter("net-lb-1", [
      { direction: "in", protocol: "tcp", ports: [443, 443], peers: ["0.0.0.0/0"] },
      { direction: "out", protocol: "tcp", ports: [8082, 8082], peers: ["10.234.0.0/20"] },
    ]);
    await assert.rejects(ask(), /silence/);
    await substrate.filter("net-lb-1", [
      { direction: "in", protocol: "tcp", ports: [80, 80], peers: ["198.51.100.1/32"] },
      { direction: "out", protocol: "tcp", ports: [8082, 8082], peers: ["10.234.0.0/20"] },
    ]);
    assert.match(await ask(), /proxied-for/);
  });

  it("a balancer that is deleted is gone from its public addresses", async () => {
    await substrate.deleteBalancer("net-lb-1");
    await assert.rejects(ask());
    assert.deepEqual(await substrate.targets("net-lb-1"), []);
  });

  /** A connection that stays open, and the member that has it. */
  function held(host: string): Promise<{ member: keyof typeof MEMBERS; isOpen: () => boolean; end: () => void }> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port: 80 });
      let open = true;
      socket.on("close", () => (open = false)).on("error", reject);
      socket.write("GET /hold HTTP/1.1\r\nHost: lb\r\n\r\n");
      socket.once("data", (piece) => {
        const member = String(piece).includes(MEMBERS["i-a"]) ? "i-a" : "i-b";
        resolve({ member, isOpen: () => open, end: () => socket.destroy() });
      });
    });
  }
});

/**
 * A member on each address: 8080 and 8081 are plain, 8082 refuses who sends no PROXY header. All say who called them;
 * /hold leaves the connection open; /health fails while there is a file of the address's name.
 */
const MEMBER = `
import os, socket, struct, sys, threading
def serve(port, proxied):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", port)); s.listen(64)
    while True:
        c, a = s.accept()
        threading.Thread(target=answer, args=(c, a, proxied), daemon=True).start()
def answer(c, a, proxied):
    client = "nobody"
    try:
        if proxied:
            head = c.recv(16, socket.MSG_WAITALL)
            if head[:12] != b"\\r\\n\\r\\n\\0\\r\\nQUIT\\n": c.close(); return
            rest = c.recv(struct.unpack(">H", head[14:16])[0], socket.MSG_WAITALL)
            client = socket.inet_ntoa(rest[:4]) if head[13] == 0x11 else "local"
        text = b""
        while b"\\r\\n\\r\\n" not in text:
            piece = c.recv(4096)
            if not piece: return
            text += piece
        path = text.split(b" ")[1].decode()
        own = c.getsockname()[0]
        ill = path == "/health" and os.path.exists("/tmp/" + own)
        body = f"{own} from {a[0]} proxied-for {client}"
        c.sendall(f"HTTP/1.1 {503 if ill else 200} x\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n{body}".encode())
        if path == "/hold":
            while c.recv(10): pass
        c.close()
    except OSError: pass
if os.fork(): sys.exit(0)
os.setsid()
for fd in (0, 1, 2): os.dup2(os.open("/dev/null", os.O_RDWR), fd)
for port in (8080, 8081): threading.Thread(target=serve, args=(port, False)).start()
serve(8082, True)
`;
