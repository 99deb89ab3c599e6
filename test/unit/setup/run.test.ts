import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { environmentFor } from "../../../cli/environment";
import { root } from "../../../cli/paths";

/**
 * A clone in which npm is a stub: it "installs" the lock's one package, and counts its runs. Where there is a file `slow`,
 * it takes until somebody waits for it.
 */
describe("cli/run.mjs", () => {
  let clone: string;
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(clone, name)), { recursive: true });
    writeFileSync(join(clone, name), text);
  };
  const lock = (version: string) => {
    write("package-lock.json", JSON.stringify({ packages: { "": {}, "node_modules/tsx": { version } } }));
  };
  let more: Record<string, string> = {};
  const run = (...args: string[]) =>
    new Promise<{ code: number | null; signal: string | null; out: string; err: string }>((resolve) => {
      const env = {
        ...process.env,
        npm_execpath: join(clone, "npm-cli.js"),
        XDG_CACHE_HOME: join(clone, "cache"),
        ...more,
      };
      const child = spawn(process.execPath, [join(clone, "cli/run.mjs"), ...args], { env });
      let out = "";
      let err = "";
      child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => {
        err += chunk.toString();
        if (err.includes("Waiting for the command")) rmSync(join(clone, "slow"), { force: true });
      });
      if (args[0] === "endless") child.stdout.once("data", () => child.kill("SIGTERM"));
      child.on("close", (code, signal) => {
        resolve({ code, signal, out, err });
      });
    });
  const installs = () => (existsSync(join(clone, "runs")) ? readFileSync(join(clone, "runs"), "utf8").length : 0);

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), "swarm-ha-clone-"));
    mkdirSync(join(clone, "cli"));
    more = {};
    const files = readdirSync(join(root, "cli"), { recursive: true, encoding: "utf8" });
    for (const file of files.filter((name) => /\.(mjs|cjs|json)$/.test(name)))
      cpSync(join(root, "cli", file), join(clone, "cli", file));
    symlinkSync(join(root, "node_modules"), join(clone, "real_modules"));
    write("package.json", '{"scripts":{"hello":"x"}}');
    lock("1.0.0");
    write(
      "npm-cli.js",
      `const fs = require("fs"), path = require("path"), clone = ${JSON.stringify(clone)};
      fs.writeFileSync(path.join(clone, "npm-env.json"), JSON.stringify(process.env));
      fs.appendFileSync(path.join(clone, "runs"), "x");
      if (fs.existsSync(path.join(clone, "offline"))) { console.error("registry out of reach"); process.exit(1); }
      const timer = setInterval(() => {
        if (fs.existsSync(path.join(clone, "slow"))) return;
        clearInterval(timer);
        const to = path.join(clone, "node_modules/tsx");
        fs.mkdirSync(to, { recursive: true });
        fs.writeFileSync(path.join(to, "package.json"), "{}");
        fs.writeFileSync(path.join(to, "cjs.js"), "require(" + JSON.stringify(path.join(clone, "real_modules/tsx/dist/cjs/index.cjs")) + ")");
      }, 20);`,
    );
    write(
      "cli/commands/hello.ts",
      `const who: string = process.argv[2] ?? ""; console.log("hello " + who, require.main === module); process.exitCode = 7;`,
    );
    write("dev/endless.ts", `console.log("up"); setInterval(() => {}, 1000);`);
  });
  afterEach(() => {
    rmSync(clone, { recursive: true, force: true });
  });

  it("installs once, then hands on arguments and exit code and prints nothing of its own", async () => {
    const first = await run("hello", "a b");
    assert.equal(first.out, "hello a b true\n", first.err);
    assert.equal(first.code, 7);
    assert.match(first.err, /Installing the dependencies .*usually/);
    const second = await run("hello");
    assert.deepEqual(second, { code: 7, signal: null, out: "hello  true\n", err: "" });
    assert.equal(installs(), 1);
  });

  it("runs a tool as a bundle that is rebuilt when its sources change or it is damaged", async () => {
    assert.equal((await run("hello")).code, 7);
    for (const folder of ["components", "config"]) mkdirSync(join(clone, folder));
    symlinkSync(join(root, "node_modules/esbuild"), join(clone, "node_modules/esbuild"));
    write("components/part.ts", `export const part: string = __dirname + (require.main === module);`);
    write(
      "cli/commands/hello.ts",
      `import { part } from "../../components/part"; console.log(part, require.main === module, __filename, process.argv[1]);
      if (process.argv[2] === "esbuild") import("esbuild").then(({ version }) => console.log(typeof version));
      process.exitCode = 7;`,
    );
    const file = join(clone, "cli/commands/hello.ts");
    const good = { code: 7, signal: null, out: `${join(clone, "components")}false true ${file} ${file}\n`, err: "" };
    const made = (): string[] =>
      readdirSync(join(clone, "cache/swarm-ha/bundles"), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(cjs|v8)$/.test(name))
        .map((name) => join(clone, "cache/swarm-ha/bundles", name))
        .sort();
    assert.deepEqual(await run("hello"), good);
    assert.deepEqual(
      made().map((name) => basename(name)),
      ["cli-commands-hello.cjs", "cli-commands-hello.v8"],
    );
    assert.deepEqual(await run("hello"), good);
    assert.equal((await run("hello", "esbuild")).out, `${good.out}string\n`);
    for (const file of made()) {
      const whole = readFileSync(file);
      truncateSync(file, 100);
      assert.deepEqual(await run("hello"), good, file);
      // As a power cut leaves it. V8 would crash.
      writeFileSync(file, Buffer.from(whole).fill(0, 500, 700));
      assert.deepEqual(await run("hello"), good, file);
      assert.deepEqual(readFileSync(file).length, whole.length);
    }
    write("components/part.ts", `export const part = "other";`);
    assert.match((await run("hello")).out, /^other true /);
    assert.equal(made().length, 4);
  });

  it("gives npm the variables of the list, those that an .npmrc names, and no proxy for loopback", async () => {
    write("home/.npmrc", "//registry.example/:_authToken=${A_TOKEN}\n");
    more = {
      A_TOKEN: "t",
      npm_config_userconfig: join(clone, "home/.npmrc"),
      http_proxy: "http://proxy:3128",
      NO_PROXY: "a.example",
    };
    more = { ...more, npm_config_omit: "dev", npm_config_cafile: "/ca.pem", NODE_ENV: "production", OTHER: "x" };
    await run("hello");
    const got = JSON.parse(readFileSync(join(clone, "npm-env.json"), "utf8")) as Record<string, string>;
    const proxies = { NO_PROXY: got["NO_PROXY"], no_proxy: got["NO_PROXY"], http_proxy: "http://proxy:3128" };
    const listed = environmentFor("npm", { ...process.env, ...more, XDG_CACHE_HOME: join(clone, "cache") });
    assert.deepEqual(withoutProxies(got), withoutProxies({ ...listed, A_TOKEN: "t" }));
    assert.deepEqual(withoutProxies(got, false), proxies);
    assert.equal(got["NO_PROXY"], "a.example,localhost,127.0.0.1,::1");
  });

  it("installs again for another lock, and for a package that is gone", async () => {
    await run("hello");
    lock("1.0.1");
    await run("hello");
    assert.equal(installs(), 2);
    rmSync(join(clone, "node_modules/tsx"), { recursive: true });
    assert.equal((await run("hello")).code, 7);
    assert.equal(installs(), 3);
  });

  it("takes node_modules that npm made from the same lock as they are", async () => {
    await run("hello");
    rmSync(join(clone, "node_modules/.swarm-ha-stamp"));
    cpSync(join(clone, "package-lock.json"), join(clone, "node_modules/.package-lock.json"));
    assert.equal((await run("hello")).code, 7);
    assert.equal(installs(), 1);
  });

  it("installs one time for two runs at once", async () => {
    write("slow", "");
    const both = await Promise.all([run("hello"), run("hello")]);
    assert.deepEqual(
      both.map(({ code }) => code),
      [7, 7],
    );
    assert.equal(installs(), 1);
    assert.equal(both.filter(({ err }) => err.includes("Waiting for the command")).length, 1);
  });

  it("says what npm said when that fails, and starts over the next time", async () => {
    write("offline", "");
    const failed = await run("hello");
    assert.equal(failed.code, 1);
    assert.match(failed.err, /could not be installed: npm ci ended with exit code 1\nregistry out of reach/);
    rmSync(join(clone, "offline"));
    assert.equal((await run("hello")).code, 7);
  });

  it("lets a signal end the tool", async () => {
    await run("hello");
    const ended = await run("endless");
    assert.equal(ended.signal, "SIGTERM");
  });

  it("names the scripts there are for one that is not", async () => {
    for (const name of ["nope", "../evil", ""]) {
      const { code, err } = await run(name);
      assert.equal(code, 1);
      assert.match(err, /no tool .*; the npm scripts are: hello/);
    }
  });
});

/** An environment without its proxies, or with nothing else. */
function withoutProxies(env: NodeJS.ProcessEnv, without = true): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => /_proxy$/i.test(name) !== without));
}
