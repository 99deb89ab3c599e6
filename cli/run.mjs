#!/usr/bin/env node
/**
 * `node cli/run.mjs <command> [arguments]`: runs cli/commands/<command>.ts, or dev/<command>.ts, after making sure that
 * node_modules is what package-lock.json says. Every npm script goes through here, so each works in a fresh clone.
 *
 * Plain JavaScript on Node alone: it runs before there are dependencies. The command runs in this very process, as a
 * bundle or through tsx, so exit codes, signals and the terminal are the command's own, and there is no second Node to pay for.
 * Messages of this file go to stderr: stdout belongs to the command.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import Module, { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runBundle } from "./bundle.cjs";
import { withLock } from "./workstation/lock.cjs";
import { cachePath } from "./xdg.cjs";

const MINIMUM_NODE = [20, 1];
/** The test runner reads JSON as modules do since 20.10, and its packages ask for this. */
const MINIMUM_NODE_OF_TESTS = [20, 19];
/** Milliseconds to wait for another run that installs; npm itself gives up on a dead network long before. */
const LOCK_LIMIT = 900_000;
/** The commands of the product, which start as bundles. */
const COMMANDS = "cli/commands";
/** The developers' commands. */
const DEV = "dev";
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const modules = path.join(root, "node_modules");
const stampFile = path.join(modules, ".swarm-ha-stamp");
const hiddenLock = path.join(modules, ".package-lock.json");

// Who reads our output may stop (`2>&1 | head`): the work goes on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
  });
}

const say = (text) => process.stderr.write(`${text}\n`);

function die(text) {
  say(`error: ${text}`);
  process.exit(1);
}

function checkNode(tool) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const minimum = tool === "test" ? MINIMUM_NODE_OF_TESTS : MINIMUM_NODE;
  if (major > minimum[0] || (major === minimum[0] && minor >= minimum[1])) return;
  die(
    `${tool === "test" ? "the tests need" : "this needs"} Node.js ${minimum.join(".")} or later; ` +
      `${process.execPath} is ${process.versions.node}. Install a later one: https://nodejs.org/en/download`,
  );
}

/** What must be installed: the lock file's packages, and the hash that stands for them on this kind of workstation. */
function wanted() {
  const text = fs.readFileSync(path.join(root, "package-lock.json"), "utf8");
  const kind = `${process.platform} ${process.arch} ${process.versions.modules}`;
  return {
    hash: createHash("sha256").update(text).update(kind).digest("hex"),
    packages: JSON.parse(text).packages,
  };
}

/** Every package that isn't optional on some platforms lies there; about 1 ms for 300 of them. */
const complete = (packages) =>
  Object.entries(packages).every(
    ([where, info]) => where === "" || info.optional || fs.existsSync(path.join(root, where, "package.json")),
  );

const read = (file) => {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
};

/** Was node_modules made from this lock by `npm install` or `npm ci`? npm writes its own copy of the lock last. */
function installedByHand(packages) {
  try {
    const installed = JSON.parse(read(hiddenLock) ?? "{}").packages ?? {};
    const same = ([where, info]) =>
      where === "" || (installed[where] ? installed[where].version === info.version : info.optional === true);
    return Object.entries(packages).every(same) && Object.keys(installed).every((where) => where in packages);
  } catch {
    return false;
  }
}

function upToDate({ hash, packages }) {
  if (!complete(packages)) return false;
  if (read(stampFile) === hash) return true;
  if (!installedByHand(packages)) return false;
  writeStamp(hash);
  return true;
}

function writeStamp(hash) {
  const temporary = `${stampFile}.${process.pid}`;
  fs.writeFileSync(temporary, hash);
  fs.renameSync(temporary, stampFile);
}

/** Holds the clone's install lock while `work` runs. */
const locked = (work) =>
  withLock(
    cachePath("locks", `npm-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`),
    work,
    (pid) => say(`Waiting for the command that is installing the dependencies (process ${pid}) …`),
    LOCK_LIMIT,
  );

/** npm as it was called, else the one on PATH. */
function npmCommand() {
  const called = process.env.npm_execpath;
  return called && /^npm(-cli)?\.c?js$/.test(path.basename(called)) && fs.existsSync(called)
    ? [process.execPath, called]
    : ["npm"];
}

/** Names in an .npmrc's `${NAME}`: the tokens of private registries. */
function namedInNpmrc() {
  const home = process.env.HOME ?? os.homedir();
  const users = process.env.npm_config_userconfig ?? process.env.NPM_CONFIG_USERCONFIG ?? path.join(home, ".npmrc");
  const texts = [users, path.join(root, ".npmrc")].map((file) => read(file) ?? "");
  return texts.flatMap((text) => [...text.matchAll(/\$\{(\w+)\??\}/g)].map(([, name]) => name));
}

