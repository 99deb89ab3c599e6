/** All that can be known before an `up`, asked at once: each check reports for itself, and none stops another. */
import { ConfigError, parseConfig } from "../../config";
import { messageOf } from "../../components/message";
import { diskProblems, readDisks } from "../cluster/disks";
import { liveStack, readState, type LiveStack, type StackState } from "../cluster/stack";
import { onBastion } from "../cluster/run-script";
import { reachOf } from "../diagnose/access";
import { registryNames } from "../diagnose/diagnose";
import { isHost } from "../../plan/roles";
import { hostFindings, type HostFinding } from "../diagnose/findings";
import type { HostLook } from "../diagnose/host-report";
import { lookAtHosts } from "../diagnose/look-at-hosts";
import { cliPlatformOf, platformsOf } from "../platform";
import { factsOf, hasLocalState } from "../platform/facts";
import { Findings } from "../platform/not-checked";
import type { PlannedRun, PreflightCheck } from "../platform/types";
import { runPulumi, wholeConfig } from "../pulumi";
import { installedEngine } from "../pulumi/find";
import { readStackFile, type StackFile } from "../pulumi/project";
import { localStackExists } from "../pulumi/stack";
import { hasEnvironment, stackValues } from "../pulumi/stack-values";
import { UserError } from "../terminal/errors";
import type Docker from "dockerode";

/** The result of one check. */
export interface Checked {
  /** What was checked. */
  readonly what: string;
  /** What would fail, a text each, with what to do. */
  readonly problems: readonly string[];
  /** What not everybody needs. */
  readonly advice: readonly string[];
  /** Why it wasn't checked. @default it was */
  readonly skipped?: string;
}

/**
 * Checks everything.
 *
 * @param docker the Docker engine that the hosts are containers of @default there is none
 * @throws UserError when there is no such stack file
 */
export async function preflight(stack: string, docker: Docker | undefined): Promise<Checked[]> {
  const file = readStackFile(stack);
  const official = (await installedEngine()) !== undefined;
  const config = onlyOnce(() => wholeConfig(stack, file));
  const run: PlannedRun = { stack, file, args: ["up"], official, state: onlyOnce(() => exported(stack, file)), config };
  const platform = platformsOf(file).flatMap((one) => one.checks(run));
  return [
    configCheck(stack, file, await decrypted(run)),
    ...engineCheck(file, official),
    ...(await Promise.all(platform.map(checked))),
    ...(await upChecks(stack, file, official, docker)),
  ];
}

/** With its secrets, where hosts can't be reached without them; undefined where they can't be decrypted. */
async function decrypted({ file, config }: PlannedRun): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (cliPlatformOf(file)?.listed === undefined) return undefined;
  return config().catch(() => undefined);
}

