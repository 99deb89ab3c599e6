import assert from "node:assert/strict";
import { holderOfLock, takeLock, thisHolder } from "../../../cli/operations/bastion-lock";
import { openBastion, type Tunnel } from "../../../components/ssh/bastion";
import type { ScriptEnd } from "../../../components/ssh/client";
import { withHost, type Call, type Route } from "../../../components/ssh/host";
import { hostWay } from "../../../components/ssh/host-way";
import { dataText, forHost, ON_HOST, readScript, sized, STEPS_FOLDER } from "../../../components/ssh/script";
import type { Login } from "../../../plan/login";
import { ensureTestHostImage } from "../../support/hosts/images";
import { until } from "../../support/run";
import { SshServers } from "../kit/ssh-servers";

/** What sudo asks for; some characters that shells read in their own way. */
const PASSWORD = "it's $HOME \\ p4ss";

/** Users by what sudo asks them, and by login shell. (Their password is encoded, because this is in the servers' environment.) */
const USERS = `
user() {
  useradd -m -s "$2" "$1"
  echo "$1:$(echo ${Buffer.from(PASSWORD).toString("base64")} | base64 -d)" | chpasswd
  echo "umask 077" >>"/home/$1/.profile"
}
user free /bin/bash; echo 'free ALL=(ALL) NOPASSWD: ALL' >>/etc/sudoers
user asked /bin/sh; echo 'asked ALL=(ALL:ALL) ALL' >>/etc/sudoers
user forgetful /bin/bash; echo 'forgetful ALL=(ALL:ALL) ALL
Defaults:forgetful timestamp_timeout=0, !use_pty' >>/etc/sudoers
user plain /bin/bash
user screen /bin/bash; echo 'screen ALL=(ALL:ALL) ALL
Defaults:screen requiretty' >>/etc/sudoers
chmod 0644 /etc/ssh/test_authorized`;

