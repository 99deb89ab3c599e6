/**
 * Rotates the SSH key with which steps and commands reach the bastion and all hosts. The new key is authorized beside the old one
 * first, on every host, and tried; then it takes the old one's place in the state; only then the old one is removed from the hosts.
 * So the key in the state opens every host at any moment, wherever a run ends.
 *
 * It refuses while a host can't be reached: that one would never accept the new key. Until it is in the state, the new key is only in
 * this process. A run that ends before that leaves an unused key on the hosts, whose private key is lost. The next run removes it.
 *
 * No `up` runs, and no host is replaced. Host keys stay.
 */
import { messageOf } from "../../../components/message";
import { keyHolders, unlisted, type ByHost, type KeyAnswer } from "../../cluster/ssh-access";
import type { LiveStack } from "../../cluster/stack";
import { commands, list } from "../../cluster/words";
import type { KeyForms } from "../../../offline/tls/key-forms";
import type { Operation, Past, Plan, Step } from "../operation";
import {
  headOf,
  lookOnce,
  newProblems,
  SETTLE_LIMIT,
  waitUntilAsBefore,
  type Rotation,
  type RotationSeen,
  type RotationTools,
} from "./rotation";
import { newSshKey, sshKeyIn, withSshKey } from "./ssh-key-state";

/** See {@link RotationSeen}. */
interface KeysSeen extends RotationSeen {
  /** What hosts did with the stack's key before the rotation. */
  readonly first: ByHost<KeyAnswer>;
  /** What they did with the old one at the end. @default it wasn't removed yet */
  readonly old?: ByHost<KeyAnswer>;
}

/** See the top of this file. */
export const sshKeys: Rotation = {
  summary: "the SSH key that opens the bastion and all hosts; the old one is refused",
  use: (tools, _options, run) => run(rotation(tools)),
  after: () => "Every host refuses the old key. Commands that are connected, such as a tunnel, stay connected.",
};

function rotation(tools: RotationTools): Operation<KeysSeen, Step> {
  const { cluster } = tools;
  // Made when the first step needs it: a dry run makes none.
  let made: KeyForms | undefined;
  const key = (): KeyForms => (made ??= newSshKey());
  return {
    ...headOf(tools, "rotation of the SSH key"),
    async observe(moment) {
      if (moment.kind === "start") {
        const stack = await cluster.read();
        const evaluation = await lookOnce(tools, stack);
        const first = await tools.tryKey(stack, privateKeyOf(stack));
        return { stack, evaluation, before: evaluation.problems, first };
      }
      const { stack, before } = moment.before;
      if (moment.kind === "end") {
        const now = await cluster.read();
        return { ...moment.before, evaluation: await waitUntilAsBefore(tools, now, before) };
      }
      if (moment.failure !== undefined || moment.step.key !== "remove") return moment.before;
      return { ...moment.before, old: await tools.tryKey(await cluster.read(), privateKeyOf(stack)) };
    },
    plan: (seen, past) => planKeys(tools, key, seen, past),
    settled: ({ old, before, evaluation }) =>
      old !== undefined && notRefusing(old).length === 0 && newProblems(before, evaluation).length === 0,
    onFailure: "stop",
  };
}

/** The key that opens every host now. */
function privateKeyOf({ outputs }: LiveStack): string {
  return outputs.access.bastion.privateKey;
}

/** Hosts that don't accept a key, with what they do instead. Pure. */
function notAccepting(answers: ByHost<KeyAnswer>): string[] {
  return Object.entries(answers).flatMap(([host, answer]) => {
    if (answer === "accepted") return [];
    return [`${host} (${answer === "refused" ? "it refuses the key" : answer.unknown})`];
  });
}

/** Hosts of which it isn't known that they refuse the old key, a sentence each. Pure. */
function notRefusing(answers: ByHost<KeyAnswer>): string[] {
  return Object.entries(answers).flatMap(([host, answer]) => {
    if (answer === "refused") return [];
    return [answer === "accepted" ? `${host} still accepts the old key` : `${host} wasn't asked (${answer.unknown})`];
  });
}

