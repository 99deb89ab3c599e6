import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { repositoryOf } from "../../../components/images";
import { dataText, readScript } from "../../../components/ssh/script";
import { bash } from "../../support/bash";

/** A Docker engine's containers and images, in files that the fake `docker` reads and changes. */
const DOCKER = `#!/bin/bash
cd "$(dirname "$0")/engine"
case "$*" in
"ps -aq --no-trunc --filter status=exited"*) cut -d' ' -f1 stopped ;;
"ps -aq") cut -d' ' -f1 used ;;
"inspect -f {{.Image}}"*) cut -d' ' -f2 used ;;
"inspect -f {{.Id}}"*) cat stopped ;;
"rm "*) sed -i "/^$2 /d" stopped ;;
"image ls"*) cut -d' ' -f1,2 images ;;
"image inspect -f"*) sed -n "s/^sha256:$5 \\([^ ]*\\) \\(.*\\)/\\1:\\2/p" images ;;
"image inspect"*) grep -q "^sha256:$3 " images ;;
"image rm "*) name=$3; sed -i "\\#^[^ ]* \${name%:*} \${name##*:}\\$#d; /^sha256:$3 /d" images ;;
*) echo "unexpected: $*" >&2; exit 1 ;;
esac
`;

const DAY = 86_400;

