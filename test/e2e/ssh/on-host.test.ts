import assert from "node:assert/strict";
import { hostInput } from "../../../components/ssh/connection";
import {
  dataText,
  forHost,
  ON_HOST,
  readScript,
  sized,
  STEPS_FOLDER,
  type StepData,
} from "../../../components/ssh/script";
import { openBastion } from "../../../components/ssh/bastion";
import { parseConnection } from "../../../offline/command/connection";
import { execute } from "../../../offline/command/execute";
import { until } from "../../support/run";
import { SshServers } from "../kit/ssh-servers";

/** Seconds until a host must have let a step in. */
const LIMIT = 20;
const STOCK_KEY = "ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/stock; ";
/** An sshd as of an image, which has a key of its own. */
const STOCK = `${STOCK_KEY} timeout 6 /usr/sbin/sshd -D -e -o HostKey=/etc/ssh/stock -f /dev/null || true`;
/** Takes connections and closes them at once, without a word. */
const CLOSES =
  "echo Server listening; timeout 6 perl -MIO::Socket -e '$s = IO::Socket::INET->new(LocalPort => 22, Listen => 9, " +
  "ReuseAddr => 1) or die; while ($c = $s->accept) { close $c }' || true";

describe("a host's step, run from the bastion", function () {
  this.timeout(240_000);
  let servers: SshServers;

  before(async () => {
    servers = await SshServers.start("swarm-ha-test-on-host", "10.253.1");
    await servers.exec(
      "bastion",
      `mkdir -p ${STEPS_FOLDER}; cat >${STEPS_FOLDER}/${ON_HOST}.sh`,
      readScript(ON_HOST).text,
    );
    await servers.add("late", 4, "", STOCK);
    await servers.add("shy", 5, "", CLOSES);
  });
  after(() => servers.remove());

  /** Where a step runs. */
  interface Place {
    readonly name?: string;
    /** The last number of its address. */
    readonly host?: number;
    readonly key?: string;
    readonly limit?: number;
    readonly port?: number;
  }
  /** The bastion's command line for a script on a host, and its standard input. */
  async function line(place: Place, text: string, data: StepData = {}): Promise<{ command: string; stdin: string }> {
    const { name = "target", host = 3, key = servers.hostKey(name), limit = LIMIT, port = 22 } = place;
    const { privateKey } = servers.client;
    const way = hostInput({
      ...{ name, host: servers.address(host), port, hostKey: key, privateKey, connectLimit: limit },
    });
    const input = await new Promise<StepData>((resolve) => way.apply(resolve));
    await servers.exec("bastion", `cat >${STEPS_FOLDER}/probe.sh`, text);
    return {
      command: forHost({ step: "probe", text }),
      stdin: sized(dataText(input)) + dataText(data),
    };
  }
  /** Runs a script on a host, by way of the bastion. @returns what it printed on its standard output */
  async function step(place: Place, text: string, data?: StepData): Promise<string> {
    const { command, stdin } = await line(place, text, data);
    return run(command, stdin);
  }
  async function run(command: string, stdin: string): Promise<string> {
    const { signal } = new AbortController();
    const { stdout } = await execute(
      { urn: "", name: "", id: "", preview: false, signal, status: () => undefined, say: () => undefined },
      {
        command,
        stdin,
        connection: parseConnection(servers.bastion() as never),
        environment: {},
        previous: { stdout: "", stderr: "" },
        logging: "none",
      },
    );
    return stdout;
  }
  const fails = async (ran: Promise<string>): Promise<string> => {
    let said: unknown;
    await ran.catch((error: unknown) => (said = error));
    assert.ok(said instanceof Error, "the step succeeded");
    return said.message;
  };
  /** Commands that run on the bastion beside its sshd. */
  const running = async (): Promise<string> =>
    (await servers.exec("bastion", "ps -eo args"))
      .split("\n")
      .filter((line) => /^ssh(-agent)? |on-host/.test(line))
      .join("\n");

  it("finds its data on standard input, and gives back its output", async () => {
    const text = 'eval "$(cat)"; echo "$(hostname) $0 ${given[word]}"';
    assert.match(await step({}, `declare -A given; ${text}\n`, { word: "it's me" }), /^\w+ probe it's me$/);
  });

  it("gives back exit code and errors of the step, and does it once", async () => {
    const said = await fails(step({}, "echo ran >>/tmp/journal; echo broken >&2; exit 7\n"));
    assert.match(said, /^Process exited with status 7: running /);
    assert.match(said, /\nbroken\n$/);
    assert.deepEqual(await servers.journal(), ["ran"]);
  });

  it("leaves neither agent nor file behind", async () => {
    await step({}, "true\n");
    assert.equal(await running(), "");
    assert.equal(await servers.exec("bastion", "ls -d /run/swarm-ha* /tmp/ssh-* 2>/dev/null || true"), "");
  });

  it("refuses a script that isn't the one that was asked for", async () => {
    const { command, stdin } = await line({}, "echo ran >>/tmp/journal\n");
    await servers.exec("bastion", `echo 'echo older >>/tmp/journal' >${STEPS_FOLDER}/probe.sh`);
    assert.match(await fails(run(command, stdin)), /\nprobe on \w+: the bastion has another version/);
    assert.deepEqual(await servers.journal(), []);
  });

  it("waits for a host that first shows the key of its image", async () => {
    assert.equal(await step({ name: "late", host: 4 }, "hostname -i\n"), servers.address(4));
    assert.match(
      await servers.log("late"),
      /Connection closed by (authenticating user root )?[\d.]+ port \d+ \[preauth\]/,
    );
  });

  it("waits for a host that first closes its connections at once", async () => {
    assert.equal(await step({ name: "shy", host: 5 }, "hostname -i\n"), servers.address(5));
  });

  it("names host, limit and what was seen last when the key stays another one", async () => {
    const said = await fails(step({ key: servers.hostKey("late"), limit: 3 }, "echo ran >>/tmp/journal\n"));
    const at = servers.address(3).replaceAll(".", "\\.");
    assert.match(
      said,
      new RegExp(
        `target \\(${at}:22\\) accepted no connection with its pinned host key within 3 s; saw last: another host key than the pinned one: SHA256:\\S+`,
      ),
    );
    assert.deepEqual(await servers.journal(), []);
  });

  it("names them when nobody listens", async () => {
    const said = await fails(step({ port: 23, limit: 3 }, "true\n"));
    assert.match(said, /target .*within 3 s; saw last: .*port 23: Connection refused/);
  });

  it("ends within its limit when the host takes the connection and stays silent", async () => {
    await servers.add("frozen", 6, "");
    await servers.pause("frozen");
    const begun = Date.now();
    assert.match(
      await fails(step({ name: "frozen", host: 6, limit: 10 }, "true\n")),
      /frozen .* within 10 s; saw last: .*timed out/i,
    );
    assert.ok(Date.now() - begun < 20_000, `took ${Date.now() - begun} ms`);
  });

  it("ends within a minute when the host freezes in mid-step, and says so", async () => {
    await servers.add("mortal", 7, "");
    const ran = fails(step({ name: "mortal", host: 7 }, "echo begun >/tmp/begun; sleep 300\n"));
    await until("the step to begin", 30, () =>
      servers.exec("mortal", "test -e /tmp/begun").then(() => undefined, String),
    );
    const begun = Date.now();
    await servers.pause("mortal");
    assert.match(await ran, /the connection to mortal \(.*\) was lost while the step ran: .*not responding/);
    assert.ok(Date.now() - begun < 60_000, `took ${Date.now() - begun} ms`);
  });

  it("doesn't begin when whoever asked for it is gone", async () => {
    const { command, stdin } = await line({ port: 24, limit: 100 }, "echo ran >>/tmp/journal\n");
    const { host, port, user, privateKey, hostKey } = parseConnection(servers.bastion() as never);
    const caller = await openBastion({ host, port, user, privateKey: privateKey ?? "", hostKey: hostKey ?? "" }, 10);
    const ran = caller.run(command, stdin, 100).catch(() => undefined);
    await until("it to wait", 30, async () => ((await running()).includes("on-host") ? undefined : "nothing"));
    caller.close();
    await ran;
    await until("it to end", 20, async () => (await running()) || undefined);
  });

  it("keeps the key out of process lists and off the bastion's disk while it runs", async () => {
    const secret = servers.client.privateKey.split("\n")[3] ?? "";
    assert.ok(secret.length > 40);
    const ran = step({}, "echo it-is-running; sleep 3\n");
    await until("it to run", 30, async () => (/^ssh /m.test(await running()) ? undefined : "nothing"));
    assert.ok(!(await servers.exec("bastion", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).includes(secret));
    const found = await servers.exec(
      "bastion",
      "grep -rlF --devices=skip -f - /run /tmp /root /var /etc /dev/shm || true",
      secret,
    );
    assert.equal(found, "");
    await ran;
  });
});
