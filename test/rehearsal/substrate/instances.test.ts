import assert from "node:assert/strict";
import { userData } from "../../../components/platform/aws/user-data";
import { figure, until } from "../../support/run";
import { sshKeyPair } from "../../support/ssh-keys";
import { ContainerSubstrate } from ".";
import { TestCloud } from "./test-cloud";

/** Seconds; an instance that boots with our own user data takes 80 alone, and the other file's networks run beside it. */
const BOOT_LIMIT = 240;

describe("substrate: instances", () => {
  const cloud = new TestCloud("10.231.0.0/20");
  let substrate: ContainerSubstrate;

  /** Seconds; cgroup v1 counts nanoseconds, v2 microseconds. */
  const processorTime = async (id: string): Promise<number> => {
    const [v1, v2] = ["/sys/fs/cgroup/cpuacct/cpuacct.usage", "/sys/fs/cgroup/cpu.stat"];
    const command = `cat ${v1} 2>/dev/null || sed -n 's/^usage_usec \\(.*\\)/\\1000/p' ${v2}`;
    return Number(await substrate.execute(id, ["sh", "-c", command])) / 1e9;
  };

  before(async function () {
    this.timeout(600_000);
    substrate = await ContainerSubstrate.start(cloud, { prefix: "substrate", publicRange: "198.51.100.0/24" });
    await cloud.createVpc(substrate);
  });
  after(() => substrate.end());

  it("boots with trivial user data: cloud-init is done, and sshd shows keys of its own", async () => {
    const started = Date.now();
    await cloud.launch(substrate, "i-trivial", "10.231.1.10", "#!/bin/sh\necho hello >/root/said\n");
    const status = await cloud.booted(substrate, "i-trivial", 60);
    figure("cloud-init done", (Date.now() - started) / 1000);
    figure("processor time", await processorTime("i-trivial"));
    assert.match(status, /status: done/);
    assert.equal(await substrate.execute("i-trivial", ["cat", "/root/said"]), "hello");
    const keys = await substrate.execute("i-trivial", ["sh", "-c", "ls /etc/ssh/*_key"]);
    assert.match(keys, /ssh_host_ed25519_key/);
  });

  it("boots with our own user data: the pinned host key, and the pinned engine", async function () {
    this.timeout(600_000);
    const host = sshKeyPair();
    const client = sshKeyPair();
    cloud.hostKey = host.private;
    const text = userData({
      stack: "test",
      region: cloud.region,
      name: "worker-1",
      engine: "28.5.2",
      node: true,
      forwards: false,
      client: client.public,
    });
    const started = Date.now();
    await cloud.launch(substrate, "i-worker", "10.231.1.11", text);
    await until("the pinned host key", BOOT_LIMIT, async () => {
      const seen = await substrate.execute("i-trivial", [
        "sh",
        "-c",
        "ssh-keyscan -t ed25519 10.231.1.11 2>/dev/null || true",
      ]);
      if (seen.includes(host.public.split(" ")[1] ?? "?")) return undefined;
      const log = "tail -n 3 /var/log/cloud-init.log /var/log/swarm-ha-boot.log; systemctl list-jobs --no-pager";
      return `${seen}${await substrate.execute("i-worker", ["sh", "-c", `${log} 2>&1 || true`])}`;
    });
    figure("pinned host key", (Date.now() - started) / 1000);
    const status = await cloud.booted(substrate, "i-worker", BOOT_LIMIT);
    figure("cloud-init done", (Date.now() - started) / 1000);
    figure("processor time", await processorTime("i-worker"));
    assert.match(status, /status: done/);
    const versions = ["dpkg-query", "-W", "-f", "${Version}\n", "docker-ce", "docker-ce-cli"];
    const pinned = "5:28.5.2-1~ubuntu.24.04~noble";
    assert.equal(await substrate.execute("i-worker", versions), `${pinned}\n${pinned}`);
    await substrate.execute("i-worker", ["sh", "-c", "command -v dockerd haproxy jq"]);
    assert.equal(await substrate.execute("i-worker", ["cat", "/etc/hostname"]), "worker-1");
  });
});