function planKeys(
  { authorize, cluster, finish, rewriteState, tryKey }: RotationTools,
  key: () => KeyForms,
  { stack, first, old }: KeysSeen,
  past: readonly Past<Step>[],
): Plan<Step> {
  const { stack: name } = stack;
  const { repair, up, status } = commands(name);
  const again = `npm run rotate -- ${name} ssh-keys`;
  const refuse = (refused: string): Plan<Step> => ({ steps: [], left: [], refused });
  if (old !== undefined) {
    const wrong = notRefusing(old);
    if (wrong.length === 0) return { steps: [], left: [] };
    return refuse(`${wrong.join("; ")}. The stack uses the new key. Repair (${repair}), then run it again: ${again}`);
  }
  if (sshKeyIn(stack.deployment) === undefined) {
    return refuse(
      `The hosts of ${name} have the SSH keys that their administrator gave them, and the program has made none. To change the key: ` +
        `authorize the new one on the bastion and all hosts, set swarm-ha:hosts.ssh.privateKey (a secret), run ${up}, then remove the old one from the hosts`,
    );
  }
  const unfinished = unlisted(stack);
  if (unfinished.length > 0) {
    return refuse(
      `The last up didn't finish: its outputs lack ${list(unfinished)}, which would accept only the old key. First: ${up}`,
    );
  }
  if ((stack.deployment.deployment?.pending_operations ?? []).length > 0) {
    return refuse(`An up of the stack ${name} was interrupted. Finish it: ${finish(name)}. Then: ${again}`);
  }
  const unreached = notAccepting(first);
  if (unreached.length > 0) {
    return refuse(
      `The SSH key isn't rotated, because these hosts can't be given a new one: ${unreached.join("; ")}. First: ${repair}, then: ${again}`,
    );
  }
  const hosts = keyHolders(stack);
  const common = { hosts, limit: SETTLE_LIMIT };
  /** One line for each host where it failed. */
  const reasons = (results: ByHost<string | undefined>): string | undefined => {
    const lines = Object.entries(results).flatMap(([host, why]) => (why === undefined ? [] : [`${host}: ${why}`]));
    return lines.length === 0 ? undefined : lines.join("\n");
  };
  const steps: Step[] = [
    {
      ...common,
      key: "authorize",
      title: `Authorizing the new SSH key on ${hosts.length} hosts, beside the old one`,
      usually: "1 to 10 s",
      failed: `The new key wasn't put on every host. The stack uses the old one. Run it again: ${again}`,
      run: async () => reasons(await authorize(stack, [key().publicKeyOpenssh], false)),
    },
    {
      ...common,
      key: "use",
      title: "Logging in to every host with the new key, and putting it into the state",
      usually: "2 to 15 s",
      failed: `The stack may still use the old key, which every host accepts. Check: ${status}, then run it again: ${again}`,
      async run() {
        const refusing = notAccepting(await tryKey(stack, key().privateKeyOpenssh));
        if (refusing.length > 0) return refusing.join("\n");
        return rewriteState((exported) => withSshKey(exported, stack, privateKeyOf(stack), key())).then(
          () => undefined,
          messageOf,
        );
      },
    },
    {
      ...common,
      key: "remove",
      title: "Removing the old SSH key from every host, and verifying that it is refused",
      usually: "2 to 15 s",
      failed: `The stack uses the new key, but these hosts may still accept the old one. Run it again: ${again}`,
      async run() {
        const now = await cluster.read();
        // Otherwise the hosts would accept only a key whose private key is lost.
        if (privateKeyOf(now).trim() !== key().privateKeyOpenssh.trim()) return "the state has another key";
        return reasons(await authorize(now, [key().publicKeyOpenssh], true));
      },
    },
  ];
  return { steps: steps.filter((step) => !past.some((one) => one.step.key === step.key)), left: [] };
}