describe("a login that isn't root's, with a real sudo", function () {
  this.timeout(240_000);
  let servers: SshServers;

  before(async () => {
    const image = (docker: Parameters<typeof ensureTestHostImage>[0]): Promise<string> =>
      ensureTestHostImage(docker, "bare");
    servers = await SshServers.start("swarm-ha-test-sudo", "10.253.2", { image, before: USERS });
    await servers.exec(
      "bastion",
      `mkdir -p ${STEPS_FOLDER}; cat >${STEPS_FOLDER}/${ON_HOST}.sh`,
      readScript(ON_HOST).text,
    );
  });
  after(() => servers.remove());

  const bastion = (user: string, sudoPassword?: string): Login => {
    const { host, port, privateKey, hostKey } = servers.bastion() as unknown as Login & { host: string };
    return { address: host, port, user, privateKey, hostKey, sudoPassword };
  };
  const target = (user: string, sudoPassword?: string): Login => {
    const { privateKey } = servers.client;
    return {
      address: servers.address(3),
      port: 22,
      user,
      privateKey,
      hostKey: servers.hostKey("target"),
      sudoPassword,
    };
  };
  const open = (user: string, sudoPassword?: string): Promise<Tunnel> => {
    const { address: host, ...login } = bastion(user, sudoPassword);
    return openBastion({ host, ...login }, 20);
  };
  const run = (route: Route, command: string, input = ""): Promise<ScriptEnd> =>
    withHost(route, 20, (there) => there({ command, input }, 60));
  /** The bastion's command for a step on the target. */
  async function call(login: Login, text: string, limit = 20): Promise<Call> {
    await servers.exec("bastion", `cat >${STEPS_FOLDER}/probe.sh`, text);
    const input = sized(dataText(hostWay("target", login, limit))) + dataText({ word: "it's me" });
    return { command: forHost({ step: "probe", text }), input };
  }
  /** Processes of steps on the bastion. */
  const running = async (): Promise<string> =>
    (await servers.exec("bastion", "ps -eo args"))
      .split("\n")
      .filter((line) => /^ssh(-agent)? |on-host/.test(line))
      .join("\n");

  for (const [user, password] of [
    ["free", undefined],
    ["free", PASSWORD],
    ["asked", PASSWORD],
    ["forgetful", PASSWORD],
  ] as const) {
    it(`runs commands as root for the user ${user}, ${password === undefined ? "without" : "with"} a password`, async () => {
      const route = { bastion: bastion(user, password), host: target(user, password) };
      const bytes = Array.from({ length: 200_000 }, (_, i) => String.fromCharCode((i * 7) % 128)).join("");
      assert.deepEqual(await run(route, "cat; echo heard >&2; exit 7", bytes), {
        code: 7,
        stdout: bytes,
        stderr: "heard\n",
      });
      const where = await run({ host: route.bastion }, 'echo "$(id -un) $HOME $PWD $(umask)"');
      assert.deepEqual(where, { code: 0, stdout: "root /root /root 0022\n", stderr: "" });
    });

    it(`runs a host's step for ${user}, ${password === undefined ? "without" : "with"} a password, and keeps its exit code`, async () => {
      const tunnel = await open(user, password);
      const text = 'declare -A given; eval "$(cat)"; echo "$(id -un) $0 ${given[word]}"; exit 9\n';
      const { command, input } = await call(target(user, password), text);
      const { code, stdout, stderr } = await tunnel.run(command, input, 60);
      assert.deepEqual({ code, stdout, stderr }, { code: 9, stdout: "root probe it's me\n", stderr: "" });
      tunnel.close();
    });
  }

  it("says in one line why sudo refused, with user and host", async () => {
    const refused = async (user: string, password?: string): Promise<string> => {
      const { code, stdout, stderr } = await run({ host: bastion(user, password) }, "cat", "input\n");
      assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
      return stderr;
    };
    assert.match(
      await refused("asked"),
      /^asked may not use sudo on \w+ without a password: set hosts\.ssh\.sudoPassword/,
    );
    assert.match(await refused("asked", "wrong"), /^sudo on \w+ refused the password of asked\n$/);
    assert.match(await refused("plain", PASSWORD), /^sudo on \w+ refused plain: .*not in the sudoers file.*\n$/);
    assert.match(await refused("screen", PASSWORD), /^sudo on \w+ wants a terminal of screen: remove requiretty/);
  });

  it("keeps the password out of process lists, environments and the disk", async () => {
    const tunnel = await open("asked", PASSWORD);
    const { command, input } = await call(target("asked", PASSWORD), "touch /tmp/begun; sleep 4\n");
    const ran = tunnel.run(command, input, 60);
    await until("the step to begin", 30, () =>
      servers.exec("target", "test -e /tmp/begun").then(() => undefined, String),
    );
    for (const server of ["bastion", "target"]) {
      const shown = await servers.exec(server, "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' ' '");
      assert.ok(!shown.includes("p4ss"), server);
      const find = "grep -rlF --devices=skip -f - /run /tmp /root /home /var /dev/shm || true";
      assert.equal(await servers.exec(server, find, PASSWORD), "", server);
    }
    assert.equal((await ran).code, 0);
    tunnel.close();
  });

  it("ends a waiting step when whoever asked for it is gone", async () => {
    for (const [user, password] of [
      ["free", undefined],
      ["asked", PASSWORD],
    ] as const) {
      const tunnel = await open(user, password);
      const { command, input } = await call({ ...target(user, password), port: 24 }, "true\n", 100);
      const ran = tunnel.run(command, input, 100).catch(() => undefined);
      await until("it to wait", 30, async () => ((await running()).includes("on-host") ? undefined : "nothing"));
      tunnel.close();
      await ran;
      await until("it to end", 20, async () => (await running()) || undefined);
    }
  });

  it("ends a step within a minute when the host freezes", async () => {
    const tunnel = await open("asked", PASSWORD);
    await servers.add("mortal", 7, "", USERS);
    const login = { ...target("asked", PASSWORD), address: servers.address(7), hostKey: servers.hostKey("mortal") };
    const { command, input } = await call(login, "touch /tmp/begun; sleep 300\n");
    const ran = tunnel.run(command, input, 100);
    await until("the step to begin", 30, () =>
      servers.exec("mortal", "test -e /tmp/begun").then(() => undefined, String),
    );
    await servers.pause("mortal");
    const { code, stderr } = await ran;
    assert.equal(code, 1);
    assert.match(stderr, /the connection to target \(.*\) was lost while the step ran: .*not responding/);
    tunnel.close();
  });

  it("holds the lock of operations as long as the connection lasts", async () => {
    for (const [user, password] of [
      ["free", undefined],
      ["asked", PASSWORD],
    ] as const) {
      const { address: host, ...login } = bastion(user, password);
      const at = { host, ...login };
      const holder = thisHolder("repair", new Date());
      const lock = await takeLock(at, holder);
      assert.ok("isHeld" in lock);
      assert.equal((await holderOfLock(at))?.operation, "repair");
      const other = await takeLock(at, thisHolder("upgrade", new Date()));
      assert.ok(!("isHeld" in other));
      lock.release();
      await until("the lock to be free", 20, async () =>
        (await holderOfLock(at)) === undefined ? undefined : "taken",
      );
    }
  });

  it("tells where a log-in failed", async () => {
    const closed = { ...target("free"), port: 24 };
    await assert.rejects(run({ bastion: bastion("free"), host: closed }, "true"), /10\.253\.2\.3:24 from the bastion/);
    const other = { ...target("free"), hostKey: servers.hostKey("bastion") };
    await assert.rejects(
      run({ bastion: bastion("free"), host: other }, "true"),
      /another host key than the pinned one/,
    );
    const gone = { ...bastion("free"), port: 1 };
    await assert.rejects(run({ bastion: gone, host: target("free") }, "true"), /the bastion can't be reached: .*:1/);
  });
});
