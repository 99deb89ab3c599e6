import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { until } from "../../support/run";
import type { PacketRule } from "../cloud/substrate";
import { ContainerSubstrate } from ".";
import { TestCloud } from "./test-cloud";

const call = promisify(execFile);

/** Seconds until an attempt counts as filtered. */
const SILENCE = "2";

const IDLE = "#!/bin/sh\n";

describe("substrate: networks", () => {
  const cloud = new TestCloud("10.233.0.0/20", "198.51.100.10");
  let substrate: ContainerSubstrate;

  const rule = (
    direction: "in" | "out",
    protocol: PacketRule["protocol"],
    port: number,
    ...peers: string[]
  ): PacketRule => ({
    direction,
    protocol,
    ports: [port, port],
    peers,
  });
  const listenOn = (id: string, protocol: "tcp" | "udp", port: number): Promise<string> =>
    substrate.execute(id, ["python3", "-c", SERVER, protocol, String(port)]);
  /** `answered <caller's address>`, `refused` or `silence`. */
  const ask = (id: string, protocol: "tcp" | "udp", address: string, port: number): Promise<string> =>
    substrate.execute(id, ["python3", "-c", CLIENT, protocol, address, String(port), SILENCE]);

  before(async function () {
    this.timeout(600_000);
    substrate = await ContainerSubstrate.start(cloud, { prefix: "subnet", publicRange: "198.51.100.0/24" });
    await cloud.createVpc(substrate);
    await Promise.all([
      cloud.launch(substrate, "i-public", "10.233.0.20", IDLE),
      cloud.launch(substrate, "i-private", "10.233.1.20", IDLE, undefined, 2),
    ]);
    for (const id of ["i-public", "i-private"]) {
      for (const protocol of ["tcp", "udp"] as const)
        for (const port of [7001, 7002]) await listenOn(id, protocol, port);
    }
  });
  after(() => substrate.end());

  it("a packet filter lets pass what its rules name, in both directions, and nothing else", async () => {
    await substrate.filter("i-private", [
      rule("in", "tcp", 7001, "10.233.0.20/32"),
      rule("in", "udp", 7001, "10.233.0.20/32"),
      rule("in", "tcp", 7002, "10.233.2.0/24"),
      rule("out", "tcp", 7002, "10.233.0.0/24"),
    ]);
    assert.equal(await ask("i-public", "tcp", "10.233.1.20", 7001), "answered 10.233.0.20");
    assert.equal(await ask("i-public", "udp", "10.233.1.20", 7001), "answered 10.233.0.20");
    assert.equal(await ask("i-public", "tcp", "10.233.1.20", 7002), "silence");
    assert.equal(await ask("i-public", "udp", "10.233.1.20", 7002), "silence");
    assert.equal(await ask("i-private", "tcp", "10.233.0.20", 7002), "answered 10.233.1.20");
    assert.equal(await ask("i-private", "udp", "10.233.0.20", 7002), "silence");
    assert.equal(await ask("i-private", "tcp", "10.233.0.20", 7001), "silence");
    // The instance asks itself, and the resolver and the metadata service answer, whatever the rules say.
    assert.equal(await ask("i-private", "tcp", "10.233.1.20", 7002), "answered 10.233.1.20");
    assert.match(
      await substrate.execute("i-private", ["getent", "hosts", "ssm.eu-central-1.amazonaws.com"]),
      /198\.51\.100\.254/,
    );
    assert.equal(await substrate.execute("i-private", METADATA), "200");
    await substrate.filter("i-private", []);
    assert.equal(await ask("i-public", "tcp", "10.233.1.20", 7001), "silence");
    await substrate.filter("i-private", TestCloud.ALL);
    assert.equal(await ask("i-public", "tcp", "10.233.1.20", 7002), "answered 10.233.0.20");
  });

  it("names that don't exist are told at once; only the VPC's own resolver answers", async () => {
    const begun = Date.now();
    assert.equal(
      await substrate.execute("i-private", ["sh", "-c", "getent hosts nowhere.example || echo none"]),
      "none",
    );
    assert.ok(Date.now() - begun < 3000);
  });

  it("metadata needs a token, which a container behind a bridge gets only with two hops", async () => {
    const unauthorized = [
      "curl",
      "-s",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code}",
      "http://169.254.169.254/latest/meta-data/",
    ];
    assert.equal(await substrate.execute("i-private", unauthorized), "401");
    for (const id of ["i-private", "i-public"]) await substrate.execute(id, ["bash", "-e"], BRIDGED);
    const bridged = ["ip", "netns", "exec", "inner", ...METADATA];
    assert.equal(await substrate.execute("i-private", bridged), "200");
    assert.equal(await substrate.execute("i-public", bridged), "none");
    // The same namespace does get out: it's the service that it can't reach.
    const outside = [
      "ip",
      "netns",
      "exec",
      "inner",
      "curl",
      "-sk",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code}",
      "https://ssm.eu-central-1.amazonaws.com/",
    ];
    assert.equal(await substrate.execute("i-public", outside), "403");
  });

  it("subnets get out as they are routed: by a NAT gateway, by an Elastic IP, or not at all", async () => {
    const caller = ["curl", "-sk", "--max-time", "3", `https://caller.eu-central-1.amazonaws.com/`];
    const callerOf = (id: string): Promise<string> =>
      substrate.execute(id, ["sh", "-c", `${caller.join(" ")} || echo silence`]);
    assert.equal(await callerOf("i-private"), "198.51.100.10");
    assert.equal(await callerOf("i-public"), "198.51.100.20");
    await cloud.route(substrate, "none");
    assert.equal(await callerOf("i-private"), "silence");
    assert.equal(await callerOf("i-public"), "198.51.100.20");
    await cloud.route(substrate);
    assert.equal(await callerOf("i-private"), "198.51.100.10");
  });

  it("an Elastic IP leads to its instance, from the workstation and from the VPC", async () => {
    const { stdout } = await call("python3", ["-c", CLIENT, "tcp", "198.51.100.20", "7001", SILENCE]);
    assert.equal(stdout.trim(), "answered 198.51.100.1");
    assert.equal(await ask("i-private", "tcp", "198.51.100.20", 7001), "answered 198.51.100.10");
    const { stdout: others } = await call("python3", ["-c", CLIENT, "tcp", "198.51.100.10", "7001", SILENCE]);
    assert.notEqual(others.trim().split(" ")[0], "answered");
  });

  it("stops and starts with its filter, its data and its address; mirrors fail for one instance alone", async function () {
    this.timeout(120_000);
    await substrate.filter("i-private", [
      rule("in", "tcp", 22, "10.233.0.0/24"),
      rule("in", "tcp", 7001, "10.233.2.0/24"),
    ]);
    await substrate.execute("i-private", ["sh", "-c", "echo kept >/root/kept; echo kept >/var/lib/docker/kept"]);
    await substrate.stop("i-private");
    assert.equal(await ask("i-public", "tcp", "10.233.1.20", 22), "silence");
    await substrate.start("i-private");
    await until("sshd after a start", 60, async () => {
      const seen = await ask("i-public", "tcp", "10.233.1.20", 22);
      return seen === "connected" || seen.startsWith("answered") ? undefined : seen;
    });
    await listenOn("i-private", "tcp", 7001);
    assert.equal(await ask("i-public", "tcp", "10.233.1.20", 7001), "silence");
    assert.equal(await substrate.execute("i-private", ["cat", "/root/kept", "/var/lib/docker/kept"]), "kept\nkept");
    const status = (id: string): Promise<string> =>
      substrate.execute(id, [
        "curl",
        "-s",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        "http://archive.ubuntu.com/ubuntu/dists/noble/InRelease",
      ]);
    await substrate.filter("i-private", TestCloud.ALL);
    assert.equal(await status("i-private"), "200");
    await substrate.failPackages("i-private", true);
    assert.equal(await status("i-private"), "503");
    assert.equal(await status("i-public"), "200");
    await substrate.failPackages("i-private", false);
    assert.equal(await status("i-private"), "200");
  });

  it("refuses to delete a VPC that isn't empty", async () => {
    await assert.rejects(substrate.deleteVpc(cloud.vpc), /isn't empty: i-private, i-public/);
  });
});

