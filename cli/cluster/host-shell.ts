import { Client } from "ssh2";
import { dataText, readScript, sent, type StepData } from "../../components/ssh/script";
import type { Tunnel } from "./bastion";
import { within } from "./limit";
import { execute, logIn, type ScriptEnd } from "./ssh";

/** A host's sshd as the bastion reaches it, and the keys that authenticate both sides. */
interface HostShell {
  readonly name: string;
  readonly address: string;
  /** Client private key, OpenSSH format. */
  readonly privateKey: string;
  /** The host's public key, `authorized_keys` format. */
  readonly hostKey: string;
}

/** Seconds for a log-in. A healthy host needs well under one. */
const LOGIN_LIMIT = 8;

/** sshd of every host. */
const SSH_PORT = 22;

/** The command line and standard input of one of our scripts. */
export function scriptCall(step: string, data: StepData): { readonly command: string; readonly input: string } {
  const script = readScript(step);
  return { command: sent(script), input: script.text + dataText(data) };
}

/**
 * Runs one of our scripts on a host, over a connection from the bastion. The host key has to be the pinned one.
 *
 * @param limit seconds that the script may take
 * @throws Error when the host can't be reached, shows another key, or the script doesn't end
 */
export async function runOnHost(
  { name, address, privateKey, hostKey }: HostShell,
  bastion: Tunnel,
  call: { readonly command: string; readonly input: string },
  limit: number,
): Promise<ScriptEnd> {
  const client = new Client();
  try {
    await within(LOGIN_LIMIT, async ({ signal, phase }) => {
      phase(`connecting to ${address}:${SSH_PORT} from the bastion`);
      const sock = await bastion.connect(address, SSH_PORT, signal);
      phase(`logging in to ${address}:${SSH_PORT} from the bastion`);
      await logIn(client, hostKey, { sock, username: "root", privateKey, readyTimeout: LOGIN_LIMIT * 1000 });
    });
    return await within(limit, ({ phase }) => {
      phase(`a script ran on ${name}`);
      return execute(client, call.command, call.input);
    });
  } finally {
    client.destroy();
  }
}
