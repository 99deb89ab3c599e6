/**
 * Tells a person what a long step does, how long it usually takes, and how long it has taken.
 *
 * In a terminal one line per step is rewritten every second; elsewhere (CI logs) plain lines, with a sign of life every
 * 15 seconds. Everything goes to stderr: stdout belongs to a tool's own output.
 */
import pc from "picocolors";

/** Reports what happens inside a running step, e.g. the last line that a command printed. */
export type Note = (detail: string) => void;

/** Where progress goes; the parts of a stream that it needs, so that tests can look at what was written. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** How a run talks to the person in front of it. */
export interface Progress {
  /**
   * Runs one step and reports it.
   *
   * @param what the step as a headline, e.g. "Installing docker.io"
   * @param usually how long it usually takes, in words, e.g. "30 to 60 s"
   */
  step<T>(what: string, usually: string, work: (note: Note) => Promise<T>): Promise<T>;
  /** One line that stays. */
  info(text: string): void;
}

/** Does a person sit in front of this run, who can be asked, and who is offered downloads first? Never in CI. */
export function isInteractive(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY && process.env["CI"] === undefined;
}

/** Milliseconds between two signs of life where there is no terminal. */
const PLAIN_INTERVAL = 15_000;

/** Elapsed milliseconds as a person says them: `0.4 s`, `12 s`, `3 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/**
 * Progress on a stream.
 *
 * @param output @default process.stderr
 */
export function createProgress(output: ProgressOutput = process.stderr): Progress {
  return output.isTTY === true ? terminalProgress(output) : plainProgress(output);
}

// Control characters of a command's output (colours, carriage returns) would break the one rewritten line.
const printable = (text: string) => text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "").replace(/[\u0000-\u001f]/g, " ");

function plainProgress(output: ProgressOutput): Progress {
  return {
    info: (text) => void output.write(`${text}\n`),
    async step(what, usually, work) {
      const started = Date.now();
      let detail = "";
      output.write(`${what} … (usually ${usually})\n`);
      const elapsed = () => duration(Date.now() - started);
      const timer = setInterval(() => {
        output.write(`  … ${elapsed()}${detail === "" ? "" : `: ${printable(detail).slice(0, 100)}`}\n`);
      }, PLAIN_INTERVAL);
      try {
        const result = await work((text) => (detail = text));
        output.write(`  done in ${elapsed()}\n`);
        return result;
      } catch (error) {
        output.write(`  failed after ${elapsed()}\n`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}

function terminalProgress(output: ProgressOutput): Progress {
  const clear = "\r\u001b[2K";
  return {
    info: (text) => void output.write(`${text}\n`),
    async step(what, usually, work) {
      const started = Date.now();
      let detail = "";
      const elapsed = () => duration(Date.now() - started);
      const draw = () => {
        const head = `${what} … ${elapsed()} (usually ${usually})`;
        const room = (output.columns ?? 80) - head.length - 6;
        const tail = room > 10 ? printable(detail).slice(0, room) : "";
        output.write(`${clear}${pc.cyan("•")} ${head} ${pc.dim(tail)}`);
      };
      draw();
      const timer = setInterval(draw, 1000);
      try {
        const result = await work((text) => (detail = text));
        output.write(`${clear}${pc.green("✓")} ${what} ${pc.dim(`(${elapsed()})`)}\n`);
        return result;
      } catch (error) {
        output.write(`${clear}${pc.red("✗")} ${what} ${pc.dim(`(failed after ${elapsed()})`)}\n`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}
