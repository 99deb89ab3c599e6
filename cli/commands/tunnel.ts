/**
 * `npm run -s tunnel -- <stack> [--bastion]`: opens ports on this workstation to hosts without a public address, until
 * it is stopped: by the platform's own tunnel to the bastion, and through the bastion to managers and registry behind
 * internal load balancers. `--bastion` opens only the former. Exits at once if the stack needs none.
 */
import { spawn, type ChildProcess } from "node:child_process";
import type { Server } from "node:net";
import type { StackOutputs } from "../../components/outputs";
import { readArguments } from "../terminal/arguments";
import { readStack } from "../cluster/stack";
import { platformsOf } from "../platform";
import { readStackFile } from "../pulumi/project";
import { wholeEnvironment } from "../environment";
import { runMain, UserError } from "../terminal/errors";
import { Bastion } from "../cluster/tunnel/bastion";
import { listen, type Forward } from "../cluster/tunnel/forward";
import { forwardText } from "../cluster/tunnel/text";

runMain(async () => {
  const { stack, bastion: only } = readArguments("npm run -s tunnel -- <stack> [--bastion]", { flags: ["bastion"] });
  const file = readStackFile(stack);
  const tunnels = platformsOf(file).flatMap((platform) => platform.tunnels ?? []);
  const [command] = tunnels.flatMap((one) => one.session(stack, file) ?? []);
  const forwards = only ? [] : tunnels.flatMap((one) => one.forwards(stack, file));
  if (command === undefined && forwards.length === 0) {
    process.stdout.write(`The stack ${stack} needs no tunnel.\n`);
    return 0;
  }
  // A process group of its own, so that ending it also ends the programs in it.
  const sessions =
    command === undefined
      ? undefined
      : spawn("sh", ["-c", command], { detached: true, stdio: "inherit", env: wholeEnvironment() });
  const ended = untilEnded(sessions);
  try {
    if (forwards.length > 0) await open(stack, forwards, command !== undefined);
    return await ended;
  } finally {
    stop(sessions);
  }
});

/** Opens the ports. Before the first `up` there is nothing to lead to; the way to the bastion is needed even then. */
async function open(stack: string, forwards: readonly Forward[], hasSessions: boolean): Promise<void> {
  let outputs: StackOutputs;
  try {
    ({ outputs } = await readStack(stack));
  } catch (error) {
    if (!(error instanceof UserError) || !hasSessions) throw error;
    process.stderr.write(`Only the tunnel to the bastion is open: ${error.message}\n`);
    return;
  }
  const bastion = new Bastion(outputs.access.bastion);
  const failed = (text: string): void => void process.stderr.write(`${text}\n`);
  const servers: Server[] = [];
  for (const forward of forwards) servers.push(await listen(forward, outputs.hosts, bastion, { failed }));
  process.stdout.write(forwardText(stack, forwards, outputs));
}

/** Resolves with the exit code: 0 once a signal asks for the end, that of the shell once it ends by itself. */
function untilEnded(sessions: ChildProcess | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        stop(sessions);
        // Open connections would keep this process alive.
        process.exit(0);
      });
    }
    sessions?.once("error", reject);
    sessions?.once("close", (code) => {
      resolve(code ?? 1);
    });
  });
}

function stop(sessions: ChildProcess | undefined): void {
  if (sessions?.pid === undefined || sessions.exitCode !== null || sessions.signalCode !== null) return;
  try {
    process.kill(-sessions.pid, "SIGTERM");
  } catch {
    // It ended in this moment.
  }
}
