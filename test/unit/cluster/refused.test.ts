import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tryKey, unlisted } from "../../../cli/cluster/ssh-access";
import type { LiveStack } from "../../../cli/cluster/stack";
import { tryClient } from "../../../cli/cluster/try-client";
import { sshKeyPair } from "../../support/ssh-keys";
import { Authority, Fakes, type Pair } from "./fakes";

const ADDRESSES = { "manager-1": "10.0.1.1", "manager-2": "10.0.2.1", "manager-3": "10.0.3.1" };

/** What a rotation finds out about old secrets: accepted and refused are both answers, and no answer is none. */
describe("trying old secrets", () => {
  let fakes: Fakes;
  let servers: ChildProcess[];
  let folder: string;
  beforeEach(() => {
    fakes = new Fakes();
    servers = [];
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-refused-"));
  });
  afterEach(() => {
    fakes.close();
    for (const server of servers) server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A server that refuses clients as HAProxy does, with OpenSSL's alert. (Node's closes the connection without one.) @returns its port */
  async function refusing(authority: Authority, { cert, key }: Pair): Promise<number> {
    const [own, trusted] = [join(folder, "server.pem"), join(folder, "ca.pem")];
    writeFileSync(own, `${cert}\n${key}`);
    writeFileSync(trusted, authority.pem);
    const args = ["-accept", "127.0.0.1:0", "-cert", own, "-CAfile", trusted, "-Verify", "1", "-verify_return_error"];
    const server = spawn("openssl", ["s_server", ...args, "-www"], { stdio: ["ignore", "pipe", "pipe"], env: {} });
    servers.push(server);
    server.stderr.resume();
    return new Promise((resolve, reject) => {
      let said = "";
      server.on("error", reject);
      server.on("exit", () => {
        reject(new Error(`openssl s_server ended: ${said}`));
      });
      // Read to its end, because it writes more later.
      server.stdout.setEncoding("utf8").on("data", (text: string) => {
        const port = /^ACCEPT .*:(\d+)$/m.exec((said += text))?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    });
  }

  it("tells managers that refuse a client certificate from those that accept it, and from those that can't be asked", async () => {
    const [old, now] = [await Authority.create(), await Authority.create()];
    const server = (name: keyof typeof ADDRESSES) => now.issue(name, [ADDRESSES[name]]);
    const answer = () => ({ status: 200, body: "OK" });
    const ports = [
      await refusing(now, await server("manager-1")),
      await fakes.engine(old, await server("manager-2"), answer),
    ];
    const routes = new Map(ports.map((port, i) => [`10.0.${String(i + 1)}.1:2376`, port]));
    const bastion = { host: "127.0.0.1", user: "root", ...(await fakes.bastion(routes)) };
    const hosts = Object.entries(ADDRESSES).map(([name, address]) => [name, { role: "manager", zone: "a", address }]);
    const stack = {
      outputs: { caCertificate: now.pem, hosts: Object.fromEntries(hosts) as object, access: { bastion } },
    } as unknown as LiveStack;
    const { "manager-3": silent, ...answers } = await tryClient(stack, await old.issue("bastion"));
    assert.deepEqual(answers, { "manager-1": "refused", "manager-2": "accepted" });
    assert.ok(typeof silent === "object");
    assert.deepEqual((await tryClient(stack, await now.issue("bastion")))["manager-1"], "accepted");
  });

  it("tells a bastion that refuses an SSH key from one that accepts it, and names why hosts can't be asked", async () => {
    const bastion = { host: "127.0.0.1", user: "root", ...(await fakes.bastion(new Map())) };
    const outputs = { hosts: { "worker-1": { role: "worker", zone: "a" } }, access: { bastion } } as const;
    const stack = { deployment: {}, outputs };
    const own = await tryKey(stack, bastion.privateKey);
    assert.equal(own["bastion"], "accepted");
    assert.match((own["worker-1"] as { unknown: string }).unknown, /no address/);
    assert.equal((await tryKey(stack, sshKeyPair().private))["bastion"], "refused");
    const lost = { deployment: {}, outputs: { ...outputs, access: { bastion: { ...bastion, port: 1 } } } };
    assert.match(
      (Object.values(await tryKey(lost, "x"))[1] as { unknown: string }).unknown,
      /bastion can't be reached/,
    );
  });

  it("finds hosts of the state that the outputs lack: load balancers have no SSH", () => {
    const instance = (name: string, role: string) => ({ name, role, zone: "a", urn: name, id: name });
    const instances = [
      instance("bastion", "bastion"),
      instance("lb-app", "load-balancer"),
      instance("worker-1", "worker"),
      instance("worker-2", "worker"),
    ];
    const outputs = { hosts: { "worker-1": { role: "worker", zone: "a" } }, access: { bastion: {} } };
    assert.deepEqual(unlisted({ instances, outputs } as unknown as LiveStack), ["worker-2"]);
  });
});
