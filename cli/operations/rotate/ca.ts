/**
 * Rotates the stack's own certificate authority, and the one of the ingress's clients, in three steps with an `up` each: every host and
 * service trusts the new one beside the old one; all certificates are issued by the new one; the old one is trusted no longer. So
 * whatever verifies a certificate trusts its issuer at any moment, and no request or pull fails. People's Docker contexts
 * and browsers aren't among them: they trust what they were given.
 *
 * How the state has two generations: ca-state.ts. A rotation that was interrupted while certificates are issued, or while the old one
 * is removed, is continued; one that was interrupted before that begins with another new authority, because nothing has been signed yet.
 *
 * Each step runs on every host. So it refuses while a node isn't ready.
 */
import { X509Certificate } from "node:crypto";
import type { ClientCertificate } from "../../../components/outputs";
import { certificatesIn } from "../../../components/pki/bundle";
import { messageOf } from "../../../components/message";
import type { ClientAnswer } from "../../cluster/try-client";
import type { Problem } from "../../cluster/model";
import type { LiveStack } from "../../cluster/stack";
import { capital, commands, list } from "../../cluster/words";
import { again as withFlags } from "../../terminal/arguments";
import type { Loss, Operation, Past, Plan, Step } from "../operation";
import {
  generationsIn,
  makeAuthorities,
  phaseOf,
  withNewSigner,
  withNewTrust,
  withoutOld,
  type NewAuthorities,
  type Phase,
} from "./ca-state";
import {
  headOf,
  lookOnce,
  newProblems,
  SETTLE_LIMIT,
  unapplied,
  waitUntilAsBefore,
  type Rotation,
  type RotationOptions,
  type RotationSeen,
  type RotationTools,
} from "./rotation";

/**
 * Where a rotation begins. `dropping`: the state has only the new authority, and the outputs of the last `up` that finished have both.
 */
type Begin = Phase | "dropping";

/** See {@link RotationSeen}. */
interface CaSeen extends RotationSeen {
  /** See {@link unapplied}. */
  readonly unapplied: string | undefined;
  /** Where the rotation begins. */
  readonly phase: Begin;
  /** A client certificate of the old authority. @default none is left in the state */
  readonly client?: ClientCertificate;
  /** What managers did with it at the end. A text: why none could be asked. @default they weren't asked yet */
  readonly answers?: Readonly<Record<string, ClientAnswer>> | string;
}

/** See the top of this file. */
export const ca: Rotation = {
  summary: "the stack's own CA; contexts and browsers have to be given the new one",
  use: (tools, options, run) => run(rotation(tools, options)),
  after: (stack, seen) =>
    `${seen?.untried === true ? UNTRIED : "Nothing that the old CA has signed is accepted."} Write a new Docker context: ${commands(stack).context}, and trust ` +
    `the new CA: npm run trust -- ${stack}`,
};

const UNTRIED =
  "The old CA was removed, and that wasn't verified: the state has no client certificate of it any more that managers have to refuse.";

function rotation(tools: RotationTools, options: RotationOptions): Operation<CaSeen, Step> {
  const { cluster } = tools;
  // From the first step to the second one. Afterwards the state has them.
  let made: NewAuthorities | undefined;
  const authorities = async (): Promise<NewAuthorities> =>
    (made ??= await makeAuthorities((await cluster.read()).deployment));
  return {
    ...headOf(tools, "rotation of the CA"),
    async observe(moment) {
      if (moment.kind === "start") {
        const stack = await cluster.read();
        const evaluation = await lookOnce(tools, stack);
        const client = oldClient(stack);
        return {
          ...{ stack, evaluation, before: [...evaluation.problems, UNFINISHED], phase: beginOf(stack) },
          unapplied: unapplied(stack.stack, tools.pendingHosts(stack)),
          ...(client === undefined ? {} : { client }),
        };
      }
      if (moment.kind === "end" || moment.failure !== undefined) return moment.before;
      const stack = await cluster.read();
      const { before, client } = moment.before;
      const seen = { ...moment.before, stack, evaluation: await waitUntilAsBefore(tools, stack, before) };
      if (moment.step.key !== "drop") return seen;
      if (client === undefined) return { ...seen, untried: true };
      return { ...seen, answers: await tools.tryClient(stack, client).catch(messageOf) };
    },
    plan: (seen, past) => planCa(tools, options, authorities, seen, past),
    settled: ({ answers, untried, before, evaluation }) =>
      (untried === true || (answers !== undefined && unverified(answers) === undefined)) &&
      newProblems(before, evaluation).length === 0,
    onFailure: "stop",
  };
}

/** Steps that are done where a rotation begins. */
const DONE: Readonly<Record<Begin, readonly string[]>> = {
  single: [],
  trusting: [],
  issuing: ["trust"],
  dropping: ["trust", "issue"],
};

/** What `status` says while two authorities are trusted. It is no reason to stop the rotation that ends it. */
const UNFINISHED: Problem = { kind: "rotation", hosts: ["authority"], text: "a rotation of the CA is unfinished" };

/** Certificates that the outputs have beside the one that signs. Pure. */
function leftInOutputs({ deployment, outputs }: LiveStack): string[] {
  const { signing } = generationsIn(deployment);
  return certificatesIn(outputs.caCertificate).filter((pem) => pem !== signing);
}

