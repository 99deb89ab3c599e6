/** Whether the swarm's external CA answers, as the managers see it. The one that leads asks it for each certificate. */
import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { messageOf } from "../../components/message";
import type { Tunnel } from "../../components/ssh/bastion";
import { outputOf } from "./host-shell";
import type { Desired, LiveExternalCa, LiveSettings, Problem, SilentCa, UnaskedCa } from "./model";
import { scriptOnHost } from "./run-script";
import type { LiveStack } from "./stack";
import { list, span } from "./words";

/** Seconds for one manager's answer: the script calls all URLs at once, for up to 10 s. */
const LIMIT = 25;

/** Seconds of a day. */
const DAY = 86_400;

const reportSchema = z.object({ silent: z.array(z.object({ url: z.string(), seen: z.string() })) });

/** What the managers see of the CA, and those that couldn't be asked. */
interface CaLook {
  readonly silent: readonly SilentCa[];
  readonly unasked: readonly UnaskedCa[];
}

/** Asks every manager. Never throws. @param run @default runs a script on a host */
export async function askForCa(
  stack: LiveStack,
  bastion: Tunnel,
  ca: LiveExternalCa,
  run: typeof scriptOnHost = scriptOnHost,
): Promise<CaLook> {
  const managers = stack.desired.nodes.filter(({ role }) => role === "manager");
  const data = { action: "look", urls: ca.urls, root: ca.pem ?? "" };
  const silent: SilentCa[] = [];
  const unasked: UnaskedCa[] = [];
  const answers = managers.map(async ({ name: host }) => {
    try {
      const { end } = await run(stack, host, "external-ca", data, { bastion, limit: LIMIT });
      const report = reportSchema.parse(JSON.parse(outputOf(end)));
      silent.push(...report.silent.map((one) => ({ host, ...one })));
    } catch (error) {
      unasked.push({ host, reason: messageOf(error) });
    }
  });
  await Promise.all(answers);
  const byHost = (one: { host: string }, other: { host: string }): number => one.host.localeCompare(other.host);
  return { silent: silent.sort(byHost), unasked: unasked.sort(byHost) };
}

/** Managers that couldn't be asked and that have no other problem. Pure. */
export function unaskedCaProblems(unasked: readonly UnaskedCa[], troubled: ReadonlySet<string>): Problem[] {
  return unasked
    .filter(({ host }) => !troubled.has(host))
    .map(({ host, reason }) => ({
      kind: "unread",
      hosts: [host],
      byHand: true,
      text: `It is unknown whether ${host} gets answers from the swarm's external CA, because it wasn't asked (${reason}). Check its sshd`,
    }));
}

/** When a certificate expires; undefined where it can't be read. */
function expiryOf(pem: string): Date | undefined {
  try {
    return new Date(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}

/** An external CA whose root expires within the renewal time of the stack's certificates. Pure. */
export function externalRootProblems(
  { renewalDays }: Desired,
  live: LiveSettings | { readonly error: string } | undefined,
  now: Date,
): Problem[] {
  const pem = live === undefined || "error" in live ? undefined : live.externalCa?.pem;
  const end = pem === undefined ? undefined : expiryOf(pem);
  if (end === undefined) return [];
  const left = (end.getTime() - now.getTime()) / 1000;
  if (left > renewalDays * DAY) return [];
  const text =
    `The root of the swarm's external CA ${left <= 0 ? `expired ${span(-left)} ago` : `expires in ${span(left)}`}. All nodes' certificates ` +
    "are refused after that. Move the swarm to another root: docs/operations/external-ca.md";
  return [{ kind: left <= 0 ? "certificate" : "renewal", hosts: [], byHand: true, text }];
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