/** npm's environment: the list of cli/environment, which can't be loaded before there are dependencies. */
function npmEnvironment() {
  const rules = JSON.parse(read(path.join(root, "cli", "environment", "variables.json")));
  const entries = rules.flatMap(({ names, to }) => names.map((name) => [name.toUpperCase(), to]));
  const specific = ([a], [b]) => b.replace(/\*$/, "").length - a.replace(/\*$/, "").length;
  const lists = (name) => {
    const upper = name.toUpperCase();
    const exact = entries.find(([listed]) => listed === upper);
    const starts = ([listed]) => listed.endsWith("*") && upper.startsWith(listed.slice(0, -1));
    const [, to] = exact ?? entries.filter(starts).sort(specific)[0] ?? [upper, []];
    return to === "all" || to.includes("npm");
  };
  const more = namedInNpmrc();
  const kept = Object.entries(process.env).filter(([name]) => lists(name) || more.includes(name));
  const env = Object.fromEntries(kept);
  // A registry on this workstation is reached without the proxy.
  env.NO_PROXY = env.no_proxy = [env.NO_PROXY ?? env.no_proxy, "localhost,127.0.0.1,::1"].filter(Boolean).join(",");
  return env;
}

/** `npm ci`, its output kept for an error and shown as it comes in a terminal. */
function install() {
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  say("Installing the dependencies of package-lock.json (npm ci; usually 10 to 60 s) …");
  const [file, ...head] = npmCommand();
  // A user's .npmrc may omit some of them, or be silent.
  const args = [...head, "ci", "--include=dev", "--loglevel=warn"];
  const terminal = process.stderr.isTTY === true;
  return new Promise((done) => {
    const output = [];
    const stdio = ["ignore", "pipe", terminal ? 2 : "pipe"];
    const npm = spawn(file, args, { cwd: root, stdio, env: npmEnvironment() });
    for (const stream of [npm.stdout, npm.stderr]) stream?.on("data", (chunk) => output.push(chunk));
    const ticker = setInterval(() => say(`  … installing for ${seconds()}`), 15_000);
    const forward = (signal) => npm.kill(signal);
    process.on("SIGINT", forward).on("SIGTERM", forward).on("SIGHUP", forward);
    const finish = (failure) => {
      clearInterval(ticker);
      process.off("SIGINT", forward).off("SIGTERM", forward).off("SIGHUP", forward);
      if (!failure) say(`Dependencies installed in ${seconds()}.`);
      done(failure && `${failure}\n${Buffer.concat(output).toString().trimEnd()}`);
    };
    npm.on("error", (error) => finish(`npm can't be run (${error.message}); it comes with Node.js`));
    npm.on("close", (code, signal) =>
      finish(code === 0 ? undefined : `npm ci ended with ${signal ?? `exit code ${code}`}`),
    );
  });
}

async function ensureDependencies() {
  if (upToDate(wanted())) return;
  const failure = await locked(installOnce).catch((error) => error.message);
  if (failure) die(`the dependencies could not be installed: ${failure}\nFix that, then run the command again.`);
}

/** @returns why it failed, if it did; called with the lock held */
async function installOnce() {
  const goal = wanted();
  if (upToDate(goal)) return undefined; // Another run has done it while this one waited.
  // This comes first: if this run is stopped half-way, the next one starts again.
  fs.rmSync(stampFile, { force: true });
  fs.rmSync(hiddenLock, { force: true });
  const problem = await install();
  if (problem) return problem;
  if (!complete(goal.packages)) return "npm ci said it succeeded, but packages of package-lock.json are missing";
  writeStamp(goal.hash);
  return undefined;
}

async function main() {
  const [tool, ...args] = process.argv.slice(2);
  checkNode(tool);
  const places = [COMMANDS, DEV].map((folder) => path.join(root, folder, `${tool}.ts`));
  const file = places.find((place) => fs.existsSync(place));
  if (!tool || !/^[a-z][a-z0-9-]*$/.test(tool) || file === undefined) {
    const known = Object.keys(JSON.parse(read(path.join(root, "package.json"))).scripts);
    die(`no tool ${JSON.stringify(tool ?? "")}; the npm scripts are: ${known.join(", ")}`);
  }
  await ensureDependencies();
  process.argv = [process.argv[0], file, ...args];
  // It is the main module, so `require.main === module` holds in it.
  const main = new Module(file, null);
  main.filename = file;
  main.paths = Module._nodeModulePaths(path.dirname(file));
  process.mainModule = main;
  if (file === places[0] && runBundle(main)) return;
  createRequire(path.join(root, "package.json"))("tsx/cjs");
  Module._load(file, null, true);
}

await main();
