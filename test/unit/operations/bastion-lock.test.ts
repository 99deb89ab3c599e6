import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server as TcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server } from "ssh2";
import type { Access } from "../../../components/outputs";
import {
  exclusionOf,
  holderOfLock,
  readAnswer,
  takeLock,
  takenText,
  thisHolder,
  type HeldLock,
  type Holder,
} from "../../../cli/operations/bastion-lock";
import { dataText, readScript, sized } from "../../../components/ssh/script";
import { until } from "../../support/run";
import { sshKeyPair } from "../../support/ssh-keys";

const ANN: Holder = { owner: "ann@laptop", operation: "upgrade", since: "2026-11-30T14:31:07.000Z" };
const BOB: Holder = { owner: "bob@tower", operation: "replace", since: "2026-11-30T14:31:08.000Z" };
const REFUSED =
  "Another operation runs on the stack local: upgrade, by ann@laptop since 2026-11-30 14:31 UTC. " +
  "Wait for its end, or end it there, then run this again.";
/** The same, as a bastion says it that knows the holder's process. */
const REFUSED_BY = /^(.*) If nobody can end it there, free its lock, as root on the bastion: kill (\d+)$/;

/** The lock's process on the bastion, from the message. */
function pidIn(text: string | undefined): number {
  const [, refused, pid] = REFUSED_BY.exec(text ?? "") ?? [];
  assert.equal(refused, REFUSED, text);
  return Number(pid);
}

function withoutPid(holder: unknown): unknown {
  const { pid, ...rest } = holder as Holder;
  assert.ok(Number.isInteger(pid), JSON.stringify(holder));
  return rest;
}

