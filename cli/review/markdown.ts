import type { IngressRule } from "../../policy/ingress-rules";
import type { Billed } from "./billed";
import type { NamedChanges } from "./by-kind";
import type { DangersReview } from "./dangers";
import type { Losses } from "./losses";
import type { Review } from "./review";
import type { BrokenPolicy } from "./policies";
import type { PortsReview } from "./ports";
import { byName } from "./instances";
import type { ChangeKind } from "./preview";
import type { StateReview } from "./state";
import { code, count, escaped, names } from "./words";

/** The first line: the workflow finds its earlier comment on a pull request by it. */
function marker(stack: string): string {
  return `<!-- swarm-ha review of ${stack} -->`;
}

/**
 * The whole review as Markdown for a pull request.
 *
 * @param losses Data deleted with hosts. @default no host is removed or replaced
 */
export function markdown(review: Review, losses?: Losses): string {
  const { stack, dangers, policies, tiers, ports, state, billed } = review;
  const changed = review.changed.filter(({ kind }) => kind !== "unchanged");
  const sections = [
    marker(stack),
    `## Preview of ${code(stack)}`,
    summary(review),
    policyVerdict(policies),
    verdict(dangers),
    "### Availability",
    table(
      ["tier", "now", "then", "what happens"],
      tiers.map(({ name, before, after, sentences }) => [
        escaped(name),
        String(before),
        String(after),
        sentences.length === 0 ? "nothing" : sentences.map(escaped).join("<br>"),
      ]),
    ),
    review.afterZoneLoss,
    "### Topology",
    "`+` added, `−` removed, `±` replaced, `~` changed in place, everything else stays as it is.",
    `\`\`\`mermaid\n${review.picture}\n\`\`\``,
    "### Ports",
    portsSection(ports),
    "### State and secrets",
    stateSection(state),
    losses === undefined ? "" : lossesSection(losses),
    "### Cost",
    costSection(billed),
    changed.length === 0 ? "" : details(changed),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

/** Characters of the output that are shown: a comment on GitHub has 65536 at most. */
const MOST_SAID = 20_000;

/** The page of a preview that failed: its output, unchanged. */
export function failure(stack: string, said: string): string {
  const reason = said.slice(0, MOST_SAID);
  const fence = "`".repeat(Math.max(3, ...[...reason.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return `${marker(stack)}\n\n## Preview of ${code(stack)}\n\n**There is nothing to review: it failed.**\n\n${fence}\n${reason}\n${fence}\n`;
}

/** More than these are counted instead. */
const MOST_BROKEN = 50;

function policyVerdict(broken: readonly BrokenPolicy[]): string {
  const lines = broken.slice(0, MOST_BROKEN).map(({ name, reason }) => `> - policy ${code(name)}: ${escaped(reason)}`);
  if (broken.length > MOST_BROKEN) lines.push(`> - … and ${broken.length - MOST_BROKEN} more`);
  return lines.length === 0 ? "" : ["> [!CAUTION]", ...lines].join("\n");
}

function summary({ hosts, others, changed }: Review): string {
  const parts = (["added", "replaced", "removed", "updated"] as const).flatMap((kind) => {
    const n = hosts.filter((host) => host.kind === kind).length;
    return n === 0 ? [] : [`${n} ${kind === "updated" ? "changed in place" : kind}`];
  });
  const resources = changed.filter(({ kind }) => kind !== "unchanged").length;
  if (resources === 0) return "**Nothing changes.**";
  const what = parts.length === 0 ? "no host changes" : `of ${count(hosts.length, "host")}, ${parts.join(", ")}`;
  const lost = (["replaced", "removed"] as const).flatMap((kind) => {
    const some = others.filter((other) => other.kind === kind).map(({ name }) => name);
    return some.length === 0 ? [] : [`; ${names(some)} ${kind}`];
  });
  return `**${what[0]?.toUpperCase() ?? ""}${what.slice(1)}${lost.join("")}** (${count(resources, "resource")} in all).`;
}

function verdict({ found, stale }: DangersReview): string {
  const open = found.filter(({ acknowledged }) => !acknowledged);
  const lines = found.map(
    ({ name, reasons, acknowledged }) =>
      `> - ${acknowledged ? "acknowledged" : "**not acknowledged**"} ${code(name)}: ${reasons.map(escaped).join("; ")}`,
  );
  const left = stale.map(
    (name) => `> - ${code(name)} is acknowledged, but this update doesn't need it: remove it from the configuration`,
  );
  if (found.length + stale.length === 0) return "";
  const kind = open.length > 0 ? "CAUTION" : found.length > 0 ? "WARNING" : "NOTE";
  const remedy =
    open.length === 0
      ? []
      : [
          ">",
          `> To acknowledge: add ${code(`swarm-ha:acknowledge: [${found.map(({ name }) => name).join(", ")}]`)} to the stack's configuration.`,
        ];
  return [`> [!${kind}]`, ...lines, ...left, ...remedy].join("\n");
}

function portsSection({ opened, closed }: PortsReview): string {
  if (opened.length + closed.length === 0) return "No port is opened or closed.";
  const row = (what: string) => (rule: IngressRule) => [
    what,
    ...[rule.from, rule.to].map(code),
    code(`${rule.protocol} ${rule.port}`),
  ];
  return table(["", "from", "to", "port"], [...opened.map(row("opened")), ...closed.map(row("closed"))]);
}

function stateSection({ lost, unprotected, loose, keys, certificates }: StateReview): string {
  const lines = (what: string, changes: NamedChanges): string[] | undefined => {
    const some = Object.entries(changes).filter(([, all]) => all.length > 0);
    return some.length === 0 ? undefined : some.map(([kind, all]) => `- ${what} ${kind}: ${names(all.map(code))}`);
  };
  return [
    ...(lost.length === 0 ? ["- No state is deleted."] : lost.map((what) => `- **Deleted:** ${escaped(what)}`)),
    ...unprotected.map((name) => `- **Loses its protection:** ${code(name)}`),
    ...loose.map(({ name, content }) => `- Not protected: ${code(name)}. Destroying the stack deletes ${content}.`),
    ...(lines("Keys", keys) ?? ["- Secrets are untouched: no key changes."]),
    ...(lines("Certificates", certificates) ?? ["- No certificate changes."]),
  ].join("\n");
}

function lossesSection({ hosts, losses, unknown }: Losses): string {
  const lines = [
    ...losses.map((loss) => `- **Deleted with its host:** ${escaped(loss)}`),
    ...Object.entries(unknown).map(
      ([host, why]) =>
        `- **Unknown data loss:** what is deleted with ${code(host)} could not be listed (${escaped(why)})`,
    ),
  ];
  return lines.length > 0 ? lines.join("\n") : `- ${names(hosts.map(code))}: no volumes, no pinned services.`;
}

function costSection(billed: readonly Billed[]): string {
  if (billed.length === 0) return "Nothing in this stack is billed.";
  const changed = billed.flatMap(({ what, before, after }) => {
    if (before === after) return [];
    return [`${Math.abs(after - before)} × ${escaped(what)} ${after > before ? "more" : "fewer"}`];
  });
  return [
    changed.length === 0
      ? "Nothing that is billed changes in count, type or size."
      : `**${changed.join(", ")}.** Without amounts: docs/cost.md explains how to price them.`,
    table(
      ["billed by the hour or month", "now", "then"],
      billed.map(({ what, before, after }) => [escaped(what), String(before), String(after)]),
    ),
  ].join("\n\n");
}

/** More rows than this are counted instead: a comment on GitHub has 65536 characters at most. */
const MOST_ROWS = 300;

function details(changed: Review["changed"]): string {
  const order: ChangeKind[] = ["removed", "replaced", "added", "updated"];
  const rows = order.flatMap((kind) =>
    changed
      .filter((change) => change.kind === kind)
      .sort((a, b) => byName(a.name, b.name) || byName(a.type, b.type))
      .map(({ name, type, reasons }) => [kind, code(name), code(type), reasons.map(code).join(" ")]),
  );
  const all = table(["", "resource", "type", "because of"], rows.slice(0, MOST_ROWS));
  const more = rows.length > MOST_ROWS ? `\n\n… and ${rows.length - MOST_ROWS} more.` : "";
  return `<details><summary>${count(changed.length, "resource")} that change${changed.length === 1 ? "s" : ""}</summary>\n\n${all}${more}\n\n</details>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
