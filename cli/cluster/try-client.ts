import type { ClientCertificate } from "../../components/outputs";
import { messageOf } from "../../components/message";
import { PORTS } from "../../plan/ports";
import { ask, secure } from "./http";
import { within } from "../../components/limit";
import { onBastion } from "./run-script";
import type { LiveStack } from "./stack";

/** Seconds for a manager's answer. */
const LIMIT = 10;
/** How often one is asked that gives no answer. */
const TRIES = 3;

/** What a manager does with a client certificate; a text: it couldn't be asked. */
export type ClientAnswer = "accepted" | "refused" | { readonly unknown: string };

/**
 * Tries a client certificate at each manager's Docker API, past the load balancer.
 *
 * @returns by host name
 * @throws Error when the bastion can't be reached
 */
export function tryClient(
  stack: LiveStack,
  client: ClientCertificate,
): Promise<Readonly<Record<string, ClientAnswer>>> {
  const { caCertificate: ca, hosts } = stack.outputs;
  const managers = Object.entries(hosts).flatMap(([name, { role, address }]) =>
    role === "manager" && address !== undefined ? [{ name, address }] : [],
  );
  return onBastion(stack, async (bastion) => {
    const once = (name: string, address: string): Promise<ClientAnswer> =>
      within(LIMIT, async ({ signal, phase }): Promise<ClientAnswer> => {
        phase(`asking ${name}`);
        const stream = await bastion.connect(address, PORTS.api, signal);
        // TLS 1.3 refuses a client only after the handshake has ended for it: with the answer to its first request.
        const socket = await secure(stream, { ca, client }, [name, address]);
        await ask(socket, { method: "GET", path: "/_ping" }, signal);
        return "accepted";
      }).catch((error: unknown): ClientAnswer => {
        const reason = messageOf(error);
        return /\balert\b/i.test(reason) ? "refused" : { unknown: reason };
      });
    const answers = managers.map(async ({ name, address }) => {
      let answer = await once(name, address);
      // The end of the connection may come before the alert that explains it.
      for (let i = 1; typeof answer === "object" && i < TRIES; i++) answer = await once(name, address);
      return [name, answer] as const;
    });
    return Object.fromEntries(await Promise.all(answers));
  });
}