/** A bastion's sshd that runs what it is told to with this machine's bash, on a lock file of its own. */
class FakeBastion {
  public readonly folder = mkdtempSync(join(tmpdir(), "swarm-ha-lock-"));
  public readonly file = join(this.folder, "lock");
  public readonly access: Access["bastion"];
  /** First folder of its PATH. @default this machine's */
  public programs: string | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly tcp: TcpServer,
    hostKey: string,
    privateKey: string,
  ) {
    this.access = { host: "127.0.0.1", port: (tcp.address() as AddressInfo).port, user: "root", hostKey, privateKey };
  }

  public static async start(): Promise<FakeBastion> {
    const [host, client] = [sshKeyPair(), sshKeyPair()];
    const ssh = new Server({ hostKeys: [host.private] });
    const tcp = createServer((socket) => {
      bastion.sockets.add(socket);
      socket.on("error", () => undefined);
      ssh.injectSocket(socket);
    });
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
    const bastion = new FakeBastion(tcp, host.public, client.private);
    ssh.on("connection", (connection) => {
      connection.on("error", () => undefined);
      connection.on("authentication", (context) => {
        if (context.method === "publickey") context.accept();
        else context.reject(["publickey"]);
      });
      connection.on("session", (accept) => {
        accept().on("exec", (acceptExec, _reject, { command }) => {
          const channel = acceptExec();
          const PATH = [bastion.programs, process.env["PATH"]].filter((part) => part !== undefined).join(":");
          const env = { ...process.env, PATH, operation_lock_file: bastion.file };
          const child = spawn("bash", ["-c", command], { env });
          child.stdin.on("error", () => undefined);
          channel.on("error", () => undefined).pipe(child.stdin);
          child.stdout.pipe(channel, { end: false });
          child.stderr.pipe(channel.stderr, { end: false });
          // Of a connection that has ended, sshd closes the pipes.
          channel.on("close", () => child.stdin.destroy());
          child.on("close", (code) => {
            channel.exit(code ?? 255);
            channel.end();
          });
        });
      });
    });
    return bastion;
  }

  /** Cuts all connections off, as a bastion does that is replaced. */
  public cut(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  public stop(): void {
    this.cut();
    this.tcp.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function held(taken: HeldLock | Holder): HeldLock {
  assert.ok("isHeld" in taken, JSON.stringify(taken));
  return taken;
}

describe("the lock of operations between workstations", function () {
  this.timeout(30_000);
  let bastion: FakeBastion;
  let notes: string[];
  beforeEach(async () => {
    bastion = await FakeBastion.start();
    notes = [];
  });
  afterEach(() => {
    bastion.stop();
  });
  const exclusion = (find = () => Promise.resolve<Access["bastion"] | undefined>(bastion.access)) =>
    exclusionOf("local", "backup", (text) => void notes.push(text), find);
  const free = (): Promise<unknown> =>
    until("the lock to be free", 10, async () => {
      const other = await holderOfLock(bastion.access);
      return other === undefined ? undefined : JSON.stringify(other);
    });

  it("is held by one, who is named to all others at once, until that one releases it", async () => {
    const first = held(await takeLock(bastion.access, ANN));
    const begin = Date.now();
    assert.deepEqual(withoutPid(await takeLock(bastion.access, BOB)), ANN);
    assert.ok(Date.now() - begin < 10_000);
    assert.deepEqual(withoutPid(await holderOfLock(bastion.access)), ANN);
    assert.ok(first.isHeld());
    first.release();
    await free();
    const second = held(await takeLock(bastion.access, BOB));
    assert.deepEqual(withoutPid(await holderOfLock(bastion.access)), BOB);
    second.release();
  });

  it("goes to one of many who want it at the same moment", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => takeLock(bastion.access, ANN)));
    const winners = all.filter((one): one is HeldLock => "isHeld" in one);
    assert.equal(winners.length, 1);
    for (const winner of winners) winner.release();
  });

  it("ends with the connection that holds it", async () => {
    const first = held(await takeLock(bastion.access, ANN));
    bastion.cut();
    await until("the loss to be noticed", 10, () => Promise.resolve(first.isHeld() ? "held" : undefined));
    await free();
  });

  it("ends when the workstation gives no sign of life, though its connection seems to be open", async () => {
    const env = { ...process.env, operation_lock_file: bastion.file };
    const child = spawn("bash", ["-c", readScript("operation-lock").text, "operation-lock"], { env });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.stdin.write(sized(dataText({ mode: "hold", holder: JSON.stringify(ANN), silence: 2 })));
    const said = await new Promise((resolve) => child.stdout.setEncoding("utf8").once("data", resolve));
    assert.equal(said, "held\n");
    assert.deepEqual(await holderOfLock(bastion.access), { ...ANN, pid: child.pid });
    await ended;
    assert.equal(await holderOfLock(bastion.access), undefined);
    assert.equal(readFileSync(bastion.file, "utf8"), "");
  });

  it("refuses the operation of another workstation, and lets it look", async () => {
    const first = held(await takeLock(bastion.access, ANN));
    const second = exclusion();
    pidIn(await second.look());
    await assert.rejects(second.hold(), { name: "UserError", message: REFUSED_BY });
    first.release();
    await free();
    await second.hold();
    await second.hold();
    assert.equal((await holderOfLock(bastion.access))?.operation, "backup");
    second.release();
    await free();
    assert.deepEqual(notes, []);
  });

  it("is taken again when the bastion is back, unless another one has it then", async () => {
    const lock = exclusion();
    await lock.hold();
    bastion.cut();
    await free();
    await lock.hold();
    assert.equal((await holderOfLock(bastion.access))?.owner, thisHolder("backup", new Date()).owner);
    bastion.cut();
    await free();
    const other = held(await takeLock(bastion.access, ANN));
    await assert.rejects(lock.hold(), { message: REFUSED_BY });
    other.release();
  });

  it("waits for its own former session, which the bastion hasn't missed yet", async () => {
    const lock = exclusion();
    await lock.hold();
    const own = await holderOfLock(bastion.access);
    assert.ok(own !== undefined);
    lock.release();
    await free();
    const former = held(await takeLock(bastion.access, own));
    const again = lock.hold();
    await until("a note of the wait", 10, () => Promise.resolve(notes.length === 0 ? "none yet" : undefined));
    former.release();
    await again;
    assert.deepEqual(withoutPid(await holderOfLock(bastion.access)), withoutPid(own));
    assert.deepEqual(notes, ["Waiting until the bastion ends this run's former connection, up to 35 s."]);
    lock.release();
  });

  it("doesn't stop an operation while no bastion answers, and says so once", async () => {
    const { port } = bastion.access;
    bastion.stop();
    await new Promise((resolve) => connect(port, "127.0.0.1").once("error", resolve));
    const lock = exclusion();
    await lock.hold();
    await lock.hold();
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? "", /^Other workstations' operations aren't excluded: the bastion can't be asked \(/);
    assert.equal(await lock.look(), undefined);
    lock.release();
  });

  it("ends when the process is killed that others are told", async () => {
    const first = held(await takeLock(bastion.access, ANN));
    process.kill(pidIn(await exclusion().look()));
    await free();
    await until("the loss to be noticed", 10, () => Promise.resolve(first.isHeld() ? "held" : undefined));
  });

  it("is nobody's without a stack or a bastion in it, without a word, and the state is read once", async () => {
    let reads = 0;
    const none = exclusion(() => {
      reads++;
      return Promise.resolve(undefined);
    });
    await none.hold();
    await none.hold();
    assert.deepEqual([reads, notes], [1, []]);
  });

  it("says why it isn't held when the state can't be read, and is held once it can", async () => {
    let broken = true;
    const lock = exclusion(() =>
      broken ? Promise.reject(new Error("no such bucket")) : Promise.resolve(bastion.access),
    );
    await lock.hold();
    await lock.hold();
    assert.equal(await lock.look(), undefined);
    assert.deepEqual(notes, [
      "Other workstations' operations aren't excluded: the bastion can't be asked (no such bucket).",
    ]);
    broken = false;
    await lock.hold();
    assert.equal((await holderOfLock(bastion.access))?.operation, "backup");
    lock.release();
    await free();
  });

  it("looks for the bastion again once the connection was lost", async () => {
    let reads = 0;
    const lock = exclusion(() => {
      reads++;
      return Promise.resolve(bastion.access);
    });
    await lock.hold();
    lock.release();
    await free();
    await lock.hold();
    assert.equal(reads, 1);
    bastion.cut();
    await free();
    await lock.hold();
    assert.equal(reads, 2);
    lock.release();
  });

  it("doesn't take a flock that fails for another operation", async () => {
    bastion.programs = bastion.folder;
    writeFileSync(join(bastion.folder, "flock"), "#!/bin/bash\nexit 66\n", { mode: 0o755 });
    const lock = exclusion();
    await lock.hold();
    assert.match(
      notes.join("\n"),
      /can't be asked \(the script ended: operation-lock on \S+: flock failed with code 66/,
    );
    assert.equal(await lock.look(), undefined);
  });

  it("reads what the bastion answers", () => {
    assert.equal(readAnswer("held"), undefined);
    assert.equal(readAnswer("free"), undefined);
    assert.deepEqual(readAnswer(`taken ${JSON.stringify(ANN)}`), ANN);
    assert.match(
      takenText("local", readAnswer("taken ") ?? ANN),
      /local: its name is unknown, by another workstation\./,
    );
    assert.throws(() => readAnswer("flock: not found"), /the bastion answered: flock: not found/);
  });
});
