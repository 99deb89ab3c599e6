import type { LiveCertificate } from "./certificates";
import type { CertificateStatus, Desired, Problem } from "./model";
import { commands, span } from "./words";

/** Seconds of a day. */
const DAY = 86_400;

/** An authority's successor has to reach everybody who trusts it, so it is due a year before its end. In days. */
const AUTHORITY_DUE = 365;

/** Where a new authority is written down. */
const RUNBOOK = "docs/runbooks/authority.md";

/** When the certificates end, the first to end first. Pure. */
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

/** Certificates that have ended, or are due and no `up` has issued them anew. Pure. */
export function certificateProblems(
  { stack, renewalDays }: Desired,
  certificates: readonly LiveCertificate[],
  now: Date,
): Problem[] {
  const { up, replace, context } = commands(stack);
  return certificates.flatMap(({ owner, use, notAfter }): Problem[] => {
    const left = secondsLeft(notAfter, now);
    const due = use === "authority" ? AUTHORITY_DUE : renewalDays;
    if (left > due * DAY) return [];
    const [what, remedy] = {
      server: [`The certificate that ${owner} serves`, `${up}. If it still serves it then: ${replace} ${owner}`],
      client: [
        owner === "person" ? "The certificate for people" : `The client certificate of the ${owner}`,
        owner === "person" ? `${up}, then ${context}` : up,
      ],
      authority: [
        owner === "authority" ? "The stack's certificate authority" : "The authority of the ingress's door",
        `see ${RUNBOOK}`,
      ],
    }[use];
    const ended = left <= 0;
    const text = ended
      ? `${what} ended ${span(-left)} ago: it is refused. A new one: ${remedy}`
      : `${what} ends in ${span(left)} and is due since ${span(due * DAY - left)}. A new one: ${remedy}`;
    return [{ kind: ended ? "certificate" : "renewal", hosts: [owner], text }];
  });
}

function secondsLeft(notAfter: Date, now: Date): number {
  return (notAfter.getTime() - now.getTime()) / 1000;
}
