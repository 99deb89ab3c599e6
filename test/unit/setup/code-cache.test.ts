import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Script } from "node:vm";
import { asksForDebug } from "../../../components/sdk-debug";
import { root } from "../../../cli/paths";

interface CodeCache {
  readonly compile: (code: string, filename: string, kept?: Buffer) => { script: Script; isFresh: boolean };
  readonly readSealed: (file: string) => Buffer | undefined;
  readonly writeSealed: (file: string, data: Buffer) => void;
}

const { compile, readSealed, writeSealed } = createRequire(__filename)("../../../cli/code-cache.cjs") as CodeCache;

describe("starting with V8's code cache", function () {
  this.timeout(60_000);
  let scratch: string;

  before(() => {
    scratch = mkdtempSync(join(tmpdir(), "swarm-ha-code-cache-"));
  });
  after(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  it("reads back what was written, and nothing that is damaged", () => {
    const file = join(scratch, "sealed");
    assert.equal(readSealed(file), undefined);
    writeSealed(file, Buffer.from("text"));
    assert.equal(readSealed(file)?.toString(), "text");
    const bytes = readFileSync(file);
    bytes[1] = 0;
    writeFileSync(file, bytes);
    assert.equal(readSealed(file), undefined);
    writeFileSync(file, "");
    assert.equal(readSealed(file), undefined);
  });

  it("compiles only what V8 hasn't kept, or doesn't take", () => {
    const code = "(() => 42)";
    const first = compile(code, "a.js");
    assert.ok(first.isFresh);
    const kept = first.script.createCachedData();
    const second = compile(code, "a.js", kept);
    assert.equal(second.isFresh, false);
    assert.equal((second.script.runInThisContext() as () => number)(), 42);
    assert.ok(compile("(() => 4321)", "a.js", kept).isFresh);
  });

  describe("the packages' modules", () => {
    /** A clone with one package; its program prints what the modules say of themselves, and how many were read. */
    const PROGRAM = `
      const fs = require("node:fs");
      const { readFileSync } = fs;
      let read = 0;
      fs.readFileSync = (file, ...more) => { if (/node_modules.*js$/.test(String(file))) read++; return readFileSync(file, ...more); };
      require(process.argv[1]).usePackages(process.cwd());
      const one = require("./node_modules/one");
      console.log(JSON.stringify({ ...one, again: require("./node_modules/one") === one, read, exit: process.exitCode }));
      process.exitCode = Number(process.argv[2] ?? 0);`;
    let clone: string;
    const run = (...more: string[]): Record<string, unknown> => {
      const args = ["-e", PROGRAM, join(root, "cli/packages.cjs"), ...more];
      const env = { ...process.env, XDG_CACHE_HOME: join(scratch, "cache") };
      try {
        return JSON.parse(execFileSync(process.execPath, args, { cwd: clone, env, encoding: "utf8" })) as never;
      } catch (error) {
        return JSON.parse((error as { stdout: string }).stdout) as never;
      }
    };
    const files = (): string[] => {
      try {
        return readdirSync(join(scratch, "cache/swarm-ha/packages"));
      } catch {
        return [];
      }
    };

    beforeEach(() => {
      clone = mkdtempSync(join(scratch, "clone-"));
      rmSync(join(scratch, "cache"), { recursive: true, force: true });
      mkdirSync(join(clone, "node_modules/one/lib"), { recursive: true });
      writeFileSync(join(clone, "package-lock.json"), "{}");
      writeFileSync(
        join(clone, "node_modules/one/index.js"),
        `#!/usr/bin/env node
        exports.umlaut = "ü";
        exports.two = require("./lib/two");
        exports.here = [__filename, module.id, require.resolve("./lib/two"), module.children.length, this === exports];
        exports.line = new Error().stack.split("\\n")[1];
        exports.later = require("./lib/later.js");`,
      );
      writeFileSync(join(clone, "node_modules/one/lib/two.js"), "module.exports = 2;");
      writeFileSync(
        join(clone, "node_modules/one/lib/later.js"),
        'exports.x = 1; exports.y = () => import("node:fs");',
      );
    });

    it("are the same from the file, and aren't read again", () => {
      const first = run();
      assert.equal(files().length, 1);
      const { read, ...same } = run();
      assert.deepEqual({ ...same, read: first["read"] }, first);
      // The one that imports modules is left to Node, which reads it, too.
      assert.equal(read, 2);
      assert.match(String(first["line"]), /one\/index\.js:5:/);
    });

    it("are loaded by Node where the file is damaged, or another one than the packages'", () => {
      const first = run();
      const [name = ""] = files();
      const file = join(scratch, "cache/swarm-ha/packages", name);
      const bytes = readFileSync(file);
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      assert.deepEqual(run(), first);
      assert.equal(run()["read"], 2);
      writeFileSync(join(clone, "package-lock.json"), '{ "other": true }');
      writeFileSync(join(clone, "node_modules/one/lib/two.js"), "module.exports = 3;");
      assert.equal(run()["two"], 3);
      assert.equal(files().length, 2);
    });

    it("aren't kept by a run that has failed, and add up over runs with different ones", () => {
      run("1");
      assert.deepEqual(files(), []);
      run();
      const [name = ""] = files();
      const file = join(scratch, "cache/swarm-ha/packages", name);
      const { size } = statSync(file);
      writeFileSync(join(clone, "node_modules/one/lib/more.js"), "module.exports = 4;");
      const add = 'require(process.argv[1]).usePackages(process.cwd()); require("./node_modules/one/lib/more");';
      execFileSync(process.execPath, ["-e", add, join(root, "cli/packages.cjs")], {
        cwd: clone,
        env: { ...process.env, XDG_CACHE_HOME: join(scratch, "cache") },
      });
      assert.ok(statSync(file).size > size);
      assert.equal(run()["read"], 2);
    });

    it("are loaded by Node where the cache has no place", () => {
      const first = run();
      rmSync(join(scratch, "cache"), { recursive: true, force: true });
      symlinkSync("/dev/null", join(scratch, "cache"));
      assert.deepEqual(run(), first);
      rmSync(join(scratch, "cache"), { force: true });
    });
  });

  it("keeps the debugger off until a function is serialized", () => {
    const program = `
      require("./cli/no-inspector.cjs").keepInspectorOff(process.cwd());
      const hooks = require("@pulumi/pulumi/runtime/closure/v8Hooks");
      const loaded = () => Object.values(require.cache).some((m) => m.exports !== hooks && m.id.endsWith("v8Hooks.js"));
      hooks.isInitializedAsync().then(async () => {
        const before = loaded();
        const session = await hooks.getSessionAsync();
        console.log(before, typeof session.post, loaded());
        session.disconnect();
      });`;
    const text = execFileSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8" });
    assert.equal(text, "false function true\n");
  });

  it("drops the SDK's debug messages, except where somebody asks for them", () => {
    const program = `
      require("tsx/cjs");
      require("./components/lean-sdk");
      console.log(require("@pulumi/pulumi/log").debug.toString().includes("getEngine"));`;
    const run = (env: NodeJS.ProcessEnv): string =>
      execFileSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8", env: { ...process.env, ...env } });
    assert.equal(run({}), "false\n");
    assert.equal(run({ SWARM_HA_SDK_DEBUG: "1" }), "true\n");
    for (const asking of [
      ["up", "--debug"],
      ["up", "-d"],
      ["preview", "-v=9"],
      ["up", "-v9"],
      ["up", "--logtostderr"],
    ])
      assert.ok(asksForDebug(asking), asking.join(" "));
    for (const quiet of [
      ["up", "--yes"],
      ["up", "--diff"],
      ["up", "-y"],
      ["up", "--target", "debug"],
    ])
      assert.ok(!asksForDebug(quiet), quiet.join(" "));
  });
});
