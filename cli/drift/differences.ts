/** Differences between a running cluster and its configuration. Pure. */
import { isHost } from "../../plan/roles";
import type { Evaluation } from "../cluster/evaluate";
import type { Problem, ProblemKind } from "../cluster/model";
import { pendingHosts } from "../cluster/pending-hosts";
import { commands, list } from "../cluster/words";
import type { HostDetails, HostLook } from "../diagnose/host-report";
import type { EngineUpgrade } from "../platform/types";

/** One difference. */
export interface Difference {
  /** Kind of the problem that `status` reports, or what was compared. */
  readonly kind: ProblemKind | "engine" | "system" | "settings" | "plan" | "image" | "cloud";
  /** Hosts that it is about; empty when it is about the cluster. */
  readonly hosts: readonly string[];
  /** What differs, where, and what to do. */
  readonly text: string;
  /** Whether `npm run repair` fixes it. */
  readonly repair: boolean;
}

/** What was compared. */
export interface Drift {
  readonly differences: readonly Difference[];
  /** What couldn't be compared, and why, a sentence each. */
  readonly notCompared: readonly string[];
}

/** Problems that are no difference from the configuration: they pass by themselves, or say how full or busy something is. */
const HEALTH: readonly ProblemKind[] = [
  ...(["unreachable", "leader", "quorum", "bastion", "api", "disk", "loadBalancer", "application", "unread"] as const),
];
/** Of these, the ones that kept something from being compared. */
const BLIND: readonly ProblemKind[] = ["unreachable", "bastion", "unread"];

/** Hosts of the configuration that no `up` has created, and the other way round. */
export function planDifferences(
  stack: string,
  planned: readonly { readonly name: string }[],
  nodes: readonly { readonly name: string }[],
): Difference[] {
  const { lacking, extra } = pendingHosts(planned, nodes);
  const { up } = commands(stack);
  const told = (hosts: readonly string[], what: string): Difference[] =>
    hosts.length === 0 ? [] : [{ kind: "plan", hosts, text: `${list(hosts)}: ${what}: ${up}`, repair: false }];
  return [
    ...told(lacking, "the configuration wants it, and no up has created it"),
    ...told(extra, "the stack has it, and the configuration doesn't want it any more"),
  ];
}

/** Digests of a host's daemon.json as `up` would write it (scripts/prepare.sh). */
export type WantedSettings = Readonly<Record<"settings" | "labels", string>>;

/** See the top of this file. */
export interface Compared {
  readonly stack: string;
  readonly evaluation: Pick<Evaluation, "problems">;
  readonly looks: readonly HostLook[];
  /** The wanted version of the Docker engine, and how hosts get it. @default the configuration doesn't say */
  readonly upgrade?: Pick<EngineUpgrade, "version" | "way">;
  /** By host name. @default they can't be computed */
  readonly settings?: Readonly<Record<string, WantedSettings>>;
}

/** Differences that the status and the hosts' reports show. */
export function differencesOf({ stack, evaluation: { problems }, looks, upgrade, settings }: Compared): Drift {
  const nodes = looks.filter(isHost);
  const reached = nodes.flatMap((look) => (look.reached ? [{ name: look.name, details: look.details }] : []));
  const troubled = new Set(problems.flatMap(({ hosts }) => hosts));
  return {
    differences: [
      ...problems.filter(({ kind }) => !HEALTH.includes(kind)).map((problem) => fromStatus(stack, problem)),
      ...engineDifferences(stack, reached, upgrade?.version),
      ...systemDifferences(stack, reached, upgrade?.way),
      ...settingsDifferences(stack, reached, settings ?? {}),
    ],
    notCompared: [
      ...problems.filter(({ kind }) => BLIND.includes(kind)).map(({ text }) => text),
      ...(settings === undefined
        ? ["daemon.json: the configuration isn't valid here, so what it wants isn't known"]
        : []),
      // Where the host itself is the problem, that one says so.
      ...nodes.flatMap((look) =>
        look.reached || troubled.has(look.name) ? [] : [`versions and settings of ${look.name}: ${look.seen}`],
      ),
    ],
  };
}

/** Every problem names its remedy: whether that is `repair` is in its text. */
function fromStatus(stack: string, { kind, hosts, text }: Problem): Difference {
  return { kind, hosts, text, repair: text.includes(commands(stack).repair) };
}

