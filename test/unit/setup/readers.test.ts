import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAMS_FOLDER } from "../../../components/platform/local/image";
import { root } from "../../../cli/paths";

/** Runs a program of TypeScript until its first output, then closes both its outputs, as `2>&1 | head -1` does. */
function readOneLine(folder: string, text: string): Promise<number | null> {
  const file = join(folder, "main.ts");
  writeFileSync(file, text);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--require", "tsx/cjs", file], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.once("data", () => {
      child.stdout.destroy();
      child.stderr.destroy();
    });
    child.on("error", reject);
    child.on("close", resolve);
  });
}

describe("a command whose output nobody reads any more", () => {
  let folder: string;
  const tool = (path: string): string => JSON.stringify(join(root, "cli", path));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-readers-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("goes on to its end, and keeps its exit code", async () => {
    const end = join(folder, "end");
    const code = await readOneLine(
      folder,
      `import { runMain } from ${tool("terminal/errors")};
       import { writeFileSync } from "node:fs";
       runMain(async () => {
         for (let n = 0; n < 50; n++) {
           process.stdout.write("x".repeat(1000) + "\\n");
           process.stderr.write("y\\n");
           await new Promise((done) => setTimeout(done, 10));
         }
         writeFileSync(${JSON.stringify(end)}, "");
         return 3;
       });`,
    );
    assert.ok(existsSync(end));
    assert.equal(code, 3);
  });

  it("lets the Pulumi engine end its run, too", async () => {
    const engine = join(folder, "pulumi");
    const end = join(folder, "end");
    // A shell's builtin echo into a pipe without a reader ends the shell, as a write ends Go programs.
    const shell = `for n in 1 2 3 4 5 6 7 8 9 10; do echo $n; echo $n >&2; sleep 0.1; done; touch ${end}; exit 4`;
    writeFileSync(engine, `#!/bin/bash\n${shell}\n`, { mode: 0o755 });
    const code = await readOneLine(
      folder,
      `import { runMain } from ${tool("terminal/errors")};
       import { execEngine } from ${tool("pulumi/exec")};
       const engine = { path: ${JSON.stringify(engine)}, version: "3.245.0", kind: "official" } as const;
       runMain(async () => (await execEngine(engine, [], { env: { PATH: process.env.PATH } })).code);`,
    );
    assert.ok(existsSync(end));
    assert.equal(code, 4);
  });

  it("is each that npm runs: all start by runMain", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const commands = new Set(
      Object.values(scripts).map((script) => script.replace(/^node cli\/run\.mjs (\S+).*$/, "$1")),
    );
    for (const name of commands) {
      const places = ["cli/commands", "dev"].map((folder) => join(root, folder, `${name}.ts`));
      const file = places.find((place) => existsSync(place));
      assert.ok(file !== undefined, name);
      assert.match(readFileSync(file, "utf8"), /^runMain\(/m, name);
    }
    assert.ok(commands.has("status") && commands.has("bench"));
  });
});

describe("a Traefik without dashboard pages", () => {
  const script = join(PROGRAMS_FOLDER, "traefik", "without-dashboard");

  it("switches them off, and nothing else", () => {
    const folder = mkdtempSync(join(tmpdir(), "swarm-ha-traefik-"));
    try {
      writeFileSync(join(folder, "traefik"), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
      writeFileSync(join(folder, "own.yml"), "api:\n  dashboard: true\nping: {}\n");
      const copy = join(folder, "copy.yml");
      const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}`, WITHOUT_DASHBOARD_COPY: copy };
      const start = (...args: string[]): string => execFileSync(script, args, { env, encoding: "utf8" }).trim();
      assert.equal(start("version"), "version");
      assert.ok(!existsSync(copy));
      assert.equal(start(`--configFile=${folder}/own.yml`, "x"), `--configFile=${copy} x`);
      assert.equal(readFileSync(copy, "utf8"), "api:\n  dashboard: false\nping: {}\n");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
