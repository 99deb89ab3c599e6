/** What is wrong with hosts before anything is touched: all problems at once. Pure. */
import { list } from "../../../cluster/words";
import { engineProblems, swarmProblems } from "./engine";
import { advice, problem, type Finding, type Wanted } from "./finding";
import type { Answer, Asked, Failure } from "./look";
import { addressProblems, portProblems } from "./network";
import type { HostReport } from "./report";
import { mountProblems, nodeProblems, ownerProblems, systemProblems } from "./system";
import { duplicates, looked, refusals, strangers, unresolved } from "./between";

/** See the top of this file. Hosts in the order of the answers; what is wrong between hosts comes last. */
export function evaluate(answers: readonly Answer[], wanted: Wanted): readonly Finding[] {
  const told = answers.flatMap((one) => ("told" in one ? [one] : []));
  const failed = answers.flatMap((one) => ("failed" in one ? [one] : []));
  const way = failed.filter((one) => one.failed.kind === "way").map(({ host }) => host.name);
  return [
    ...failed
      .filter((one) => one.failed.kind !== "way")
      .map(({ host, failed: failure }) => failedText(host, failure, wanted)),
    ...(way.length === 0 ? [] : [problem(way, `${list(way)} can't be asked while the bastion can't be reached`)]),
    ...merged(told.flatMap(({ host, told: { report } }) => hostProblems(host, report, wanted))),
    ...duplicates(told),
    ...strangers(told, wanted),
    ...unresolved(told, wanted),
    ...looked(answers),
    ...refusals(told),
  ];
}

function failedText({ name, login, direct }: Asked, { kind, seen }: Failure, { stack }: Wanted): Finding {
  const at = `${login.address}:${String(login.port)}`;
  const from = direct ? "from this workstation" : "from the bastion";
  const texts: Readonly<Record<Failure["kind"], string>> = {
    unreachable: `${name} can't be reached at ${at} ${from} (${seen}). Check its power, its sshd, and firewalls on the way`,
    "host key":
      `${name} (${at}) shows another SSH host key than its hostKey in the stack file: another machine answers there, or it was ` +
      `re-installed. If that is right: npm run trust-hosts -- ${stack} --renew`,
    login:
      `${name} (${at}) refuses the login of ${login.user} (${seen}). Put the public key of swarm-ha:hosts.ssh.privateKey into ` +
      `~${login.user}/.ssh/authorized_keys there, or set user and privateKey of the host`,
    sudo: `${name}: ${seen}. It needs root: allow sudo there, or set user or sudoPassword of the host`,
    report: `${name} (${at}) was reached, but its report failed (${seen}). Run this again. If that fails, too: log in there, and check df -h and docker info`,
    way: seen,
  };
  return problem([name], texts[kind]);
}

/** Problems of one host alone. */
function hostProblems(host: Asked, report: HostReport, wanted: Wanted): Finding[] {
  const { name } = host;
  const foreign = ownerProblems(host, report, wanted);
  // Nothing else matters of a host that isn't ours.
  if (foreign.length > 0 && report.marker != null && report.marker.stack !== wanted.stack) return foreign;
  return [
    ...foreign,
    ...systemProblems(name, report, wanted),
    ...(host.node ? nodeProblems(host, report) : []),
    ...mountProblems(name, report, wanted),
    ...engineProblems(host, report, wanted),
    ...addressProblems(host, report),
    ...portProblems(host, report, wanted),
    ...swarmProblems(host, report, wanted),
  ];
}

/** The same advice for several hosts as one line. A problem stays with its host. */
function merged(findings: readonly Finding[]): Finding[] {
  const lines = new Map<string, Finding[]>();
  for (const one of findings) {
    const [name = ""] = one.hosts;
    const key = one.level === "advice" ? one.text.replace(` of ${name} `, " of @ ") : `${name} ${one.text}`;
    lines.set(key, [...(lines.get(key) ?? []), one]);
  }
  return [...lines].flatMap(([key, all]) => {
    const hosts = all.flatMap((one) => one.hosts);
    return all.length < 2 ? all : [advice(hosts, key.replace(" of @ ", ` of ${list(hosts)} `))];
  });
}
