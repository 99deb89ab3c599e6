/** Processor time and memory of a run's processes, from /proc. Linux only. */
import { readdirSync, readFileSync } from "node:fs";
import { statFields } from "../../../cli/workstation/process-identity.cjs";

/** Milliseconds between two looks: what a process does after the last one isn't counted. */
const PAUSE = 100;
/** Clock ticks in a second, as the kernel shows them to programs (USER_HZ). */
const TICKS = 100;

/** What one process has used. */
export interface Used {
  /** Seconds of processor time. */
  readonly seconds: number;
  /** Peak of its resident memory, bytes. */
  readonly memory: number;
}

/** Part of a run: the Pulumi engine, our program, or what Pulumi runs beside it. */
export type Part = "engine" | "program" | "plugins";

/** What a run has used, by part. */
export type Usage = Readonly<Record<Part, Used>>;

/** Seconds of processor time in the text of /proc/<pid>/stat: fields 14 and 15. */
export function secondsOf(stat: string): number {
  const fields = statFields(stat);
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Peak resident memory in the text of /proc/<pid>/status, bytes; 0 for a process that has ended. */
export function peakOf(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Which part of a run a process is, by its command line. */
export function partOf(commandLine: string): Part {
  const [program = ""] = commandLine.split("\0");
  if (program.endsWith("/pulumi")) return "engine";
  return commandLine.includes("cmd/run") ? "program" : "plugins";
}

/** Sums processor time, and takes the largest memory, of each part's processes. */
export function sumOf(processes: Iterable<Used & { readonly part: Part }>): Usage {
  const usage: Record<Part, Used> = {
    engine: { seconds: 0, memory: 0 },
    program: { seconds: 0, memory: 0 },
    plugins: { seconds: 0, memory: 0 },
  };
  for (const { part, seconds, memory } of processes) {
    const before = usage[part];
    usage[part] = { seconds: before.seconds + seconds, memory: Math.max(before.memory, memory) };
  }
  return usage;
}

/**
 * Watches all processes that descend from this one.
 *
 * @returns a function that ends the watch and tells what they have used
 */
export function watchProcesses(): () => Usage {
  const seen = new Map<number, Used & { readonly part: Part }>();
  // A process that builds bundles lives on: what it used before isn't this run's.
  const before = new Map(descendants(process.pid).map((pid) => [pid, useOf(pid)?.seconds ?? 0]));
  const look = (): void => {
    for (const pid of descendants(process.pid)) {
      const used = useOf(pid);
      if (used !== undefined) seen.set(pid, { ...used, seconds: used.seconds - (before.get(pid) ?? 0) });
    }
  };
  const timer = setInterval(look, PAUSE).unref();
  return () => {
    clearInterval(timer);
    return sumOf(seen.values());
  };
}

function useOf(pid: number): (Used & { readonly part: Part }) | undefined {
  const stat = read(pid, "stat");
  const memory = peakOf(read(pid, "status") ?? "");
  const commandLine = read(pid, "cmdline");
  if (stat === undefined || commandLine === undefined || memory === 0) return undefined;
  return { part: partOf(commandLine), seconds: secondsOf(stat), memory };
}

/** Ids of all processes below one, which isn't among them. */
function descendants(of: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? read(pid, "stat") : undefined;
    if (stat === undefined) continue;
    const parent = Number(statFields(stat)[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  for (let next = children.get(of) ?? []; next.length > 0; next = next.flatMap((pid) => children.get(pid) ?? []))
    found.push(...next);
  return found;
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, "utf8");
  } catch {
    return undefined; // It has ended.
  }
}
