import type { RegistryLogin } from "../../components/registry/credentials";
import { messageOf } from "../../components/message";
import { PORTS } from "../../plan/ports";
import { ask, secure } from "./http";
import { within } from "../../components/limit";
import { onBastion } from "./run-script";
import type { LiveStack } from "./stack";

/** Seconds for a replica's answer. */
const LIMIT = 10;

/** What a replica answers to a login: an HTTP status, or why there is none. */
export type Answer = number | string;

/**
 * Tries logins at every replica of the registry, past its load balancer.
 *
 * @returns by host name, an answer for each login
 * @throws Error when the bastion can't be reached
 */
export function tryLogins(
  { outputs, ...stack }: LiveStack,
  logins: readonly RegistryLogin[],
): Promise<Readonly<Record<string, readonly Answer[]>>> {
  const { access, caCertificate, endpoints, hosts } = outputs;
  const names = [new URL(endpoints.registry ?? "https://registry").hostname];
  const replicas = Object.entries(hosts).flatMap(([name, { role, address }]) =>
    role === "registry" && address !== undefined ? [{ name, address }] : [],
  );
  return onBastion({ ...stack, outputs }, async (bastion) => {
    const answers = replicas.map(async ({ name, address }) => {
      const statuses = logins.map(({ username, password }) =>
        within(LIMIT, async ({ signal, phase }): Promise<Answer> => {
          phase(`asking the replica of ${name}`);
          const stream = await bastion.connect(address, PORTS.registry, signal);
          const socket = await secure(stream, { ca: caCertificate, client: access.client }, names);
          const basic = Buffer.from(`${username}:${password}`).toString("base64");
          const question = { method: "GET", path: "/v2/", headers: { authorization: `Basic ${basic}` } } as const;
          return (await ask(socket, question, signal)).status;
        }).catch(messageOf),
      );
      return [name, await Promise.all(statuses)] as const;
    });
    return Object.fromEntries(await Promise.all(answers));
  });
}
