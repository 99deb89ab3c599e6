import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { at, furtherWorker, lineThrough, MORE, reaches, wholeOf } from "../../../dev/bench/growth/figures";
import { partOf, peakOf, secondsOf, sumOf, watchProcesses } from "../../../dev/bench/growth/processes";
import { answerOf, kindOf } from "../../../dev/bench/growth/steps";
import type { Run } from "../../../dev/bench/growth/stack";
import { watchWrites } from "../../../dev/bench/growth/writes";
import { succeed } from "../../support/run";

describe("simulated steps", () => {
  it("are known by name and type", () => {
    const kinds = {
      "prepare-worker-7": "prepare",
      "prepare-bastion": "other",
      init: "init",
      "token-manager-1": "token",
      "join-worker-worker-7": "join",
      "node-worker-7": "node",
      "stack-ingress": "stack",
    };
    for (const [name, kind] of Object.entries(kinds)) assert.equal(kindOf(name, "command:remote:Command"), kind, name);
    assert.equal(kindOf("worker-7", "pulumi-nodejs:dynamic/swarm-ha:Container"), "container");
    assert.equal(kindOf("image-registry-registry-1", "pulumi-nodejs:dynamic/swarm-ha:HostImage"), "image");
    assert.equal(kindOf("network", "pulumi-nodejs:dynamic/swarm-ha:Network"), "other");
  });

  it("answer what the program reads", () => {
    const answer = (name: string): Record<string, unknown> => JSON.parse(answerOf(name)) as Record<string, unknown>;
    assert.match(String(answer("init")["swarmId"]), /^\w{25}$/);
    assert.match(String(answer("token-worker-1")["token"]), /^SWMTKN-1-\w{50}-\w{25}$/);
    assert.match(String(answer("join-worker-worker-1")["nodeId"]), /^\w{25}$/);
    assert.notEqual(answerOf("join-worker-worker-1"), answerOf("join-worker-worker-2"));
  });
});

describe("a run's processes", () => {
  it("are read from /proc", () => {
    assert.equal(secondsOf("7 (a (b) c) S 1 7 7 0 -1 0 0 0 0 0 150 50 0 0 20 0 1 0 99 0 0"), 2);
    assert.equal(peakOf("Name:\tnode\nVmPeak:\t  9 kB\nVmHWM:\t  2048 kB\n"), 2 * 2 ** 20);
    assert.equal(peakOf("Name:\tnode\nState:\tZ (zombie)\n"), 0);
  });

  it("belong to a part by their command lines", () => {
    assert.equal(partOf("/tmp/kit/bin/pulumi\0up\0--yes\0"), "engine");
    assert.equal(partOf("/usr/bin/node\0/x/@pulumi/pulumi/cmd/run/index.js\0"), "program");
    assert.equal(partOf("/usr/bin/node\0/tmp/kit/lib/command.cjs\x00127.0.0.1:1\0"), "plugins");
  });

  it("add up in time and not in memory", () => {
    const usage = sumOf([
      { part: "plugins", seconds: 1, memory: 10 },
      { part: "plugins", seconds: 2, memory: 5 },
      { part: "engine", seconds: 4, memory: 7 },
    ]);
    assert.deepEqual(usage.plugins, { seconds: 3, memory: 10 });
    assert.deepEqual(usage.engine, { seconds: 4, memory: 7 });
    assert.deepEqual(usage.program, { seconds: 0, memory: 0 });
  });

  it("are counted while they run, those of their children, too", async () => {
    const stop = watchProcesses();
    const busy = `${process.execPath} -e "const end = Date.now() + 600; while (Date.now() < end);"`;
    await succeed("bash", ["-c", `${busy}; true`], { limit: 20 });
    const { engine, program, plugins } = stop();
    assert.deepEqual([engine.seconds, program.seconds], [0, 0]);
    assert.ok(plugins.seconds > 0.1 && plugins.seconds < 2, String(plugins.seconds));
    assert.ok(plugins.memory > 1e6, String(plugins.memory));
  });
});

describe("a process from before the run", () => {
  it("counts with what it uses from then on", async () => {
    const code =
      "const end = Date.now() + 600; while (Date.now() < end); console.log(1); setTimeout(() => {}, 20_000);";
    const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      await once(child.stdout, "data");
      const stop = watchProcesses();
      await sleep(300);
      const { plugins } = stop();
      assert.ok(plugins.seconds < 0.25, String(plugins.seconds));
    } finally {
      child.kill("SIGKILL");
    }
  });
});

describe("writes of a state", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-writes-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("are counted, without those of its backup", async () => {
    const file = join(folder, "stack.json");
    writeFileSync(file, "");
    const stop = watchWrites(file);
    for (let i = 0; i < 50; i++) {
      for (const target of [`${file}.bak`, file]) {
        writeFileSync(join(folder, "temporary"), String(i));
        renameSync(join(folder, "temporary"), target);
      }
    }
    await sleep(100);
    assert.equal(stop(), 50);
  });
});

describe("what measured sizes say about larger ones", () => {
  const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });

  it("is the line that the points are on", () => {
    fc.assert(
      fc.property(number, number, fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 2 }), (a, b, xs) => {
        const { start, slope } = lineThrough(xs.map((x) => [x, a + b * x] as const));
        assert.ok(Math.abs(start - a) < 1e-3 && Math.abs(slope - b) < 1e-3);
      }),
    );
  });

  it("needs two sizes", () => {
    assert.throws(() => lineThrough([[10, 1]]));
    assert.throws(() =>
      lineThrough([
        [10, 1],
        [10, 2],
      ]),
    );
  });

  it("is where a limit is reached, if ever", () => {
    assert.equal(reaches({ start: 1, slope: 0.1 }, 2), 10);
    assert.equal(reaches({ start: 1, slope: 0 }, 2), undefined);
    assert.equal(reaches({ start: 3, slope: 0.1 }, 2), undefined);
  });

  it("is the sum of all workers for a stack from nothing", () => {
    const line = { start: 2, slope: 0.5 };
    const sum = [0, 1, 2, 3].reduce((before, workers) => before + at(line, workers), 0);
    assert.equal(wholeOf(line, 4), sum);
  });

  it("leaves a run's fixed cost out of a further worker's", () => {
    const run = (seconds: number): Run => ({
      elapsed: 1,
      usage: sumOf([{ part: "engine", seconds, memory: 0 }]),
    });
    const size = { workers: 10, whole: { ...run(9), stateAtEnd: false }, unchanged: run(5), growth: run(5 + 2 * MORE) };
    assert.equal(furtherWorker(size), 2);
  });
});
