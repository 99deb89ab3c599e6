import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { cachedProgram, discardProgram, ensureProgram, type GoProgram } from "../../../cli/workstation/go-program";
import { UserError } from "../../../cli/terminal/errors";
import { createProgress } from "../../../cli/terminal/progress";

/** Stands for Go: notes each build with its environment, and writes what SWARM_HA_GO_SAYS says, or fails. */
const GO = `#!/bin/sh
if [ "$1" = env ]; then echo "\${SWARM_HA_GO_VERSION:-go1.26.0}"; exit; fi
echo "$GOOS/$GOARCH $CGO_ENABLED" >>"$SWARM_HA_GO_BUILDS"
sleep 0.2
[ -n "$SWARM_HA_GO_SAYS" ] || { echo "no such module" >&2; exit 1; }
while [ "$1" != -o ]; do shift; done
echo "$SWARM_HA_GO_SAYS" >"$2"
`;

describe("programs built from their Go modules", () => {
  const names = ["PATH", "XDG_CACHE_HOME", "SWARM_HA_GO_BUILDS", "SWARM_HA_GO_SAYS", "SWARM_HA_GO_VERSION"];
  const before = names.map((name) => [name, process.env[name]] as const);
  const said: string[] = [];
  const progress = createProgress({ write: (text) => said.push(text) });
  let folder: string;
  let program: GoProgram;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-go-program-"));
    const wrapper = join(folder, "wrapper");
    for (const name of ["bin", "wrapper"]) mkdirSync(join(folder, name));
    for (const name of ["go.mod", "go.sum", "tools.go.txt"]) writeFileSync(join(wrapper, name), "");
    writeFileSync(join(folder, "bin", "go"), GO, { mode: 0o755 });
    process.env["PATH"] = [join(folder, "bin"), process.env["PATH"]].join(delimiter);
    process.env["XDG_CACHE_HOME"] = join(folder, "cache");
    process.env["SWARM_HA_GO_BUILDS"] = join(folder, "builds");
    process.env["SWARM_HA_GO_SAYS"] = "a program";
    said.length = 0;
    program = {
      what: "the test program 1.0",
      place: ["programs", "test-1.0"],
      file: "test",
      wrapper,
      package: "example.org/test",
      stamp: {},
      usually: "no time",
      noGo: (reason) => new UserError(`no program, and ${reason}`),
    };
  });
  afterEach(() => {
    for (const [name, value] of before)
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    rmSync(folder, { recursive: true, force: true });
  });

  const builds = (): string[] =>
    existsSync(join(folder, "builds")) ? readFileSync(join(folder, "builds"), "utf8").trim().split("\n") : [];

  it("are built once for two runs, and then come from the cache", async () => {
    const paths = await Promise.all([ensureProgram(program, progress), ensureProgram(program, progress)]);
    assert.equal(readFileSync(paths[0], "utf8"), "a program\n");
    assert.deepEqual(paths, [cachedProgram(program), await ensureProgram(program, progress)]);
    assert.equal(builds().length, 1);
    assert.equal(said.filter((line) => line.startsWith("Building the test program 1.0")).length, 1, said.join(""));
  });

  it("are for the system that they are to run on, without its C library", async () => {
    await ensureProgram({ ...program, target: { os: "linux", arch: "arm64" } }, progress);
    assert.deepEqual(builds(), ["linux/arm64 0"]);
  });

  it("are built again when they were cut off or removed", async () => {
    const path = await ensureProgram(program, progress);
    truncateSync(path, 3);
    assert.equal(cachedProgram(program), undefined);
    await ensureProgram(program, progress);
    assert.equal(readFileSync(path, "utf8"), "a program\n");
    discardProgram(program);
    assert.equal(cachedProgram(program), undefined);
    await ensureProgram(program, progress);
    assert.equal(builds().length, 3);
  });

  it("whose stamp is lost aren't built again where they can be checked", async () => {
    const checked = { ...program, check: (path: string) => Promise.resolve(existsSync(path) ? undefined : "gone") };
    const path = await ensureProgram(checked, progress);
    rmSync(join(path, "..", "stamp.json"));
    await ensureProgram(checked, progress);
    assert.equal(builds().length, 1);
  });

  it("don't get into the cache when their build fails, or makes something else", async () => {
    process.env["SWARM_HA_GO_SAYS"] = "";
    await assert.rejects(ensureProgram(program, progress), /exit code 1[^]*no such module/);
    process.env["SWARM_HA_GO_SAYS"] = "another one";
    const strict = { ...program, check: () => Promise.resolve("it says its version is 2.0") };
    await assert.rejects(ensureProgram(strict, progress), /program 1\.0 was built, but it says its version is 2\.0\./);
    assert.equal(cachedProgram(program), undefined);
  });

  it("need a Go, and not an old one", async () => {
    process.env["SWARM_HA_GO_VERSION"] = "go1.20.14";
    await assert.rejects(ensureProgram(program, progress), /no program, and .*too old.*go1\.20\.14; Go 1\.21 or later/);
    assert.deepEqual(builds(), []);
  });
});
