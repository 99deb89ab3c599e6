/** The first page of a diagnosis: what is wrong, what was seen, and what wasn't. Pure. */
import type { Evaluation } from "../cluster/evaluate";
import { duration } from "../terminal/progress";
import type { HostFinding } from "./findings";
import type { HostLook } from "./host-report";

/** What the page is made of. */
export interface Seen {
  readonly stack: string;
  readonly taken: Date;
  /** Milliseconds that it took. */
  readonly took: number;
  /** What `status` evaluates, or why that isn't known. */
  readonly evaluation: Pick<Evaluation, "problems" | "status"> | { readonly error: string };
  readonly findings: readonly HostFinding[];
  readonly looks: readonly HostLook[];
  readonly bastionError?: string;
  /** Names of the other files. */
  readonly files: readonly string[];
}

/** What a file is, by its name or its folder. */
const FILES: readonly (readonly [name: string, what: string])[] = [
  ["status.txt", "what `npm run status` prints"],
  ["status.json", "the same for programs, with the kind of each problem"],
  ["raft.txt", "each manager's list of all managers"],
  ["nodes.json", "nodes, as a manager lists them"],
  ["services.json", "services, without the values of environment variables"],
  ["tasks.txt", "tasks that failed or can't be placed, the newest first"],
  ["swarm.json", "settings of the swarm, without join tokens"],
  ["reach.txt", "TCP ports between every pair of nodes"],
  ["configuration.yaml", "the stack's file"],
  ["not-read.txt", "lists that the manager didn't give"],
  ["hosts/", "for each host: Docker engine, logs, boot, disks, memory, network, certificates"],
];

/** See the top of this file; Markdown. */
export function reportPage(seen: Seen): string {
  const { stack, taken, took, files } = seen;
  const advice = seen.findings.filter(({ level }) => level === "advice");
  return `${[
    `# Diagnosis of the stack ${stack}`,
    "",
    `Taken on ${utc(taken)}, in ${duration(took)}. Secrets were replaced by \`[redacted]\`; look through the files before you pass them on.`,
    "",
    "## What is wrong",
    "",
    ...wrong(seen),
    ...(advice.length === 0 ? [] : ["", "## Worth knowing", "", ...advice.map(({ text }) => `- ${text}`)]),
    "",
    "## What was reached",
    "",
    ...(seen.bastionError === undefined ? [] : [`The bastion can't be reached: ${seen.bastionError}.`, ""]),
    ...hostTable(seen.looks),
    "",
    "## Files",
    "",
    "| file | what it has |",
    "| --- | --- |",
    ...FILES.filter(([name]) => files.some((file) => file.startsWith(name))).map(
      ([name, what]) => `| \`${name}\` | ${what} |`,
    ),
  ].join("\n")}\n`;
}

function wrong({ evaluation, findings }: Seen): string[] {
  const fromStatus = "error" in evaluation ? [] : evaluation.problems.map(({ text }) => text);
  const fromHosts = findings.filter(({ level }) => level === "problem").map(({ text }) => text);
  const all = [...fromStatus, ...fromHosts];
  return [
    ...("error" in evaluation ? [`The cluster's status isn't known: ${evaluation.error}`, ""] : []),
    ...(all.length === 0
      ? [
          "error" in evaluation
            ? "No host reports a problem."
            : "Nothing was found: `status` is healthy, and no host reports a problem.",
        ]
      : all.map((text, at) => `${String(at + 1)}. ${text}`)),
  ];
}

function hostTable(looks: readonly HostLook[]): string[] {
  return [
    "| host | role | reached | Docker engine | system | clock |",
    "| --- | --- | --- | --- | --- | --- |",
    ...looks.map((look) => {
      const cells = look.reached
        ? [
            look.via === "bastion" ? "yes" : "by the platform only",
            look.details.engine ?? "",
            [look.details.os, look.details.kernel].filter((text) => text !== undefined).join(", "),
            look.details.clock === undefined ? "" : clockText(look.details.clock),
          ]
        : [`no: ${look.seen}`, "", "", ""];
      return `| ${[look.name, look.role, ...cells].map((cell) => cell.replace(/\s+/g, " ").replaceAll("|", "\\|")).join(" | ")} |`;
    }),
  ];
}

function clockText({ seconds, within }: { readonly seconds: number; readonly within: number }): string {
  return `${seconds < 0 ? "" : "+"}${seconds.toFixed(1)} s ± ${within.toFixed(1)}`;
}

/** Connections between nodes, a line each, those that failed first. */
export function reachTable(looks: readonly HostLook[]): string {
  const all = looks.flatMap((look) =>
    look.reached ? look.details.reach.map((one) => ({ from: look.name, ...one })) : [],
  );
  if (all.length === 0) return "No host could try.\n";
  const rank = ({ outcome }: { outcome: string }): number => (outcome === "open" ? 1 : 0);
  const key = ({ from, to, port }: { from: string; to: string; port: number }): string =>
    `${from} ${to} ${String(port)}`;
  const lines = [...all]
    .sort((a, b) => rank(a) - rank(b) || key(a).localeCompare(key(b), "en", { numeric: true }))
    .map(({ from, to, port, outcome }) => `${from} → ${to} ${String(port)}/tcp ${outcome}`);
  return `${lines.join("\n")}\n`;
}

/** `2026-11-30 07:48:36 UTC` */
function utc(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
