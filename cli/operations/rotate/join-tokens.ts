/**
 * Rotates both join tokens: whoever has an old one is refused from then on. Nodes that have joined don't need theirs any more,
 * and each later join fetches its own (scripts/token.sh).
 *
 * A host that has fetched a token and not joined yet, because an `up` ended between the two, fetches another one at the next `up`.
 */
import { messageOf } from "../../../components/message";
import type { Match } from "../../cluster/match";
import { nameOf, resourcesOf } from "../../cluster/deployment";
import { readSwarm, rotateJoinTokens, type LiveSwarm } from "../../cluster/swarm";
import type { LiveStack } from "../../cluster/stack";
import { commands, list } from "../../cluster/words";
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

/** See {@link RotationSeen}. */
interface TokensSeen extends RotationSeen {
  /** Digests of the tokens before. */
  readonly old: LiveSwarm["tokens"];
  readonly tokens: LiveSwarm["tokens"];
  /** Why the new tokens couldn't be read; undefined when they could, or weren't yet. */
  readonly unread: string | undefined;
}

/** See the top of this file. */
export const joinTokens: Rotation = {
  summary: "both join tokens of the swarm; the old ones are refused",
  use: (tools, _options, run) => run(rotation(tools)),
  after: () => "Old join tokens are refused.",
};

function rotation(tools: RotationTools): Operation<TokensSeen, Step> {
  const { cluster } = tools;
  return {
    ...headOf(tools, "rotation of the join tokens"),
    async observe(moment) {
      if (moment.kind === "start") {
        const stack = await cluster.read();
        const evaluation = await lookOnce(tools, stack);
        const { tokens } = await tools.through(stack, readSwarm);
        return { stack, evaluation, before: evaluation.problems, old: tokens, tokens, unread: undefined };
      }
      const { stack, before } = moment.before;
      if (moment.kind === "end") return { ...moment.before, evaluation: await waitUntilAsBefore(tools, stack, before) };
      const swarm = await tools.through(stack, readSwarm).catch(messageOf);
      return typeof swarm === "string"
        ? { ...moment.before, unread: swarm }
        : { ...moment.before, tokens: swarm.tokens, unread: undefined };
    },
    plan: (seen, past) => planTokens(tools, seen, past),
    settled: ({ old, tokens, before, evaluation }) =>
      old.worker !== tokens.worker && old.manager !== tokens.manager && newProblems(before, evaluation).length === 0,
    onFailure: "stop",
  };
}

function planTokens(tools: RotationTools, seen: TokensSeen, past: readonly Past<Step>[]): Plan<Step> {
  const { stack, old, unread } = seen;
  const waiting = notJoined(stack, seen.evaluation.matches);
  const again = `The old tokens may still be valid. Run it again: npm run rotate -- ${stack.stack} join-tokens`;
  const steps: Step[] = [
    {
      key: "tokens",
      title: "Rotating both join tokens",
      usually: "1 to 3 s",
      hosts: [],
      limit: SETTLE_LIMIT,
      failed: `The join tokens could not be rotated. ${again}`,
      run: () => tools.through(stack, (call) => rotateJoinTokens(call, old)).then(() => undefined, messageOf),
    },
  ];
  if (waiting.length > 0) {
    const names = waiting.map(({ host }) => host);
    steps.push({
      key: "fetch",
      title: `Having ${list(names)} fetch a new token at the next up`,
      usually: "3 to 10 s",
      hosts: names,
      limit: SETTLE_LIMIT,
      failed: `${list(names)} can't join with the old token. Replace: ${commands(stack.stack).replace} ${names.join(" ")}`,
      run: () => tools.redo(waiting.map(({ urn }) => urn)).then(() => undefined, messageOf),
    });
  }
  return {
    steps: steps.filter(({ key }) => !past.some(({ step }) => step.key === key)),
    left: [],
    ...(unread === undefined ? {} : { refused: `The join tokens were rotated, but not verified: ${unread}\n${again}` }),
  };
}

/** Hosts that have fetched a token, and that the swarm doesn't have, with the steps that fetched it. Pure. */
export function notJoined(
  { deployment }: Pick<LiveStack, "deployment">,
  matches: readonly Match[],
): { readonly host: string; readonly urn: string }[] {
  const steps = new Map(resourcesOf(deployment).map(({ urn }) => [nameOf(urn), urn]));
  return matches.flatMap(({ desired: { name: host }, node }) => {
    const urn = steps.get(`token-${host}`);
    return node === undefined && urn !== undefined ? [{ host, urn }] : [];
  });
}