function beginOf(stack: LiveStack): Begin {
  const phase = phaseOf(stack.deployment);
  const both = certificatesIn(stack.outputs.caCertificate).length > 1;
  return phase === "single" && both && leftInOutputs(stack).length === 1 ? "dropping" : phase;
}

/** The bastion's client certificate, if the authority that is going has signed it. Pure. */
function oldClient(stack: LiveStack): ClientCertificate | undefined {
  const { signing, other } = generationsIn(stack.deployment);
  const going = { single: signing, trusting: signing, issuing: other, dropping: leftInOutputs(stack)[0] };
  const old = going[beginOf(stack)] ?? signing;
  const { client } = stack.outputs.access;
  return new X509Certificate(client.cert).verify(new X509Certificate(old).publicKey) ? client : undefined;
}

/** Why it isn't known that all managers refuse the old authority's certificates. @returns undefined when it is. Pure. */
function unverified(answers: NonNullable<CaSeen["answers"]>): string | undefined {
  if (typeof answers === "string") return `The CA is new, but not verified: ${answers}`;
  if (Object.keys(answers).length === 0) return "The CA is new, but not verified: no manager was asked";
  const wrong = Object.entries(answers).flatMap(([host, answer]) => {
    if (answer === "refused") return [];
    return [answer === "accepted" ? `${host} still accepts the old CA` : `${host} wasn't asked (${answer.unknown})`];
  });
  return wrong.length === 0 ? undefined : wrong.join("; ");
}

function planCa(
  { cluster, rewriteState }: RotationTools,
  { given }: RotationOptions,
  authorities: () => Promise<NewAuthorities>,
  seen: CaSeen,
  past: readonly Past<Step>[],
): Plan<Step> {
  const { stack, phase, before, evaluation, answers } = seen;
  const { stack: name } = stack;
  const { repair, status, up } = commands(name);
  const again = withFlags(`npm run rotate -- ${name} ca`, given);
  const refuse = (refused: string): Plan<Step> => ({ steps: [], left: [], refused });
  if (seen.unapplied !== undefined) return refuse(seen.unapplied);
  const worse = newProblems(before, evaluation);
  if (worse.length > 0) {
    const texts = worse.map(({ text }) => `\n  - ${text}`).join("");
    return refuse(`The cluster is less healthy than before. Fix that, then run: ${again}${texts}`);
  }
  if (seen.untried === true) return { steps: [], left: [] };
  if (answers !== undefined) {
    const why = unverified(answers);
    return why === undefined ? { steps: [], left: [] } : refuse(`${why}. Check: ${status}, then run: ${up}`);
  }
  const hosts = seen.stack.desired.nodes.map((node) => node.name);
  const missing = evaluation.matches.flatMap(({ desired, node }) =>
    node?.state === "ready" ? [] : [`${desired.name} is ${capital(node?.state ?? "missing")}`],
  );
  if (missing.length > 0) {
    return refuse(
      `The CA isn't rotated, because every host has to trust the new one first: ${list(missing)}. First: ${repair}, then: ${again}`,
    );
  }
  /** Changes the state, and then the cluster. @returns why that failed, with the remedy */
  const change = async (
    work: (() => Promise<(exported: unknown) => unknown>) | undefined,
    remedy = `Run it again: ${again}`,
  ): Promise<string | undefined> => {
    try {
      if (work !== undefined) await rewriteState(await work());
    } catch (error) {
      return `${messageOf(error)}\nRun it again: ${again}`;
    }
    const failure = await cluster.up([]);
    return failure === undefined ? undefined : `${failure}\n${remedy}`;
  };
  const common = { hosts, usually: "1 to 3 min", limit: SETTLE_LIMIT };
  const steps: Step[] = [
    {
      ...common,
      key: "trust",
      title: "Distributing the new CA to all hosts and services, beside the old one",
      failed: "The new CA isn't trusted everywhere, and has signed nothing.",
      run: () =>
        change(async () => {
          const made = await authorities();
          return (exported) => withNewTrust(exported, made);
        }),
    },
    {
      ...common,
      key: "issue",
      title: "Issuing all certificates by the new CA",
      failed: "Not all certificates are issued by the new CA. Both are trusted.",
      run: () =>
        change(
          phase === "issuing"
            ? undefined
            : async () => {
                const made = await authorities();
                return (exported) => withNewSigner(exported, made);
              },
        ),
    },
    {
      ...common,
      key: "drop",
      title: "Removing the old CA from all hosts and services, and verifying that it is refused",
      failed: "All certificates are the new CA's, but some hosts may still trust the old one.",
      // Where the outputs are the new ones already, the command would begin another rotation.
      run: () =>
        change(
          phase === "dropping" ? undefined : () => Promise.resolve((exported) => withoutOld(exported)),
          `Finish it: ${up}`,
        ),
    },
  ].filter(({ key }) => !DONE[phase].includes(key) && !past.some(({ step }) => step.key === key));
  return { steps, left: [], ...(DONE[phase].length > 0 || past.length > 0 ? {} : { loses: lossOf(name, given) }) };
}

/** What people have to do afterwards. */
function lossOf(stack: string, given: readonly string[]): Loss {
  const what = "the access of Docker contexts, CI systems and browsers that trust only the old CA";
  return {
    what,
    question: `A new CA ends ${what}, until they are given the new one (${commands(stack).context}, npm run trust -- ${stack})`,
    declined: `Nothing was changed. To accept that: ${withFlags(`npm run rotate -- ${stack} ca`, given, "--yes")}`,
  };
}
