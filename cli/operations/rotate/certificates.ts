/**
 * Renews every certificate that the stack's CAs have signed, with new keys, whether or not it is due: the managers' API, one manager at a time,
 * then registry, ingress and clients. Old certificates stay valid until they expire: only a new CA makes them worthless.
 *
 * The bastion's client keeps its key, which is an input of every step: a new one would run all of them again, on all hosts.
 */
import type { Evaluation } from "../../cluster/evaluate";
import { nameOf, resourcesOf, type Deployment } from "../../cluster/deployment";
import type { CertificateStatus } from "../../cluster/model";
import { capital, commands, list } from "../../cluster/words";
import type { Operation, Past, Plan, Step } from "../operation";
import {
  headOf,
  lookOnce,
  newProblems,
  SETTLE_LIMIT,
  unapplied,
  waitUntilAsBefore,
  type Rotation,
  type RotationSeen,
  type RotationTools,
} from "./rotation";

/** See {@link RotationSeen}. */
interface CertificatesSeen extends RotationSeen {
  /** Certificates of before. */
  readonly old: readonly CertificateStatus[];
  /** See {@link unapplied}. */
  readonly unapplied: string | undefined;
}

/** See the top of this file. */
export const certificates: Rotation = {
  summary: "all certificates of the stack's own CA, now; `up` renews them when they are due",
  use: (tools, _options, run) => run(rotation(tools)),
  after: (stack) => `Old ones are accepted until they expire. Write a new Docker context: ${commands(stack).context}`,
};

/** Key whose owner keeps it: see the top of this file. */
const KEEPS_KEY = "client-bastion";

function rotation(tools: RotationTools): Operation<CertificatesSeen, Step> {
  const { cluster } = tools;
  return {
    ...headOf(tools, "renewal of the certificates"),
    async observe(moment) {
      if (moment.kind === "start") {
        const stack = await cluster.read();
        const evaluation = await lookOnce(tools, stack);
        return {
          ...{ stack, evaluation, before: evaluation.problems, old: evaluation.status.certificates },
          unapplied: unapplied(stack.stack, tools.pendingHosts(stack)),
        };
      }
      if (moment.kind === "end") return moment.before;
      const stack = await cluster.read();
      return { ...moment.before, stack, evaluation: await waitUntilAsBefore(tools, stack, moment.before.before) };
    },
    plan: (seen, past) => planCertificates(tools, seen, past),
    settled: (seen) => notRenewed(seen).length === 0 && newProblems(seen.before, seen.evaluation).length === 0,
    onFailure: "stop",
  };
}

/** Certificates that were there before, and that aren't newer now. The state's `up` doesn't make those of others. Pure. */
export function notRenewed({
  stack: { outputs, desired },
  old,
  evaluation: { status },
}: Pick<CertificatesSeen, "stack" | "old"> & { readonly evaluation: Pick<Evaluation, "status"> }): CertificateStatus[] {
  const others = outputs.access.appCertificate === "stack" ? [] : desired.nodes.filter(({ role }) => role === "worker");
  const foreign = new Set(others.map(({ name }) => name));
  return old.filter(({ owner, use, notAfter }) => {
    if (use === "authority" || foreign.has(owner)) return false;
    const now = status.certificates.find((one) => one.owner === owner && one.use === use);
    // One that nobody serves now is a problem of its own.
    return now !== undefined && now.notAfter <= notAfter;
  });
}

/** URNs whose replacement renews the certificates of the stack's CAs, by the name of the certificate. Pure. */
export function renewals(deployment: Deployment): Readonly<Record<string, string>> {
  const resources = resourcesOf(deployment);
  const suffix = "-certificate";
  return Object.fromEntries(
    resources.flatMap(({ type, urn }) => {
      if (type !== "tls:index/locallySignedCert:LocallySignedCert" || !urn.endsWith(suffix)) return [];
      const owner = nameOf(urn).slice(0, -suffix.length);
      const key = resources.find((one) => nameOf(one.urn) === `${owner}-key`)?.urn;
      return [[owner, owner === KEEPS_KEY || key === undefined ? urn : key]];
    }),
  );
}

function planCertificates({ cluster }: RotationTools, seen: CertificatesSeen, past: readonly Past<Step>[]): Plan<Step> {
  const { stack, before, evaluation } = seen;
  const name = stack.stack;
  const again = `npm run rotate -- ${name} certificates`;
  if (seen.unapplied !== undefined) return { steps: [], left: [], refused: seen.unapplied };
  const worse = newProblems(before, evaluation);
  if (worse.length > 0) {
    const texts = worse.map(({ text }) => `\n  - ${text}`).join("");
    return {
      steps: [],
      left: [],
      refused: `The cluster is less healthy than before. Fix that, then run: ${again}${texts}`,
    };
  }
  const urns = renewals(stack.deployment);
  const step = (owner: string, title: string, hosts: readonly string[], replace: readonly string[]): Step => ({
    key: owner,
    title,
    usually: hosts.length === 1 ? "5 to 20 s" : "30 to 90 s",
    hosts,
    limit: SETTLE_LIMIT,
    failed: `${title} failed. Those before it are renewed. Run it again: ${again}`,
    run: () => cluster.up(replace),
  });
  const managers = managersOf(seen);
  const dead = managers.filter(({ state }) => state !== "ready");
  const server = (host: string): string => `server-${host}`;
  const rest = Object.keys(urns).filter((owner) => !managers.some(({ host }) => server(host) === owner));
  const steps = [
    ...managers.flatMap(({ host, state }) => {
      const urn = urns[server(host)];
      const title = `Renewing the certificate of ${host}`;
      return state !== "ready" || urn === undefined ? [] : [step(host, title, [host], [urn])];
    }),
    step(
      "rest",
      "Renewing the certificates of registry, ingress and clients",
      [],
      rest.map((owner) => urns[owner] ?? ""),
    ),
  ].filter(({ key }) => !past.some((one) => one.step.key === key));
  const stale =
    steps.length > 0 ? [] : notRenewed(seen).filter(({ owner }) => !dead.some(({ host }) => host === owner));
  if (stale.length > 0) {
    const owners = list(stale.map(({ owner, use }) => (use === "client" ? `the client ${owner}` : owner)));
    return {
      steps,
      left: [],
      refused: `These still have their old certificates: ${owners}. Check: ${commands(name).status}`,
    };
  }
  const left = dead.map(
    ({ host, state }) =>
      `The certificate of ${host} isn't renewed, because the node is ${capital(state)}. First: ${commands(name).repair}, then: ${again}`,
  );
  return { steps, left };
}

/** The wanted managers, the leader last, and their nodes' states. */
function managersOf({ evaluation }: CertificatesSeen): { readonly host: string; readonly state: string }[] {
  return evaluation.matches
    .filter(({ desired }) => desired.role === "manager")
    .sort((a, b) => Number(a.node?.leader ?? false) - Number(b.node?.leader ?? false))
    .map(({ desired, node }) => ({ host: desired.name, state: node?.state ?? "missing" }));
}
