/**
 * Shows what a long step does, how long it usually takes, and how long it has taken.
 *
 * On a terminal: one line per step with a spinner and the last line of output. Elsewhere (CI logs): plain lines, one every
 * 15 seconds. Everything goes to stderr: stdout belongs to a command's own output.
 *
 * No library does this in less code: ora, listr2 and @inquirer/prompts are ESM-only in their kept versions, and have neither
 * the usual time nor the lines in between.
 */
import pc from "picocolors";
import { hasTerminal } from "./confirm";

/** Reports what happens inside a running step, e.g. the last line that a command printed. */
export type Note = (detail: string) => void;

/** Where progress goes; the parts of a stream that it needs, so that tests can look at what was written. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Shows a person what a run does. */
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

/** Whether a person can be asked. Never in CI. */
export function isInteractive(): boolean {
  return hasTerminal() && process.env["CI"] === undefined;
}

/** Milliseconds between two lines about a step where there is no terminal. */
const PLAIN_INTERVAL = 15_000;
/** Milliseconds between two frames of the spinner. */
const SPINNER_INTERVAL = 100;
const SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

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
export function createProgress(output: ProgressOutput = process.stderr, env = process.env): Progress {
  // Some CI systems offer a terminal; what is rewritten there fills the log.
  const display = output.isTTY === true && env["CI"] === undefined ? terminalDisplay(output) : plainDisplay(output);
  return {
    info: display.info,
    async step(what, usually, work) {
      const started = Date.now();
      let detail = "";
      const running = (): Running => ({ what, usually, elapsed: duration(Date.now() - started), detail });
      display.begin(running());
      const timer = setInterval(() => {
        display.tick(running());
      }, display.interval);
      try {
        const result = await work((text) => (detail = printable(text)));
        display.end(running(), true);
        return result;
      } catch (error) {
        display.end(running(), false);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}

/** A step that runs: its headline, usual and elapsed time, and the last line that was heard of it. */
type Running = Readonly<Record<"what" | "usually" | "elapsed" | "detail", string>>;

/** How steps look. */
interface Display {
  /** Milliseconds between two ticks. */
  readonly interval: number;
  readonly info: (text: string) => void;
  begin(step: Running): void;
  tick(step: Running): void;
  end(step: Running, succeeded: boolean): void;
}

// Control characters of a command's output (colours, carriage returns) would break the one rewritten line.
const printable = (text: string) => text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "").replace(/[\u0000-\u001f]/g, " ");

function plainDisplay(output: ProgressOutput): Display {
  const line = (text: string) => void output.write(`${text}\n`);
  return {
    interval: PLAIN_INTERVAL,
    info: line,
    begin: ({ what, usually }) => {
      line(`${what} … (usually ${usually})`);
    },
    tick: ({ elapsed, detail }) => {
      line(`  … ${elapsed}${detail === "" ? "" : `: ${detail.slice(0, 100)}`}`);
    },
    end: ({ elapsed }, succeeded) => {
      line(succeeded ? `  done in ${elapsed}` : `  failed after ${elapsed}`);
    },
  };
}

function terminalDisplay(output: ProgressOutput): Display {
  const rewrite = (text: string) => void output.write(`\r\u001b[2K${text}`);
  let frame = 0;
  const draw = ({ what, usually, elapsed, detail }: Running) => {
    const time = ` … ${elapsed} (usually ${usually})`;
    // A line that wraps can't be rewritten: the headline is cut, and the last column stays free.
    const room = Math.max(0, (output.columns ?? 80) - time.length - 3);
    const head = what.length > room ? what.slice(0, room) : what;
    const rest = room - head.length - 1;
    const tail = rest > 10 ? ` ${pc.dim(detail.slice(0, rest))}` : "";
    rewrite(`${pc.cyan(SPINNER.charAt(frame++ % SPINNER.length))} ${head}${time}${tail}`);
  };
  return {
    interval: SPINNER_INTERVAL,
    info: (text) => {
      rewrite(`${text}\n`);
    },
    begin: draw,
    tick: draw,
    end: ({ what, elapsed }, succeeded) => {
      const [mark, time] = succeeded ? [pc.green("✓"), elapsed] : [pc.red("✗"), `failed after ${elapsed}`];
      rewrite(`${mark} ${what} ${pc.dim(`(${time})`)}\n`);
    },
  };
}