interface Node {
  readonly name: string;
  readonly details: HostDetails;
}

/** `26.1.5+dfsg1` is 26.1.5: the rest names a distribution's package. */
export function plainVersion(version: string): string {
  return version.replace(/[+~-].*$/, "");
}

function engineDifferences(stack: string, nodes: readonly Node[], wanted: string | undefined): Difference[] {
  const { replace, upgrade } = commands(stack);
  const found = groups(nodes, ({ details }) =>
    details.engine === undefined ? undefined : plainVersion(details.engine),
  );
  if (wanted !== undefined) {
    return [...found].flatMap(([version, hosts]): Difference[] =>
      version === plainVersion(wanted)
        ? []
        : [
            {
              kind: "engine",
              hosts,
              text:
                `${list(hosts)} ${hosts.length === 1 ? "has" : "have"} the Docker engine ${version}, and the configuration wants ` +
                `${wanted}. Upgrade ${hosts.length === 1 ? "it" : "them"}: ${upgrade}`,
              repair: false,
            },
          ],
    );
  }
  return unlike(found, "engine", "Docker engines", `Replace the older ones: ${replace} <host>`);
}

function systemDifferences(stack: string, nodes: readonly Node[], way: EngineUpgrade["way"] | undefined): Difference[] {
  const { replace, upgrade } = commands(stack);
  const found = groups(nodes, ({ details }) => details.os);
  const remedy =
    way === "in place"
      ? `Install the systems' updates: ${upgrade} --reboot`
      : `Replace those with the older one: ${replace} <host>`;
  return unlike(found, "system", "operating systems", remedy);
}

function unlike(
  found: ReadonlyMap<string, readonly string[]>,
  kind: Difference["kind"],
  what: string,
  remedy: string,
): Difference[] {
  if (found.size < 2) return [];
  const each = [...found].map(([version, hosts]) => `${version} on ${list(hosts)}`).join("; ");
  const text = `The hosts have different ${what}: ${each}. ${remedy}`;
  return [{ kind, hosts: [...found.values()].flat(), text, repair: false }];
}

function settingsDifferences(
  stack: string,
  nodes: readonly Node[],
  wanted: Readonly<Record<string, WantedSettings>>,
): Difference[] {
  const { replace } = commands(stack);
  const edited: string[] = [];
  const waiting: string[] = [];
  for (const { name, details } of nodes) {
    const want = wanted[name];
    const { settings, labels, applied } = details.daemon;
    if (want === undefined || settings === undefined) continue;
    if (settings === want.settings && (labels === undefined || labels === want.labels)) continue;
    // What the Docker engine runs with is what lies there: a change of the configuration that waits for a replacement.
    if (settings === applied && settings !== want.settings) waiting.push(name);
    else edited.push(name);
  }
  const which = (hosts: readonly string[]): string => `${replace} ${hosts.join(" ")}`;
  return [
    ...(edited.length === 0
      ? []
      : [
          {
            ...{ kind: "settings" as const, hosts: edited, repair: false },
            text: `/etc/docker/daemon.json of ${list(edited)} isn't what up writes: it was changed by hand, or an up is due. Write it again: ${which(edited)}`,
          },
        ]),
    ...(waiting.length === 0
      ? []
      : [
          {
            ...{ kind: "settings" as const, hosts: waiting, repair: false },
            text: `The Docker engine of ${list(waiting)} runs with settings from before a change of the configuration, and keeps them until it is replaced: ${which(waiting)}`,
          },
        ]),
  ];
}

/** Names by a value that they have in common; without those that have none. */
function groups(nodes: readonly Node[], valueOf: (node: Node) => string | undefined): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const node of nodes) {
    const value = valueOf(node);
    if (value !== undefined) found.set(value, [...(found.get(value) ?? []), node.name]);
  }
  return found;
}

/** Hosts whose machine isn't the one that was set up. */
export function machineDifferences(
  stack: string,
  machines: readonly { readonly name: string; readonly gone?: string }[],
): Difference[] {
  return machines.flatMap(({ name, gone }): Difference[] =>
    gone === undefined
      ? []
      : [
          {
            kind: "cloud",
            hosts: [name],
            text: `${name}: ${gone}. Set it up again: ${commands(stack).repair}`,
            repair: true,
          },
        ],
  );
}
