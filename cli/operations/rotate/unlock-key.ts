/**
 * Rotates the unlock key of an autolocked swarm. The managers make the new key, and each one encrypts the keys on its own disk with
 * it when it hears of it. The stack's state gets it by an `up` that runs the settings' step again.
 *
 * A manager that is away would keep the old key, which nobody would have any more: then nothing is rotated. Until the `up` has
 * recorded it, only the managers have the new key. So the `up` comes first, and the look at the managers' disks after it. It goes on
 * past what fails, for example a dead worker's step: of all that it does, only the settings' step is needed here.
 */
import { messageOf } from "../../../components/message";
import { decryptNodeKey } from "../../cluster/node-key";
import { counts } from "../../cluster/quorum";
import type { LiveStack } from "../../cluster/stack";
import { rotateUnlockKey } from "../../cluster/swarm";
import { digestOf, readSettings, readUnlockKey } from "../../cluster/swarm-settings";
import { capital, commands, list } from "../../cluster/words";
import type { Operation, Past, Plan, Step } from "../operation";
import {
  headOf,
  newProblems,
  SETTLE_LIMIT,
  unapplied,
  waitUntilAsBefore,
  type Rotation,
  type RotationSeen,
  type RotationTools,
} from "./rotation";

/** Milliseconds between two looks at the managers' disks, and for all looks. They encrypt within 1 s. */
const EVERY = 1000;
const ENCRYPT_LIMIT = 60_000;

/** Seconds for an election of the managers. */
const ELECTION_LIMIT = 30;

/** See {@link RotationSeen}. It contains no secret. */
interface KeySeen extends RotationSeen {
  /** Digest of the key before; undefined while autolock is off. */
  readonly old: string | undefined;
  /** Digest of the key now. */
  readonly now: string | undefined;
  /** Managers whose disks don't open with the new key, and why; undefined before the rotation. */
  readonly behind?: readonly string[];
  /** What else failed in the `up` that has recorded the new key. @default nothing */
  readonly rest?: string;
  /** See {@link unapplied}. */
  readonly unapplied: string | undefined;
}

/** See the top of this file. */
export const unlockKey: Rotation = {
  summary: "the key that unlocks managers (swarm-ha:autolock); the old one is refused",
  use: (tools, _options, run) => run(rotation(tools)),
  after: (stack) =>
    "The old key is refused. Keep the new one outside of the cluster: " +
    `npm run pulumi -- stack output unlockKey --show-secrets -s ${stack}`,
};

function rotation(tools: RotationTools): Operation<KeySeen, Step> {
  const { cluster } = tools;
  let rest: string | undefined;
  const record = async (steps: readonly string[]): Promise<string | undefined> => {
    rest = undefined;
    try {
      await tools.redo(steps);
    } catch (error) {
      return messageOf(error);
    }
    const failure = await cluster.upPast();
    if (failure === undefined) return undefined;
    if (!(await isRecorded(tools))) return failure;
    rest = failure;
    return undefined;
  };
  return {
    ...headOf(tools, "rotation of the unlock key"),
    async observe(moment) {
      if (moment.kind === "start") {
        const stack = await cluster.read();
        // After a restart of the leader there is none for up to 21 s, and then nobody knows who is away.
        const evaluation = await cluster.wait("Observing the cluster", "1 to 5 s", stack, {
          limit: ELECTION_LIMIT,
          enough: ({ reachable }) => reachable,
        });
        const { unlockKey: old } = await tools.through(stack, readSettings);
        return {
          ...{ stack, evaluation, before: evaluation.problems, old, now: old },
          unapplied: unapplied(stack.stack, tools.pendingHosts(stack)),
        };
      }
      const { before } = moment.before;
      if (moment.kind === "end")
        return { ...moment.before, evaluation: await waitUntilAsBefore(tools, moment.before.stack, before) };
      const stack = await cluster.read();
      if (moment.failure !== undefined) return { ...moment.before, stack };
      // Without an answer the key isn't known to be new, and the `up` reads it all the same.
      const { unlockKey: now } = await tools
        .through(stack, readSettings)
        .catch(() => ({ unlockKey: moment.before.now }));
      if (moment.step.key !== "up") return { ...moment.before, stack, now };
      const behind = await tools.progress.step("Waiting until every manager has the new key", "1 to 5 s", () =>
        untilEncrypted(tools, stack, managersOf(moment.before)),
      );
      return { ...moment.before, stack, now, behind, ...(rest === undefined ? {} : { rest }) };
    },
    plan: (seen, past) => planKey(tools, record, seen, past),
    settled: ({ stack, old, now, behind, rest: left, before, evaluation }) =>
      now !== old &&
      now === stack.desired.settings?.unlockKey &&
      left === undefined &&
      behind?.length === 0 &&
      newProblems(before, evaluation).length === 0,
    onFailure: "stop",
  };
}

/** Whether the stack's state has the key that the swarm has now. */
async function isRecorded({ cluster, through }: RotationTools): Promise<boolean> {
  try {
    const stack = await cluster.read();
    return stack.desired.settings?.unlockKey === digestOf(await through(stack, readUnlockKey));
  } catch {
    return false;
  }
}

