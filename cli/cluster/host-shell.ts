import type { Tunnel } from "../../components/ssh/bastion";
import type { ScriptEnd } from "../../components/ssh/client";
import { logInThrough, type Call } from "../../components/ssh/host";
import { dataText, readScript, sent, type StepData } from "../../components/ssh/script";
import type { Login } from "../../plan/login";
import { isSameHost } from "./logins";

/** Seconds for a log-in. A healthy host needs well under one. */
const LOGIN_LIMIT = 8;

/** The command line and standard input of one of our scripts. */
export function scriptCall(step: string, data: StepData): Call {
  const script = readScript(step);
  return { command: sent(script), input: script.text + dataText(data) };
}

/**
 * Runs a command on a host as root, over a connection from the bastion. The host key has to be the pinned one.
 *
 * @param limit seconds that the command may take
 * @throws Error when the host can't be reached, shows another key, or the command doesn't end
 */
export async function runOnHost(
  name: string,
  login: Login,
  bastion: Tunnel,
  call: Call,
  limit: number,
): Promise<ScriptEnd> {
  const session = await logInThrough(bastion, login, LOGIN_LIMIT, name);
  try {
    return await session.run(call, limit);
  } finally {
    session.close();
  }
}

/** The same on a host that may be the bastion itself, which isn't dialled from itself. */
export function runOnHostOrBastion(
  name: string,
  { login, bastion }: { readonly login: Login; readonly bastion: Login | undefined },
  tunnel: Tunnel,
  call: Call,
  limit: number,
): Promise<ScriptEnd> {
  return isSameHost(login, bastion)
    ? tunnel.run(call.command, call.input, limit)
    : runOnHost(name, login, tunnel, call, limit);
}

/** A script's standard output. @throws Error with the end of its standard error when it failed */
export function outputOf({ code, stdout, stderr }: ScriptEnd): string {
  if (code !== 0) throw new Error(stderr.trim().slice(-500));
  return stdout;
}
