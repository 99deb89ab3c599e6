import { LABELS } from "../../plan/labels";
import { SERVICES } from "../../plan/stack-names";
import { certificateProblems, certificateStatus, unreadProblems } from "./certificate-problems";
import { diskProblems, unreadDiskProblems } from "./disks";
import { matchNodes, pickView, type Match } from "./match";
import {
  PROBLEM_KINDS,
  type ClusterStatus,
  type Desired,
  type Live,
  type LiveNode,
  type NodeStatus,
  type Problem,
} from "./model";
import { balancerHostProblems } from "./balancer-hosts";
import { evaluateLoadBalancers } from "./evaluate-load-balancers";
import { applicationProblems, ingressFindings } from "./applications";
import { externalCaProblems, externalRootProblems, unaskedCaProblems } from "./external-ca";
import { ingressProblems } from "./ingress";
import { staleNodeProblems, nodeProblems } from "./node-problems";
import { serviceProblems, stepOf } from "./services";
import { quorum, votes, type Quorum } from "./quorum";
import { registryProblems } from "./registry";
import { pinnedTo, placementProblems } from "./tasks";
import { settingsProblems, urlsOf } from "./swarm-settings";
import {
  accessProblems,
  leaderProblems,
  lockedProblems,
  quorumProblems,
  swarmProblems,
  unreachableProblem,
} from "./swarm-problems";
import { capital } from "./words";

/** The status, and what operations need besides. */
export interface Evaluation {
  /** What `status` prints. */
  readonly status: ClusterStatus;
  /** Its problems, the worst first. */
  readonly problems: readonly Problem[];
  /** Every wanted host and its node. */
  readonly matches: readonly Match[];
  /** Nodes that the stack doesn't want. */
  readonly staleNodes: readonly LiveNode[];
  /** All managers of the swarm, stale ones included. */
  readonly voters: readonly LiveNode[];
  readonly quorum: Quorum;
  /** Services that are pinned to a host's node id, by host name: no other node can run them. */
  readonly pinned: Readonly<Record<string, readonly string[]>>;
  /** Whether a manager could list the nodes. */
  readonly reachable: boolean;
  /** Whether all problems are about applications, which no repair fixes. */
  readonly platformHealthy: boolean;
  /** 0 healthy, 1 degraded, 2 unreachable. */
  readonly exitCode: 0 | 1 | 2;
}