/** Looks until every manager's disk opens with the key that the swarm has now, or the time is up. @returns those that don't, and why */
async function untilEncrypted(
  { through, nodeKeys, pause, now }: RotationTools,
  stack: LiveStack,
  managers: readonly string[],
): Promise<readonly string[]> {
  // By the clock: a look at a manager that doesn't answer takes seconds.
  for (const end = now() + ENCRYPT_LIMIT; ;) {
    const behind = await Promise.all([through(stack, readUnlockKey), nodeKeys(stack, managers)]).then(
      ([key, files]) => stillBehind(managers, files, key),
      (error: unknown) => [messageOf(error)],
    );
    if (behind.length === 0 || now() >= end) return behind;
    await pause(EVERY);
  }
}

/** Managers whose key file doesn't open with this key, and why. Pure. */
export function stillBehind(
  managers: readonly string[],
  files: Readonly<Record<string, string | { readonly error: string }>>,
  key: string,
): string[] {
  return managers.flatMap((name) => {
    const file = files[name] ?? { error: "it wasn't asked" };
    if (typeof file !== "string") return [`${name} (${file.error})`];
    if (file === "") return [`${name} (its key isn't encrypted)`];
    try {
      decryptNodeKey(file, key);
      return [];
    } catch {
      return [`${name} (it still has the old key)`];
    }
  });
}

function managersOf({ stack }: Pick<RotationSeen, "stack">): string[] {
  return stack.desired.nodes.filter(({ role }) => role === "manager").map(({ name }) => name);
}

function planKey(
  tools: RotationTools,
  record: (steps: readonly string[]) => Promise<string | undefined>,
  seen: KeySeen,
  past: readonly Past<Step>[],
): Plan<Step> {
  const { stack, old, behind, rest } = seen;
  const { settings } = stack.desired;
  const { repair, up, set } = commands(stack.stack);
  const again = `npm run rotate -- ${stack.stack} unlock-key`;
  const refuse = (refused: string): Plan<Step> => ({ steps: [], left: [], refused });
  if (past.length === 0) {
    if (!seen.evaluation.reachable)
      return refuse(`The unlock key isn't rotated: no manager can list the nodes. First: ${repair}`);
    if (settings?.autolock !== true)
      return refuse(
        `There is no unlock key to rotate: swarm-ha:autolock isn't true, or no up has applied it. Turn it on: ${set} autolock true; ${up}`,
      );
    if (old === undefined)
      return refuse(
        `There is no unlock key to rotate: autolock is off, and swarm-ha:autolock is true. First: ${repair}`,
      );
    if (seen.unapplied !== undefined) return refuse(seen.unapplied);
    const away = absent(seen);
    if (away.length > 0)
      return refuse(
        `The unlock key isn't rotated: ${list(away)}. A manager that is away keeps the old key, which would be lost. First: ${repair}`,
      );
  }
  if (behind !== undefined && behind.length > 0)
    return refuse(
      `The key was rotated, and the stack's state has the new one, but ${list(behind)}. Don't restart these hosts. Repair: ${repair}, then run: ${again}`,
    );
  // With the output of before, people would keep the old key outside of the cluster.
  if (rest !== undefined && behind !== undefined)
    return refuse(
      `The key was rotated: all managers and the stack's state have the new one. The rest of the up failed, so the output unlockKey may ` +
        `be the old key until an up succeeds. Repair: ${repair}, then run: ${up}\n${rest}`,
    );
  const steps: Step[] = [
    {
      key: "rotate",
      title: "Rotating the unlock key",
      usually: "1 to 3 s",
      hosts: [],
      limit: SETTLE_LIMIT,
      failed:
        `No manager has confirmed the new unlock key. The managers may have it already: don't restart them. Record what they have: ` +
        `${repair}, then run: ${again}`,
      run: () => tools.through(stack, (call) => rotateUnlockKey(call, old ?? "")).then(() => undefined, messageOf),
    },
    {
      key: "up",
      title: "Recording the new key in the stack's state",
      usually: "5 to 20 s",
      hosts: [],
      limit: SETTLE_LIMIT,
      failed:
        `The new key is not in the stack's state. Until it is, only the managers have it: don't restart them. ` +
        `Record it: ${repair}`,
      run: () => record(settings === undefined ? [] : [settings.step]),
    },
  ];
  return { steps: steps.filter(({ key }) => !past.some(({ step }) => step.key === key)), left: [] };
}

/** Managers that would not get a new key, and why. */
function absent({ evaluation }: KeySeen): string[] {
  const wanted = evaluation.matches.flatMap(({ desired, node }) => {
    if (desired.role !== "manager" || (node !== undefined && counts(node))) return [];
    if (node === undefined) return [`${desired.name} is not in the swarm`];
    return [`${desired.name} is ${node.state === "ready" ? "not Reachable" : capital(node.state)}`];
  });
  const stale = evaluation.staleNodes.filter((node) => node.role === "manager" && !counts(node));
  return [...wanted, ...stale.map(({ hostname, id }) => `the stale manager ${hostname} (${id}) is away`)];
}
