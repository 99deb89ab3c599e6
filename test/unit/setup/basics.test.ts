import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { cachePath, statePath } from "../../../cli/paths";
import { command, findProgram } from "../../../cli/workstation/command";
import { holderOf, withLock } from "../../../cli/workstation/lock.cjs";
import { identify, startTimeOf } from "../../../cli/workstation/process-identity.cjs";
import { createProgress, duration } from "../../../cli/terminal/progress";

describe("set-up's basics", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "swarm-ha-unit-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  describe("paths", () => {
    const saved = { ...process.env };
    afterEach(() => {
      for (const name of ["XDG_CACHE_HOME", "XDG_STATE_HOME", "HOME"]) {
        if (saved[name] === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = saved[name];
      }
    });

    it("follow XDG's variables, and ignore relative ones as XDG says", () => {
      process.env["HOME"] = "/home/someone";
      process.env["XDG_CACHE_HOME"] = "/elsewhere";
      process.env["XDG_STATE_HOME"] = "relative";
      assert.equal(cachePath("kit", "x"), "/elsewhere/swarm-ha/kit/x");
      assert.equal(statePath(), "/home/someone/.local/state/swarm-ha");
    });

    it("never depend on the current directory, whatever HOME is", () => {
      process.env["XDG_CACHE_HOME"] = "";
      process.env["XDG_STATE_HOME"] = "";
      for (const home of ["", "relative"]) {
        process.env["HOME"] = home;
        assert.equal(cachePath(), join(userInfo().homedir, ".cache/swarm-ha"));
        assert.equal(statePath(), join(userInfo().homedir, ".local/state/swarm-ha"));
      }
    });
  });

  describe("a process's identity", () => {
    it("is read whatever the program is called", () => {
      fc.assert(
        fc.property(fc.string(), fc.nat(), (name, start) => {
          const stat = `12 (${name}) S ${"0 ".repeat(18)}${start} 0 0\n`;
          assert.equal(startTimeOf(stat), String(start));
        }),
      );
    });

    it("is one's own, and nobody's for a zombie or a pid that is not in use", () => {
      assert.equal(identify(process.pid)?.pid, process.pid);
      assert.equal(startTimeOf(`12 (x) Z ${"0 ".repeat(18)}5 0`), undefined);
      assert.equal(identify(2 ** 22 + 1), undefined);
    });
  });

  describe("a command", () => {
    it("gives its output, and each line as it comes", async () => {
      const lines: string[] = [];
      const output = await command("sh", ["-c", "echo a; echo b >&2"], {
        timeout: 5000,
        onLine: (line) => lines.push(line),
      });
      assert.equal(output, "a\n");
      assert.deepEqual(lines.sort(), ["a", "b"]);
    });

    it("that fails names itself, its end and its last lines", async () => {
      await assert.rejects(
        command("sh", ["-c", "echo why >&2; exit 3"], { timeout: 5000 }),
        /`sh -c .*exit code 3\)\n {2}why/,
      );
      await assert.rejects(command("/no/such/program", [], { timeout: 5000 }), /could not be started.*ENOENT/);
    });

    it("is stopped with its children when its time is over", async () => {
      const marker = join(folder, "late");
      await assert.rejects(
        command("sh", ["-c", `(sleep 0.6; touch ${marker}) & wait`], { timeout: 200 }),
        /did not end within 0.2 s/,
      );
      await sleep(700);
      assert.ok(!existsSync(marker), "the grandchild ran on");
    });

    it("is found where a user's PATH does not lead", () => {
      assert.ok(findProgram("sh") !== undefined);
      assert.equal(findProgram("no-such-program-anywhere"), undefined);
    });
  });

  describe("a lock", () => {
    it("lets one in at a time, and leaves nothing behind", async () => {
      const file = join(folder, "locks", "x");
      let inside = 0;
      let most = 0;
      const work = () =>
        withLock(file, async () => {
          most = Math.max(most, ++inside);
          await sleep(5);
          inside--;
        });
      await Promise.all([work(), work(), work(), work()]);
      assert.equal(most, 1);
      assert.deepEqual(readdirSync(join(folder, "locks")), []);
    });

    it("is given back when the work fails", async () => {
      const file = join(folder, "x");
      await assert.rejects(
        withLock(file, () => Promise.reject(new Error("no"))),
        /no/,
      );
      assert.equal(await withLock(file, () => Promise.resolve(7)), 7);
    });

    it("is waited for up to a limit", async () => {
      const file = join(folder, "x");
      const waited: number[] = [];
      await withLock(file, async () => {
        const second = withLock(
          file,
          () => Promise.resolve(),
          (pid) => waited.push(pid),
          10,
        );
        assert.equal(holderOf(file), process.pid);
        await assert.rejects(second, new RegExp(`Process ${process.pid} still holds the lock ${file}`));
      });
      assert.deepEqual(waited, [process.pid]);
      assert.equal(holderOf(file), undefined);
      assert.deepEqual(readdirSync(folder), []);
    });

    it("is left alone by one that it was taken from", async () => {
      const file = join(folder, "x");
      const other = JSON.stringify({ ...identify(process.ppid) });
      await withLock(file, () => {
        writeFileSync(file, other);
        return Promise.resolve();
      });
      assert.equal(readFileSync(file, "utf8"), other);
    });

    it("of a run that died is taken over, also when its pid is in use again", async () => {
      const dead = spawnSync("true").pid;
      const reused = { ...identify(process.pid), startTime: "1" };
      for (const owner of [{ pid: dead }, reused, "half-writ"]) {
        const file = join(folder, "stale");
        writeFileSync(file, JSON.stringify(owner));
        await Promise.all([withLock(file, () => sleep(5)), withLock(file, () => sleep(5))]);
        assert.ok(!existsSync(file));
      }
    });
  });

  describe("progress", () => {
    it("says elapsed time as a person does", () => {
      assert.equal(duration(440), "0.4 s");
      assert.equal(duration(12_400), "12 s");
      assert.equal(duration(185_000), "3 min 05 s");
    });

    it("is plain lines without a terminal", async () => {
      const said: string[] = [];
      const progress = createProgress({ write: (text) => said.push(text) });
      assert.equal(await progress.step("Doing it", "1 s", () => Promise.resolve(5)), 5);
      assert.match(said.join(""), /^Doing it … \(usually 1 s\)\n {2}done in 0\.\d s\n$/);
      await assert.rejects(progress.step("It", "1 s", () => Promise.reject(new Error("x"))));
      assert.match(said.join(""), /failed after 0\.\d s\n$/);
    });

    it("is one line in a terminal, whatever a command prints", async () => {
      const said: string[] = [];
      const progress = createProgress({ isTTY: true, columns: 200, write: (text) => said.push(text) }, {});
      await progress.step("Doing it", "1 s", async (note) => {
        note("\u001b[31mred\r\nlines");
        await sleep(1100);
      });
      const drawn = said.join("");
      assert.match(drawn, /red {2}lines/);
      assert.equal(drawn.split("\n").length, 2, "only the end of the step ends the line");
    });

    it("turns a spinner, and never draws a line that would wrap", async () => {
      const said: string[] = [];
      const progress = createProgress({ isTTY: true, columns: 40, write: (text) => said.push(text) }, {});
      await progress.step("Doing what takes many words to say", "1 s", async (note) => {
        note("last line");
        await sleep(250);
      });
      const lines = said.slice(0, -1).map((text) => stripVTControlCharacters(text).trimStart());
      assert.ok(lines.length > 1);
      for (const line of lines) {
        assert.match(line, /^[^ ] Doing what .* … 0\.\d s \(usually 1 s\)$/);
        assert.ok(line.length < 40, line);
      }
      assert.equal(new Set(lines.map((line) => line.charAt(0))).size, lines.length);
      assert.match(said.at(-1) ?? "", /Doing what takes many words to say .*0\.\d s/);
    });

    it("keeps a line that is said during a step", async () => {
      const said: string[] = [];
      const progress = createProgress({ isTTY: true, columns: 80, write: (text) => said.push(text) }, {});
      await progress.step("Doing it", "1 s", () => {
        progress.info("Half of it is done.");
        return Promise.resolve();
      });
      assert.ok(said.includes("\r\u001b[2KHalf of it is done.\n"));
    });

    it("is plain lines in CI, which may offer a terminal", async () => {
      const said: string[] = [];
      const progress = createProgress({ isTTY: true, write: (text) => said.push(text) }, { CI: "true" });
      await progress.step("Doing it", "1 s", () => Promise.resolve());
      assert.match(said.join(""), /^Doing it … \(usually 1 s\)\n {2}done in 0\.\d s\n$/);
    });
  });
});