/** Compares what was found with what is wanted. Pure. */
export function evaluate(desired: Desired, live: Live): Evaluation {
  const view = pickView(live.answers, desired.swarmId);
  const { matches, staleNodes } = matchNodes(desired.nodes, view?.nodes ?? []);
  const voters = (view?.nodes ?? []).filter(votes);
  const sick = new Set(matches.filter(({ node }) => node?.state !== "ready").map((match) => match.desired.name));
  const balancers = evaluateLoadBalancers(desired, live, view === undefined ? undefined : sick);
  const { applications } = live;
  // If they can't be listed, the ingress's problem has the reason.
  const findings =
    applications === undefined || "error" in applications || desired.domain === undefined
      ? []
      : ingressFindings(applications, desired.domain, live.now);
  const running = live.services !== undefined && !("error" in live.services) ? live.services : undefined;
  const services = serviceProblems(desired, running);
  const isGone = (name: string): boolean => running?.includes(name) === false && stepOf(desired, name) !== undefined;
  const found = [
    ...accessProblems(desired, live),
    ...lockedProblems(desired, live.answers),
    ...swarmProblems(desired, live.answers, view),
    ...(view === undefined
      ? [unreachableProblem(desired, live)]
      : [
          ...leaderProblems(desired, live.answers, view),
          ...quorumProblems(desired, voters, matches),
          ...matches.flatMap((match) => nodeProblems(desired.stack, match, live)),
          ...staleNodeProblems(desired, staleNodes, live.now),
        ]),
    ...settingsProblems(desired, live.settings),
    ...externalCaProblems(desired, live.silentCa ?? [], urlsOf(live.settings)),
    ...externalRootProblems(desired, live.settings, live.now),
    ...balancers.problems,
    ...balancerHostProblems(live.idleBalancers ?? []),
    ...services,
    // A service that is gone has one problem only.
    ...(isGone(SERVICES.registry) ? [] : registryProblems(desired.stack, matches, live.registry)),
    ...(isGone(SERVICES.traefik) || isGone(SERVICES.ping)
      ? []
      : ingressProblems(desired.stack, matches, live.ingress, stepOf(desired, SERVICES.ping))),
    ...applicationProblems(findings),
    ...placementProblems(desired.stack, live.tasks, live.now),
    ...certificateProblems(desired, live.certificates, live.now),
    ...diskProblems(desired.stack, desired.nodes, live.disks ?? []),
  ];
  const troubled = new Set(found.flatMap(({ hosts }) => hosts));
  const problems = [
    ...found,
    ...unreadProblems(desired, live.unreadCertificates ?? [], troubled),
    ...unreadDiskProblems(live.unreadDisks ?? [], troubled),
    ...unaskedCaProblems(live.unaskedCa ?? [], troubled),
  ].sort((a, b) => PROBLEM_KINDS.indexOf(a.kind) - PROBLEM_KINDS.indexOf(b.kind));
  const answered = live.answers.find((answer) => answer.answered && answer.swarmId !== "");
  const recorded = desired.swarmId;
  return {
    status: {
      healthy: problems.length === 0,
      swarmId: view?.swarmId ?? (answered?.answered === true ? answered.swarmId : recorded),
      nodes: [
        ...matches.map((match) => nodeStatus(match, view !== undefined)),
        ...staleNodes.map((stale) => liveStatus(stale, false, stale)),
      ],
      loadBalancers: balancers.status,
      certificates: certificateStatus(live.certificates, live.now),
      ingress: findings,
      engines: Object.fromEntries(
        matches.flatMap(({ desired: { name }, node }) => (node === undefined ? [] : [[name, node.engine]])),
      ),
      ...(live.disks === undefined ? {} : { disks: live.disks }),
      problems: problems.map((problem) => problem.text),
    },
    problems,
    matches,
    staleNodes,
    voters,
    quorum: quorum(voters),
    pinned: Object.fromEntries(
      matches.flatMap(({ desired: { name }, node }) => {
        const services = node === undefined ? [] : pinnedTo(node.id, live.tasks);
        return services.length === 0 ? [] : [[name, services]];
      }),
    ),
    reachable: view !== undefined,
    platformHealthy: problems.every(({ kind }) => kind === "application"),
    exitCode: view === undefined ? 2 : problems.length > 0 ? 1 : 0,
  };
}

/** The same with more problems. Pure. */
export function withProblems(
  { status, exitCode }: Pick<Evaluation, "status" | "exitCode">,
  more: readonly string[],
): Pick<Evaluation, "status" | "exitCode"> {
  if (more.length === 0) return { status, exitCode };
  const problems = [...status.problems, ...more];
  return { status: { ...status, healthy: false, problems }, exitCode: exitCode === 0 ? 1 : exitCode };
}

function nodeStatus({ desired, node }: Match, listed: boolean): NodeStatus {
  if (node !== undefined) return liveStatus(node, true, { role: desired.role, zone: desired.zone });
  return {
    name: desired.name,
    role: desired.role,
    zone: desired.zone,
    desired: true,
    nodeId: "",
    status: listed ? "Missing" : "Unknown",
    availability: "",
    managerStatus: "",
    identity: "",
  };
}

function liveStatus(node: LiveNode, desired: boolean, known: Pick<NodeStatus, "role" | "zone"> | LiveNode): NodeStatus {
  return {
    name: node.hostname,
    role: known.role,
    zone: "zone" in known ? known.zone : (node.labels[LABELS.zone] ?? ""),
    desired,
    nodeId: node.id,
    status: capital(node.state),
    availability: capital(node.availability),
    managerStatus: node.leader ? "Leader" : capital(node.reachability),
    identity: node.labels[LABELS.identity] ?? "",
  };
}
