/** Collects all that tells what is wrong with a stack. Whatever can't be had is named in its place: nothing here fails. */
import type Docker from "dockerode";
import pc from "picocolors";
import { messageOf } from "../../components/message";
import { connect } from "../cluster/connect";
import { inspectDeep } from "../cluster/inspect";
import type { Evaluation } from "../cluster/evaluate";
import { containersOf } from "../cluster/platform";
import { render } from "../cluster/render";
import { liveStack, readState, type LiveStack, type StackState } from "../cluster/stack";
import { readStackFile } from "../pulumi/project";
import { UserError } from "../terminal/errors";
import { reachOf, reachOfState, type Target } from "./access";
import { hostFindings, type HostFinding } from "./findings";
import { lookAtHosts, type Looks } from "./look-at-hosts";
import { knownSecrets } from "./known-secrets";
import { reachTable, reportPage } from "./report";
import { swarmFiles, type Files } from "./swarm";

/** Most lines of a container's log. */
const LOG_LINES = 2000;

/** A diagnosis, not yet redacted. */
export interface Diagnosis {
  readonly files: Files;
  /** The stack's own secrets, to be removed by value. */
  readonly known: readonly string[];
  readonly evaluation: Evaluation | { readonly error: string };
  readonly findings: readonly HostFinding[];
  readonly unreached: readonly string[];
}

/** What the files of a host come from. */
interface Collected extends Looks {
  readonly records: Files;
}

/**
 * Looks at everything at once.
 *
 * @param docker the Docker engine that the hosts are containers of @default there is none
 * @throws UserError when the stack's state can't be read, or it has no host
 */
export async function diagnose(stack: string, docker: Docker | undefined): Promise<Diagnosis> {
  const taken = new Date();
  const state = await readState(stack);
  const live = liveOf(state);
  const reach = "error" in live ? reachOfState(state) : reachOf(live);
  if (reach.targets.length === 0) throw new UserError("error" in live ? live.error : `The stack ${stack} has no host`);
  const names = "error" in live ? [] : registryNames(live);
  const [evaluation, swarm, looks, records] = await Promise.all([
    "error" in live ? live : evaluationOf(live, docker),
    "error" in live ? {} : swarmOf(live),
    lookAtHosts(reach, { docker, logs: true, reach: true, names }),
    recordsOf(stack, reach.targets, docker),
  ]);
  const findings = hostFindings(
    looks.looks,
    new Set("error" in evaluation ? [] : evaluation.problems.flatMap(({ hosts }) => hosts)),
  );
  const files: Record<string, string> = {
    ...statusFiles(stack, evaluation),
    ...swarm,
    "reach.txt": reachTable(looks.looks),
    "configuration.yaml": readStackFile(stack).text,
    ...hostFiles({ ...looks, records }),
  };
  const page = reportPage({
    ...{ stack, taken, took: Date.now() - taken.getTime(), evaluation, findings, files: Object.keys(files) },
    ...looks,
  });
  return {
    files: { "README.md": page, ...files },
    known: knownSecrets(state.deployment),
    evaluation,
    findings,
    unreached: looks.looks.flatMap(({ name, reached }) => (reached ? [] : [name])),
  };
}

function liveOf(state: StackState): LiveStack | { readonly error: string } {
  try {
    return liveStack(state);
  } catch (error) {
    return { error: messageOf(error) };
  }
}

async function evaluationOf(live: LiveStack, docker: Docker | undefined): Promise<Diagnosis["evaluation"]> {
  try {
    return (await inspectDeep(live, { disks: true, ...(docker === undefined ? {} : { docker }) })).evaluation;
  } catch (error) {
    return { error: messageOf(error) };
  }
}

async function swarmOf(live: LiveStack): Promise<Files> {
  const connection = await connect(live.outputs);
  try {
    return await swarmFiles(connection);
  } finally {
    connection.close();
  }
}

/** The name that images are pulled from, as hosts have to resolve it. */
export function registryNames({ outputs: { endpoints } }: LiveStack): string[] {
  return endpoints.registry === undefined ? [] : [new URL(endpoints.registry).hostname];
}

/** State and log of each instance's container. Empty where the instances are no containers. */
async function recordsOf(stack: string, targets: readonly Target[], docker: Docker | undefined): Promise<Files> {
  const containers = docker === undefined ? undefined : containersOf(stack);
  if (docker === undefined || containers === undefined) return {};
  const found = await Promise.all(
    targets.map(async ({ name }) => {
      const record = await containers.record(docker, stack, name, LOG_LINES);
      return [
        name,
        record === undefined
          ? "The Docker engine has no such container, or doesn't answer.\n"
          : `state: ${record.state}\n\n${record.log}`,
      ] as const;
    }),
  );
  return Object.fromEntries(found);
}

function statusFiles(stack: string, evaluation: Diagnosis["evaluation"]): Files {
  if ("error" in evaluation) return { "status.txt": `${evaluation.error}\n` };
  const { status, problems, exitCode } = evaluation;
  return {
    "status.txt": `${render(stack, status, exitCode, pc.createColors(false))}\n`,
    "status.json": `${JSON.stringify({ ...status, problems }, null, 2)}\n`,
  };
}

/** A folder for each host. */
function hostFiles({ looks, records }: Collected): Files {
  return Object.fromEntries(
    looks.flatMap((look) => {
      const folder = `hosts/${look.name}`;
      const own = look.reached
        ? Object.entries(look.parts)
            .filter(([, text]) => text.trim() !== "")
            .map(([part, text]) => [`${folder}/${part}.txt`, text])
        : [[`${folder}/not-reached.txt`, `${look.seen}\n`]];
      const record = records[look.name];
      return [...own, ...(record === undefined ? [] : [[`${folder}/container-log.txt`, record]])] as [string, string][];
    }),
  );
}