/** The stack's file, without what only Pulumi can decrypt. @param whole the same, decrypted @default it isn't */
export function configCheck(
  stack: string,
  file: Pick<StackFile, "text">,
  whole?: Readonly<Record<string, unknown>>,
): Checked {
  const what = "the configuration";
  if (hasEnvironment(file) && whole === undefined)
    return { ...good(what), skipped: "a part of it is in Pulumi ESC: pulumi preview checks it" };
  const values = Object.entries(whole ?? stackValues(file));
  const secret = values.filter(([, value]) => JSON.stringify(value).includes('"secure":')).map(([key]) => key);
  try {
    const { warnings } = parseConfig(Object.fromEntries(values.filter(([key]) => !secret.includes(key))), stack);
    const left = secret.map((key) => `swarm-ha:${key} isn't checked here: a part of it is encrypted`);
    return { what, problems: [], advice: [...warnings, ...left] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = error.problems.map(
      ({ key, got, allowed, fix }) => `${key}: got ${got}; allowed: ${allowed}; fix: ${fix}`,
    );
    return { what, problems: lines, advice: [] };
  }
}

/** A cloud's stack needs the official Pulumi; for the others, what is needed is built. */
function engineCheck(file: StackFile, official: boolean): Checked[] {
  if (factsOf(file)?.worksWithKit === true) return [];
  const missing = "The official Pulumi isn't installed: curl -fsSL https://get.pulumi.com | sh";
  return [{ ...good("the Pulumi engine"), problems: official ? [] : [missing] }];
}

/** A platform's check, with its error as a problem. */
export async function checked({ what, check }: PreflightCheck): Promise<Checked> {
  try {
    await check();
    return good(what);
  } catch (error) {
    if (error instanceof Findings) return { what, problems: error.problems, advice: error.advice };
    if (!(error instanceof UserError)) return { ...good(what), skipped: messageOf(error) };
    return { ...good(what), problems: [error.message.replace(/^Nothing was done[.:] /, "")] };
  }
}

/** The hosts of a stack that is up. */
async function upChecks(
  stack: string,
  file: StackFile,
  official: boolean,
  docker: Docker | undefined,
): Promise<Checked[]> {
  const what = "the hosts";
  if (factsOf(file)?.worksWithKit !== true && !official)
    return [{ ...good(what), skipped: "without Pulumi, the state can't be read" }];
  let state: StackState;
  try {
    state = await readState(stack);
  } catch (error) {
    return [{ ...good(what), skipped: messageOf(error) }];
  }
  if (state.instances.length === 0) return [];
  let live: LiveStack;
  try {
    live = liveStack(state);
  } catch (error) {
    return [{ ...good(what), skipped: messageOf(error) }];
  }
  const [{ looks }, disks] = await Promise.all([
    lookAtHosts(reachOf(live), { docker, logs: false, reach: true, udp: true, names: registryNames(live) }),
    disksOf(live),
  ]);
  const findings = [...hostFindings(looks), ...withoutUdp(looks)];
  const of = (level: "problem" | "advice"): string[] =>
    findings.flatMap((one) => (one.level === level ? [one.text] : []));
  const others = looks.flatMap((look) =>
    look.reached || findings.some(({ hosts }) => hosts.includes(look.name)) ? [] : [`${look.name}: ${look.seen}`],
  );
  return [
    {
      what: "clocks, network, ports, names and memory of the hosts",
      problems: [...of("problem"), ...others],
      advice: of("advice"),
    },
    disks,
  ];
}

/** Where no node could listen, nothing is known. */
function withoutUdp(looks: readonly HostLook[]): HostFinding[] {
  const nodes = looks.filter((look) => isHost(look) && look.reached);
  if (nodes.length < 2 || nodes.some((look) => look.reached && look.details.udp !== undefined)) return [];
  const text = "UDP and the size of packets weren't tried: Perl is missing on all nodes, or may not listen";
  return [{ hosts: [], level: "advice", text }];
}

async function disksOf(live: LiveStack): Promise<Checked> {
  const what = "the hosts' disks";
  try {
    const { disks } = await onBastion(live, (bastion) => readDisks(live, bastion));
    return { ...good(what), problems: diskProblems(live.stack, live.desired.nodes, disks).map(({ text }) => text) };
  } catch (error) {
    return { ...good(what), skipped: messageOf(error) };
  }
}

/** 0: nothing would fail; 1: something would; 2: nothing that was checked would, and something wasn't checked. Pure. */
export function exitCodeOf(all: readonly Checked[]): number {
  if (all.some(({ problems }) => problems.length > 0)) return 1;
  return all.some(({ skipped }) => skipped !== undefined) ? 2 : 0;
}

function good(what: string): Checked {
  return { what, problems: [], advice: [] };
}

/** What `pulumi stack export` prints; undefined where there is no state. */
async function exported(stack: string, file: StackFile): Promise<string | undefined> {
  if (hasLocalState(file) && !localStackExists(stack)) return undefined;
  const { code, stdout } = await runPulumi(["stack", "export"], { stack, capture: true });
  return code === 0 ? stdout : undefined;
}

function onlyOnce<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => (found ??= find());
}
