/** Whether the swarm's external CA answers, as the managers see it. The one that leads asks it for each certificate. */
import { z } from "zod";
import type { Tunnel } from "./bastion";
import type { Desired, LiveExternalCa, Problem, SilentCa } from "./model";
import { outputOf, scriptOnHost } from "./run-script";
import type { LiveStack } from "./stack";
import { list } from "./words";

/** Seconds for one manager's answer: the script gives each URL 10. */
const LIMIT = 25;

const reportSchema = z.object({ silent: z.array(z.object({ url: z.string(), seen: z.string() })) });

/** Asks every manager. Never throws: a manager that can't be asked has a problem of its own. */
export async function readSilentCa(stack: LiveStack, bastion: Tunnel, ca: LiveExternalCa): Promise<SilentCa[]> {
  const managers = stack.desired.nodes.filter(({ role }) => role === "manager");
  const data = { action: "look", urls: ca.urls, root: ca.pem ?? "" };
  const answers = managers.map(async ({ name }): Promise<SilentCa[]> => {
    try {
      const { end } = await scriptOnHost(stack, name, "external-ca", data, { bastion, limit: LIMIT });
      return reportSchema.parse(JSON.parse(outputOf(end))).silent.map((one) => ({ host: name, ...one }));
    } catch {
      return [];
    }
  });
  return (await Promise.all(answers)).flat();
}

/** URLs of the external CA that managers get no answer from. Pure. @param urls how many it has */
export function externalCaProblems({ nodes }: Desired, silent: readonly SilentCa[], urls: number): Problem[] {
  const managers = nodes.filter(({ role }) => role === "manager").length;
  const cut = (host: string): boolean => silent.filter((one) => one.host === host).length === urls;
  return [...new Set(silent.map(({ url }) => url))].map((url) => {
    const found = silent.filter((one) => one.url === url);
    const hosts = found.map(({ host }) => host);
    const who = hosts.length === managers ? "no manager gets an answer" : `no answer on ${list(hosts)}`;
    const seen = [...new Set(found.map((one) => one.seen))].join("; ");
    const effect = hosts.some(cut)
      ? "Services go on. While the managers' leader can't reach the CA, no node joins or renews its certificate, and the swarm's " +
        "settings can't be changed"
      : "The swarm uses the CA's other URLs";
    const text = `The swarm's external CA ${url}: ${who} (${seen}). ${effect}: docs/operations/external-ca.md`;
    return { kind: "externalCa", hosts: [], byHand: true, text };
  });
}
