/**
 * `npm run bench [-- --rounds N --size N --json FILE]`: how long it takes, beside a bare shell script and Ansible that do
 * the same work on the same hosts. Everything is created for this, on a stack of its own, and removed again.
 */
import { rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { ensureNeighbours } from "../components/platform/local/provider/neighbours";
import { findAnsible, type Ansible } from "./bench/ansible";
import { ansible, bare } from "./bench/contenders";
import type { Span } from "./bench/events";
import { Figures } from "./bench/figures";
import { writeInventory } from "./bench/inventory";
import { BenchStack, STACK } from "./bench/stack";
import { planHosts, type HostSpec } from "../plan/placement";
import type { StackConfig } from "../config";
import { findEngine } from "../cli/pulumi";
import { runMain, UserError } from "../cli/terminal/errors";
import { prepareWorkstation } from "../cli/workstation/prepare";
import { createProgress } from "../cli/terminal/progress";

/** Workers that a stack begins with. */
const START = 3;
const USAGE = "usage: npm run bench [-- --rounds N --size N --json FILE]";

runMain(async () => {
  const options = readOptions();
  const progress = createProgress();
  const docker = await prepareWorkstation();
  const engine = await findEngine();
  const rival = await findAnsible(progress);
  const { ServerVersion } = (await docker.info()) as { ServerVersion: string };

  // The first Ctrl-C ends the run under way, and then everything is removed.
  const interrupted = new AbortController();
  const stop = (): void => {
    interrupted.abort(new UserError("Interrupted: removing what the benchmark has made …"));
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const stack = new BenchStack(interrupted.signal);
  const figures = new Figures();
  const before = loadavg()[0] ?? 0;
  try {
    await stack.clear();
    for (let round = 1; round <= options.rounds; round++) {
      await progress.step(
        `Round ${round} of ${options.rounds}`,
        `${options.size > START ? "4 to 10" : "2 to 3"} minutes`,
        async (note) => {
          await bootstrap(stack, rival, round, figures, note);
          await lifeCycle(stack, options.size, figures, note);
          if (options.size > START) await bareGrowth(stack, options.size, figures, note);
        },
      );
    }
  } finally {
    await stack.clear();
    rmSync(stack.directory, { recursive: true, force: true });
    // What was measured before a failure, too: a round takes minutes.
    if (figures.list().length > 0)
      tell(figures, options, {
        load: [before, loadavg()[0] ?? 0],
        node: process.versions.node,
        pulumi: `${engine.version} (${engine.kind})`,
        docker: ServerVersion,
        ansible: rival?.version ?? "left out",
      });
  }
  return 0;
});

/** Prints the result, and writes it where `--json` says. */
function tell(figures: Figures, options: Options, versions: Readonly<Record<string, unknown>>): void {
  judge(figures, options.size);
  const workstation = {
    date: new Date().toISOString(),
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
    ...versions,
  };
  console.log(`\n${figures.table()}\n`);
  console.log(
    Object.entries(workstation)
      .map(([key, value]) => `${key} ${String(value)}`)
      .join(" · "),
  );
  if (options.json !== undefined) {
    writeFileSync(
      options.json,
      `${JSON.stringify({ ...workstation, ...options, figures: figures.list() }, undefined, 2)}\n`,
    );
  }
}

type Note = (text: string) => void;

/**
 * Nine hosts with sshd up become a swarm, by each contender; the hosts are recreated for each. Another contender begins in
 * each round: whoever comes first finds the coldest caches.
 */
async function bootstrap(
  stack: BenchStack,
  rival: Ansible | undefined,
  round: number,
  figures: Figures,
  note: Note,
): Promise<void> {
  const config = stack.resize(START);
  const contenders: [string, () => Promise<number>][] = [
    ["swarm-ha", () => ownBootstrap(stack, figures)],
    ["bare script", () => bare(stack, "bootstrap")],
    ...(rival === undefined
      ? []
      : [["Ansible", () => ansible(rival, stack)] satisfies [string, () => Promise<number>]]),
  ];
  const first = (round - 1) % contenders.length;
  for (const [name, work] of [...contenders.slice(first), ...contenders.slice(0, first)]) {
    note(`bootstrap of 9 hosts by ${name}`);
    await stack.hosts();
    await stack.loadImages(planHosts(config));
    writeInventory(stack.directory, await stack.state(), config, config);
    figures.add(`bootstrap of 9 hosts: ${name}`, await work());
    await discard(stack);
  }
}

async function ownBootstrap(stack: BenchStack, figures: Figures): Promise<number> {
  const { seconds, spans } = await stack.swarm();
  addSpans(spans, figures, "bootstrap");
  return seconds;
}

/** Notes how long each phase of a run took, in the order in which they began. */
function addSpans(spans: ReadonlyMap<string, Span>, figures: Figures, run: string): void {
  for (const [phase, span] of [...spans].sort(([, a], [, b]) => a.from - b.from)) {
    figures.add(`  ${run}: ${phase}`, length(span));
    figures.add(`  ${run}: ${phase} ended after`, span.to);
  }
}

/** A whole `up` from nothing, and what people do with it after that. */
async function lifeCycle(stack: BenchStack, size: number, figures: Figures, note: Note): Promise<void> {
  stack.resize(START);
  note("up from nothing");
  const whole = await stack.up();
  figures.add("up from nothing", whole.seconds);
  addSpans(whole.spans, figures, "up");
  note("up and preview without a change");
  figures.add("up, nothing to do", (await stack.up()).seconds);
  figures.add("preview, nothing to do", (await stack.preview()).seconds);
  note("destroy");
  figures.add("destroy", (await stack.destroy()).seconds);
  if (size > START) await growth(stack, size, figures, note);
}

/** More workers for a swarm, without an ingress, which the bare script doesn't put on them either. */
async function growth(stack: BenchStack, size: number, figures: Figures, note: Note): Promise<void> {
  const before = stack.resize(START);
  await stack.swarm();
  const after = stack.resize(size);
  note(`up from ${START} to ${size} workers`);
  const hosts = await stack.hosts();
  await stack.loadImages(further(before, after));
  const joined = await stack.swarm();
  const grown = hosts.seconds + joined.seconds;
  figures.add(`up, ${START} → ${size} workers`, grown);
  figures.add("  of it the hosts", hosts.seconds);
  figures.add("  a further worker: swarm-ha", grown / (size - START));
  note(`destroy of ${size} workers`);
  figures.add(`destroy, ${size} workers`, (await stack.destroy()).seconds);
}

/** The same growth by the bare script, hosts included. */
async function bareGrowth(stack: BenchStack, size: number, figures: Figures, note: Note): Promise<void> {
  const grown = stack.resize(size);
  const config = stack.resize(START);
  note(`bare script from ${START} to ${size} workers`);
  await stack.hosts();
  writeInventory(stack.directory, await stack.state(), config, grown);
  await bare(stack, "bootstrap");
  ensureNeighbours(size + 8);
  const hosts = await bare(stack, "hosts");
  await stack.loadImages(further(config, grown));
  const joined = await bare(stack, "grow");
  figures.add(`bare script, ${START} → ${size} workers`, hosts + joined);
  figures.add("  of it the hosts (bare)", hosts);
  figures.add("  a further worker: bare script", (hosts + joined) / (size - START));
  await discard(stack);
}

/** The hosts that a stack has after its growth, and not before. */
function further(before: StackConfig, grown: StackConfig): HostSpec[] {
  const first = new Set(planHosts(before).map(({ name }) => name));
  return planHosts(grown).filter(({ name }) => !first.has(name));
}

/** Removes the hosts that a contender has used, in the quickest way. */
async function discard(stack: BenchStack): Promise<void> {
  await stack.clear();
  stack.forget();
}

function length(span: Span | undefined): number {
  return span === undefined ? NaN : span.to - span.from;
}

function judge(figures: Figures, size: number): void {
  const bareScript = figures.median("bootstrap of 9 hosts: bare script");
  const swarm = "bootstrap of 9 hosts: swarm-ha";
  figures.target(swarm, figures.median("bootstrap of 9 hosts: Ansible"), "Ansible's time");
  figures.target(swarm, bareScript === undefined ? undefined : bareScript * 1.25, "1.25 × the bare script");
  figures.target("up, nothing to do", 3, "waiting for nothing annoys");
  figures.target("destroy", 5, "the same");
  const one = figures.median("  a further worker: bare script");
  const why = `1.3 × the bare script at ${size} workers`;
  figures.target("  a further worker: swarm-ha", one === undefined ? undefined : one * 1.3, why);
}

interface Options {
  readonly rounds: number;
  /** Workers that the stack grows to. */
  readonly size: number;
  readonly json: string | undefined;
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: "string", default: "3" },
        size: { type: "string", default: "53" },
        json: { type: "string" },
      },
    });
    const [rounds, size] = [Number(values.rounds), Number(values.size)];
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > 20)
      throw new UserError("--rounds is a number from 1 to 20");
    if (!Number.isInteger(size) || size < START || size > 200)
      throw new UserError(`--size is a number from ${START} to 200`);
    return { rounds, size, json: values.json };
  } catch (error) {
    throw new UserError(
      `${error instanceof Error ? error.message : String(error)}\n${USAGE} (a stack of its own, "${STACK}")`,
    );
  }
}
