import { ROLES } from "../../plan/roles";
import type { CertificateStatus, Desired, LiveCertificate, Problem, UnreadCertificate } from "./model";
import { commands, list, span } from "./words";

/** Seconds of a day. */
const DAY = 86_400;

/** In days. All who trust an authority need its successor in time. */
const AUTHORITY_DUE = 365;

/** Part of the validity of a certificate from an ACME authority after which it is due. */
const ACME_DUE = 4;

/** How to replace the authority. */
const RUNBOOK = "docs/runbooks/authority.md";

/** When the certificates expire, the first one first. Pure. */
export function certificateStatus(certificates: readonly LiveCertificate[], now: Date): CertificateStatus[] {
  return [...certificates]
    .sort((a, b) => a.notAfter.getTime() - b.notAfter.getTime() || a.owner.localeCompare(b.owner))
    .map(({ owner, use, notAfter }) => ({
      owner,
      use,
      notAfter: notAfter.toISOString(),
      daysLeft: Math.floor(secondsLeft(notAfter, now) / DAY),
    }));
}

/** Certificates that have expired, that clients refuse for another reason, that are due, or whose rotation isn't finished. Pure. */
export function certificateProblems(
  { stack, renewalDays }: Desired,
  certificates: readonly LiveCertificate[],
  now: Date,
): Problem[] {
  const unfinished = certificates.flatMap(({ owner, rotating }): Problem[] =>
    rotating === true ? [{ kind: "rotation", hosts: [owner], text: unfinishedText(stack), byHand: true }] : [],
  );
  const others = certificates.flatMap((certificate): Problem[] => {
    const { owner, use, refused, brought = false } = certificate;
    const left = secondsLeft(certificate.notAfter, now);
    const due = dueDays(certificate, renewalDays) * DAY;
    const late = left <= due ? `expires in ${span(left)} and is due since ${span(due - left)}` : undefined;
    const wrong = left <= 0 ? `expired ${span(-left)} ago: it is refused` : refused && `is refused: ${refused}`;
    const what = wrong ?? late;
    if (what === undefined) return [];
    const byHand = brought || use === "authority";
    const text = `${subject(certificate)} ${what}. Renew it: ${remedy(certificate, stack)}`;
    return [
      { kind: wrong === undefined ? "renewal" : "certificate", hosts: [owner], text, ...(byHand ? { byHand } : {}) },
    ];
  });
  return [...unfinished, ...others];
}

function unfinishedText(stack: string): string {
  return (
    "The stack trusts two certificate authorities, because a rotation of its CA isn't finished: the old CA is still accepted. " +
    `Finish it: npm run rotate -- ${stack} ca`
  );
}

/**
 * Certificates that couldn't be read: one problem for each role, however many hosts. A host that has another problem is
 * left out: that one is the reason. Pure.
 *
 * @param others hosts with other problems
 */
export function unreadProblems(
  { stack, nodes }: Desired,
  unread: readonly UnreadCertificate[],
  others: ReadonlySet<string>,
): Problem[] {
  return ROLES.flatMap((role): Problem[] => {
    const ours = new Set(nodes.filter((node) => node.role === role).map(({ name }) => name));
    const [first, ...more] = unread.filter(({ host }) => ours.has(host) && !others.has(host));
    if (first === undefined) return [];
    const hosts = [first, ...more].map(({ host }) => host);
    const which = more.length === 0 ? "certificate that" : "certificates that";
    const text =
      `The ${which} ${list(hosts)} ${more.length === 0 ? "serves" : "serve"} can't be read from the bastion ` +
      `(${more.length === 0 ? "" : `${first.host}: `}${first.reason}). Check the service there: ${commands(stack).docker} service ls`;
    return [{ kind: "unread", hosts, text, byHand: true }];
  });
}

/** How long before its expiry a certificate is due, in days. */
function dueDays({ use, acmeDays }: LiveCertificate, renewalDays: number): number {
  if (use === "authority") return AUTHORITY_DUE;
  // An `up` renews it much earlier, by the certificate's age (renewAfterDays).
  return acmeDays === undefined ? renewalDays : Math.min(renewalDays, acmeDays / ACME_DUE);
}

function subject({ owner, use }: LiveCertificate): string {
  if (use === "server") return `The certificate that ${owner} serves`;
  if (use === "client") {
    return owner === "person" ? "The certificate for people" : `The client certificate of the ${owner}`;
  }
  return owner === "authority" ? "The stack's certificate authority" : "The authority of the read-only API's clients";
}

function remedy({ owner, use, brought, acmeDays }: LiveCertificate, stack: string): string {
  const { up, replace, context, set } = commands(stack);
  if (use === "authority") return `see ${RUNBOOK}`;
  if (use === "client") return owner === "person" ? `${up}, then ${context}` : up;
  if (acmeDays !== undefined) {
    return (
      `${up}. If its step acme fails, the error has the reason. If the update changes nothing, ` +
      `swarm-ha:ingress.acme.renewAfterDays is too long. If ${owner} still serves the old one: ${replace} ${owner}`
    );
  }
  if (brought !== true) return `${up}. If ${owner} still serves the old one: ${replace} ${owner}`;
  return (
    "get a new one from its issuer (it is your own), then " +
    `${set} --path swarm-ha:ingress.certificate < chain.pem, ${set} --secret --path swarm-ha:ingress.key < key.pem and ${up}`
  );
}

function secondsLeft(notAfter: Date, now: Date): number {
  return (notAfter.getTime() - now.getTime()) / 1000;
}
