/** Looks for secrets where they must not be: in outputs, files and process lists. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestStack } from "./test-stack";

/** What a secret of Docker's or OpenSSL's looks like, whoever's it is. */
const PATTERNS = [/SWMTKN-1-[0-9a-z]{10}/, /SWMKEY-1-/, /PRIVATE KEY-----/];
/** Lines of a key shorter than this stand in other texts, too. */
const SHORTEST = 24;

/** Every join token, and every line of every private key, that the stack's state holds. */
export async function knownSecrets(stack: TestStack): Promise<string[]> {
  const { stdout } = await stack.pulumi("stack", "export", "--show-secrets");
  const found = new Set(stdout.match(/SWMTKN-1-[0-9a-z]+-[0-9a-z]+/g) ?? []);
  // Inside a step's input, which is JSON within JSON, line breaks carry several backslashes.
  const KEYS = /-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?)-----END/g;
  // A private key holds its public one, too: a line that also stands there is none.
  const others = stdout.replace(KEYS, "");
  for (const [, body = ""] of stdout.matchAll(KEYS)) {
    for (const line of body.split(/(?:\\+n|\s)+/)) {
      if (line.length >= SHORTEST && !others.includes(line)) found.add(line);
    }
  }
  assert.ok(found.size > 30, `only ${found.size} secrets found in the state: this test looks for them wrongly`);
  return [...found];
}

/** @throws AssertionError when a text holds a secret; the message doesn't repeat it */
export function assertNoSecret(where: string, text: string, secrets: readonly string[]): void {
  const at = secrets.map((secret) => text.indexOf(secret)).find((index) => index >= 0);
  if (at !== undefined)
    assert.fail(`a secret of the state stands in ${where}, after: ${text.slice(Math.max(0, at - 200), at)}`);
  for (const pattern of PATTERNS) {
    const index = text.search(pattern);
    if (index >= 0)
      assert.fail(`${String(pattern)} stands in ${where}, after: ${text.slice(Math.max(0, index - 200), index)}`);
  }
}

/** All files below a directory. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

/** @throws AssertionError when a file below the directory holds a secret */
export function assertNoSecretBelow(folder: string, secrets: readonly string[]): void {
  for (const file of filesBelow(folder)) assertNoSecret(file, readFileSync(file, "latin1"), secrets);
}

/** Prints all command lines ten times a second, until its standard input ends. */
const LOOP = "while read -r -t 0.1 _; [ $? -gt 128 ]; do ps -eo args; done";

/** Collects every command line seen on this workstation and in some of a stack's hosts, also ones made meanwhile. */
export class ProcessSampler {
  private running = true;
  private readonly seen = new Map<string, Set<string>>();
  private readonly loops: Promise<void>[];

  /** @param limit seconds after which it ends by itself */
  public constructor(containers: readonly string[], limit: number) {
    const end = Date.now() + limit * 1000;
    const commands: [string, string, string[]][] = [
      ["this workstation", "bash", ["-c", LOOP]],
      ...containers.map((name): [string, string, string[]] => [
        name,
        "docker",
        ["exec", "-i", name, "bash", "-c", LOOP],
      ]),
    ];
    this.loops = commands.map(([where, program, args]) => this.loop(where, program, args, end));
  }

  /** Ends it. @returns the command lines by where they were seen */
  public async stop(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    this.running = false;
    await Promise.all(this.loops);
    return this.seen;
  }

  private async loop(where: string, program: string, args: string[], end: number): Promise<void> {
    const lines = new Set<string>();
    this.seen.set(where, lines);
    // Over again when the host it ran on is gone: its successor is of interest, too.
    while (this.goesOn(end)) {
      const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
      const ended = collect(child, lines);
      while (this.goesOn(end) && child.exitCode === null && child.signalCode === null) await sleep(100);
      child.stdin.end();
      await Promise.race([ended, sleep(3000)]);
      child.kill("SIGKILL");
      await sleep(100);
    }
  }

  private goesOn(end: number): boolean {
    return this.running && Date.now() < end;
  }
}

function collect(child: ChildProcess, lines: Set<string>): Promise<void> {
  let rest = "";
  child.stdout?.on("data", (data: Buffer) => {
    const parts = (rest + data.toString()).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) lines.add(line);
  });
  child.stdin?.on("error", () => undefined);
  return new Promise((resolve) => {
    child.on("error", () => {
      resolve();
    });
    child.on("close", () => {
      resolve();
    });
  });
}
