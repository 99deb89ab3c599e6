/**
 * `npm run bench:growth`: how Pulumi's own cost grows with the number of workers. The real program and the real Pulumi
 * engine run with simulated steps: no hosts, and no Docker engine.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { simulatedEngine } from "./bench/growth/engine";
import { MORE, report, type Size } from "./bench/growth/figures";
import { SimulatedStack } from "./bench/growth/stack";
import { runMain, UserError } from "../cli/terminal/errors";
import { createProgress } from "../cli/terminal/progress";

const USAGE = "usage: npm run bench:growth [-- --sizes 10,50,100 --whole 50 --backend URL --json FILE]";

/** Sizes that the result tells about, measured or not. */
const ASKED = [100, 500, 1000];

runMain(async () => {
  const options = readOptions();
  const progress = createProgress();
  const folder = mkdtempSync(join(tmpdir(), "swarm-ha-growth-"));
  const interrupted = new AbortController();
  const stop = (): void => {
    interrupted.abort(new UserError("Interrupted."));
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const sizes: Size[] = [];
  try {
    const engine = await simulatedEngine(join(folder, "kit"));
    for (const workers of options.sizes) {
      const stateAtEnd = workers > options.whole;
      await progress.step(`${String(workers)} workers`, "1 to 5 minutes", async (note) => {
        const own = join(folder, String(workers));
        mkdirSync(own);
        const { signal } = interrupted;
        const { backend } = options;
        const stack = await SimulatedStack.create({
          engine,
          folder: own,
          signal,
          ...(backend === undefined ? {} : { backend }),
        });
        try {
          stack.resize(workers);
          note("from nothing");
          const whole = { ...(await stack.up(stateAtEnd)), stateAtEnd };
          note("unchanged");
          const unchanged = await stack.up();
          stack.resize(workers + MORE);
          note(`${String(MORE)} workers more`);
          sizes.push({ workers, whole, unchanged, growth: await stack.up() });
        } finally {
          await stack.remove();
        }
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    // What was measured before an interruption, too: the larger sizes take long.
    if (sizes.length > 0) tell(sizes, options);
  }
  return 0;
});

function tell(sizes: readonly Size[], options: Options): void {
  const workstation = {
    date: new Date().toISOString(),
    cores: cpus().length,
    load: loadavg()[0],
    node: process.versions.node,
  };
  const line = Object.entries(workstation).map(([key, value]) => `${key} ${String(value)}`);
  console.log(`\n${report(sizes, ASKED)}\n\n${line.join(" · ")}`);
  if (options.json !== undefined)
    writeFileSync(
      options.json,
      `${JSON.stringify({ ...workstation, sizes: options.sizes, whole: options.whole, measured: sizes }, undefined, 2)}\n`,
    );
}

interface Options {
  /** Workers of each stack. */
  readonly sizes: readonly number[];
  /** Up to which size `up` from nothing writes its state as usual: above, that alone takes many minutes. */
  readonly whole: number;
  /** Address of Pulumi's back-end. @default files */
  readonly backend: string | undefined;
  readonly json: string | undefined;
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        sizes: { type: "string", default: "10,50,100" },
        whole: { type: "string", default: "50" },
        backend: { type: "string" },
        json: { type: "string" },
      },
    });
    const sizes = values.sizes.split(",").map(Number);
    if (!sizes.every((size) => Number.isInteger(size) && size >= 3 && size <= 2000))
      throw new UserError("--sizes is a list of numbers from 3 to 2000");
    const whole = Number(values.whole);
    if (!Number.isInteger(whole) || whole < 0) throw new UserError("--whole is a number of workers");
    return { sizes, whole, backend: values.backend, json: values.json };
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}