/** Answers every caller with its address, in the background. */
const SERVER = `
import os, socket, sys
protocol, port = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", port))
if protocol == "tcp": s.listen(16)
if os.fork(): sys.exit(0)
os.setsid()
for fd in (0, 1, 2): os.dup2(os.open("/dev/null", os.O_RDWR), fd)
while True:
    if protocol == "tcp":
        c, a = s.accept()
        c.sendall(a[0].encode()); c.close()
    else:
        _, a = s.recvfrom(100)
        s.sendto(a[0].encode(), a)
`;

/** Prints what came of one attempt. */
const CLIENT = `
import socket, sys
protocol, address, port, limit = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
s.settimeout(limit)
try:
    s.connect((address, port))
    if protocol == "udp": s.send(b"?")
    print("answered", s.recv(100).decode())
except ConnectionRefusedError: print("refused")
except (TimeoutError, PermissionError): print("silence")
except OSError as e: print(e)
`;

/** Prints 200 if a token can be had, and metadata with it; none otherwise. */
const METADATA = [
  "sh",
  "-c",
  `token=$(curl -sf --max-time 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token) || { echo none; exit; }
curl -s -o /dev/null -w '%{http_code}' -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/`,
];

/** A network namespace behind a bridge, as containers of a Docker engine are. */
const BRIDGED = `
echo 1 >/proc/sys/net/ipv4/ip_forward
ip link add inner0 type bridge
ip addr add 172.30.0.1/24 dev inner0
ip link set inner0 up
ip netns add inner
ip link add inner1 type veth peer name eth0 netns inner
ip link set inner1 master inner0 up
ip netns exec inner ip addr add 172.30.0.2/24 dev eth0
ip netns exec inner ip link set eth0 up
ip netns exec inner ip route add default via 172.30.0.1
iptables -t nat -A POSTROUTING -s 172.30.0.0/24 ! -o inner0 -j MASQUERADE
`;