describe("housekeeping of a host", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-housekeeping-"));
    mkdirSync(path.join(folder, "engine"));
    writeFileSync(path.join(folder, "docker"), DOCKER);
    chmodSync(path.join(folder, "docker"), 0o755);
    engine("stopped", []);
    engine("used", []);
    engine("images", []);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const engine = (what: string, lines: readonly string[]): void => {
    writeFileSync(path.join(folder, "engine", what), lines.map((line) => `${line}\n`).join(""));
  };
  const left = (what: string): string[] =>
    readFileSync(path.join(folder, "engine", what), "utf8")
      .split("\n")
      .filter(Boolean);
  const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();
  const shell = (script: string): string => {
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    const text = `set -Eeuo pipefail; shopt -s inherit_errexit lastpipe; cd scripts
      marks=${folder}/marks housekeeping_program=${folder}/program
      housekeeping_units=${folder}/units housekeeping_services=${folder}/services
      . lib/housekeeping.sh
      ${script}`;
    const { code, stdout, stderr } = bash(text, { env });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  /** Makes the mark of an unused image older. */
  const age = (id: string, seconds: number): void => {
    const then = Date.now() / 1000 - seconds;
    utimesSync(path.join(folder, "marks", id), then, then);
  };

  it("removes containers that have been stopped for long enough, also those that never started", () => {
    const never = "0001-01-01T00:00:00Z";
    engine("stopped", [
      `aaa ${ago(8 * DAY)} ${ago(9 * DAY)} /old`,
      `bbb ${ago(6 * DAY)} ${ago(90 * DAY)} /ended-lately`,
      `ccc ${never} ${ago(8 * DAY)} /never-started`,
      `ddd ${never} ${ago(60)} /just-created`,
    ]);
    const said = shell(`tidy_containers ${7 * DAY}`);
    assert.deepEqual(
      left("stopped").map((line) => line.split(" ").at(-1)),
      ["/ended-lately", "/just-created"],
    );
    assert.match(said, /container old\n.*container never-started/);
  });

  it("removes images by the time without a container, not by the time when they were built", () => {
    engine("images", ["sha256:a1 shop v1", "sha256:a2 shop v2", "sha256:a3 <none> <none>"]);
    engine("used", ["c1 sha256:a2"]);
    assert.equal(shell(`tidy_images ${7 * DAY}`), "");
    assert.deepEqual(readdirSync(path.join(folder, "marks")).sort(), ["a1", "a3"]);
    age("a1", 8 * DAY);
    age("a3", 6 * DAY);
    shell(`tidy_images ${7 * DAY}`);
    assert.deepEqual(left("images"), ["sha256:a2 shop v2", "sha256:a3 <none> <none>"]);
    assert.deepEqual(readdirSync(path.join(folder, "marks")), ["a3"]);
  });

  it("begins again when a container has used the image in between", () => {
    engine("images", ["sha256:a1 shop v1"]);
    shell(`tidy_images ${7 * DAY}`);
    age("a1", 8 * DAY);
    engine("used", ["c1 sha256:a1"]);
    shell(`tidy_images ${7 * DAY}`);
    engine("used", []);
    shell(`tidy_images ${7 * DAY}`);
    assert.deepEqual(left("images"), ["sha256:a1 shop v1"]);
  });

  it("keeps images of the stack's own services, of any version, although nothing runs", () => {
    const own = "swarm-ha.invalid/swarm-ha/traefik";
    engine("images", [`sha256:a1 ${own} 3.6.7-abc`, `sha256:a2 ${own} 3.6.6-abc`, "sha256:a3 shop v1"]);
    shell(`tidy_images 0 ${own} registry`);
    assert.deepEqual(left("images"), [`sha256:a1 ${own} 3.6.7-abc`, `sha256:a2 ${own} 3.6.6-abc`]);
  });

  it("knows repositories as `docker image ls` shows them", () => {
    assert.equal(repositoryOf("docker.io/library/traefik:v3.6.7@sha256:abc"), "traefik");
    assert.equal(repositoryOf("docker.io/someone/traefik:v3"), "someone/traefik");
    assert.equal(repositoryOf("mirror.example.com:5000/a/registry@sha256:abc"), "mirror.example.com:5000/a/registry");
    assert.equal(repositoryOf("swarm-ha.invalid/swarm-ha/traefik:3.6.7-1"), "swarm-ha.invalid/swarm-ha/traefik");
  });

  it("has a time limit under systemd, where another run that holds the lock is no failure", () => {
    const unit = shell("housekeeping_unit").split("\n");
    for (const line of ["TimeoutStartSec=1800", "SuccessExitStatus=75", `ExecStart=${folder}/program`])
      assert.ok(unit.includes(line), line);
  });

  it("is installed as a program that takes another age, and goes when it is off", () => {
    // As hosts get it: without comments.
    const [functions = ""] = readScript("prepare")
      .text.replaceAll("/run/swarm-ha", `${folder}/lock`)
      .split("\nname=$(value name)");
    const apply = (everyHours: number): void => {
      const input = dataText({ housekeeping: { everyHours, ageHours: 168, keep: ["registry"] } });
      const places = `marks=${folder}/marks housekeeping_program=${folder}/program
        housekeeping_units=${folder}/units housekeeping_services=${folder}/services`;
      const { code, stderr } = bash(`${places}\n${functions}\nhousekeeping_apply`, { input });
      assert.equal(code, 0, stderr);
    };
    apply(24);
    const program = path.join(folder, "program");
    const loop = path.join(folder, "services", "housekeeping", "run");
    if (!existsSync("/run/systemd/system"))
      assert.match(readFileSync(loop, "utf8"), /^#!\/bin\/sh\n[^]*timeout -k 30 1800 .*program\nexec sleep 86400\n/);
    engine("images", ["sha256:a1 shop v1", "sha256:a2 registry 3.0.0"]);
    const text = readFileSync(program, "utf8").replaceAll("/run/swarm-ha", `${folder}/lock`);
    assert.match(text, /^#!\/bin\/bash\n/);
    writeFileSync(`${program}.test`, text, { mode: 0o755 });
    const start = (command: string): ReturnType<typeof bash> =>
      bash(command, { env: { PATH: `${folder}:${process.env["PATH"] ?? ""}` } });
    const run = (...args: string[]): void => {
      const { code, stderr } = start(`${program}.test ${args.join(" ")}`);
      assert.equal(code, 0, stderr);
    };
    run();
    assert.equal(left("images").length, 2);
    const never = "0001-01-01T00:00:00Z";
    engine("stopped", [`aaa ${ago(660)} ${ago(9 * DAY)} /old`, `bbb ${never} ${ago(60)} /about-to-start`]);
    const second = start(`exec 8>${folder}/lock-housekeeping.lock; flock 8; ${program}.test 0 8>&-`);
    assert.equal(second.code, 75, second.stderr);
    assert.match(second.stderr, /another run/);
    assert.deepEqual([left("images").length, left("stopped").length], [2, 2]);
    run("0");
    assert.deepEqual(left("images"), ["sha256:a2 registry 3.0.0"]);
    assert.match(left("stopped").join(), /^bbb /);
    assert.equal(left("stopped").length, 1);
    apply(0);
    assert.equal(existsSync(program), false);
    assert.equal(existsSync(loop), false);
  });
});
