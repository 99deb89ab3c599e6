/**
 * Rotates the registry's password. The registry accepts two logins: the one in use and the next one. Services get the next one
 * first, while both are accepted, and only then the old one is dropped. So no pull is refused in between. Replicas don't accept
 * the next one yet when the `up` of an earlier rotation ended before its rollout: that is finished first.
 *
 * The Docker API doesn't show which login a service has: each one whose image is in the registry gets the new one.
 */
import type { RegistryLogin } from "../../../components/registry/credentials";
import { messageOf } from "../../../components/message";
import { giveLogin, servicesFrom, type PullingService } from "../../cluster/pulls";
import type { Answer } from "../../cluster/registry-access";
import { nameOf, resourcesOf } from "../../cluster/deployment";
import type { LiveStack } from "../../cluster/stack";
import { commands, list } from "../../cluster/words";
import { again } from "../../terminal/arguments";
import type { Loss, Operation, Past, Plan, Step } from "../operation";
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

/** See {@link RotationSeen}. */
interface PasswordSeen extends RotationSeen {
  /** See {@link unapplied}. */
  readonly unapplied: string | undefined;
  /** Services that pull with the old login. */
  readonly services: readonly PullingService[];
  /** What replicas answered before the rotation. */
  readonly first: Answers | string;
  /** What they answered after it. @default they weren't asked yet */
  readonly answers?: Answers | string;
}

/** By host name, what a replica answers to the old and the new login. A text instead: why none could be asked. */
type Answers = Readonly<Record<string, readonly Answer[]>>;

/** See the top of this file. */
export const registryPassword: Rotation = {
  summary: "the registry's password; with --redeploy, services get the new login first",
  redeploys: true,
  use: (tools, options, run) => run(rotation(tools, options)),
  after: (stack) =>
    `The old login is refused. Log in again: ${commands(stack).context}. CI systems get the new one from ` +
    `npm run pulumi -- stack output registryCredentials --show-secrets -s ${stack}`,
};

function rotation(tools: RotationTools, options: RotationOptions): Operation<PasswordSeen, Step> {
  const { cluster } = tools;
  return {
    ...headOf(tools, "rotation of the registry's password"),
    async observe(moment) {
      if (moment.kind === "start") {
        const stack = await cluster.read();
        const evaluation = await lookOnce(tools, stack);
        const services = await tools.through(stack, (call) => servicesFrom(call, registryOf(stack)));
        return {
          ...{ stack, evaluation, before: evaluation.problems, services, first: await answersOf(tools, stack) },
          unapplied: unapplied(stack.stack, tools.pendingHosts(stack)),
        };
      }
      const { stack, before } = moment.before;
      if (moment.kind === "end") return { ...moment.before, evaluation: await waitUntilAsBefore(tools, stack, before) };
      if (moment.failure !== undefined) return moment.before;
      if (moment.step.key === "finish") {
        const now = await cluster.read();
        return { ...moment.before, stack: now, first: await answersOf(tools, now) };
      }
      if (moment.step.key !== "up") return moment.before;
      const answers = await cluster
        .read()
        .then((now) => tools.tryLogins(now, loginsOf(stack)))
        .catch(messageOf);
      const { right, silent } = judgedOf(answers);
      if (right.length > 0) for (const text of silent) tools.progress.info(`${text}: check again once it is back`);
      return { ...moment.before, answers };
    },
    plan: (seen, past) => planPassword(tools, options, seen, past),
    settled: ({ answers, before, evaluation }) =>
      answers !== undefined && unverified(answers) === undefined && newProblems(before, evaluation).length === 0,
    onFailure: "stop",
  };
}

/** `host:port`, as names of images begin. */
function registryOf({ outputs }: LiveStack): string {
  return new URL(outputs.endpoints.registry ?? "https://registry").host;
}

/** The old login and the new one. */
function loginsOf({ outputs }: LiveStack): RegistryLogin[] {
  const { registryCredentials: old, access } = outputs;
  const { registryNext: next } = access;
  return old === undefined || next === undefined ? [] : [old, { username: next.username, password: next.password }];
}

/** Asks the replicas. */
function answersOf({ tryLogins }: RotationTools, stack: LiveStack): Promise<Answers | string> {
  return tryLogins(stack, loginsOf(stack)).catch(messageOf);
}

/** What came of the rotation at the replicas, a text for each. Pure. */
function judgedOf(answers: Answers | string): {
  /** They refuse the old login, and accept the new one. */
  readonly right: readonly string[];
  readonly wrong: readonly string[];
  /** They didn't answer: another problem, as long as others did. */
  readonly silent: readonly string[];
} {
  const [right, wrong, silent] = [[] as string[], [] as string[], [] as string[]];
  for (const [host, given] of Object.entries(typeof answers === "string" ? {} : answers)) {
    const [old, next] = given;
    const reason = given.find((answer) => typeof answer === "string");
    if (reason !== undefined) silent.push(`${host} wasn't asked (${reason})`);
    else if (old === 401 && next === 200) right.push(host);
    else wrong.push(`${host} answers ${old ?? 0} to the old login and ${next ?? 0} to the new one`);
  }
  return { right, wrong, silent };
}

/** Why the rotation isn't known to have succeeded. @returns undefined when it is. Pure. */
function unverified(answers: Answers | string): string | undefined {
  const { right, wrong, silent } = judgedOf(answers);
  if (wrong.length > 0) return list(wrong);
  if (right.length > 0) return undefined;
  const why = typeof answers === "string" ? answers : list(silent) || "the registry has no replica";
  return `The login was replaced, but not verified: ${why}`;
}

/** Replicas that refuse the next login. Pure. */
function refusing(answers: Answers): string[] {
  return Object.entries(answers).flatMap(([host, [, next]]) => (next === 401 ? [host] : []));
}

/** Why no replica is known to accept the next login, so that services mustn't get it. @returns undefined when one does. Pure. */
function notAccepted(answers: Answers | string): string | undefined {
  if (typeof answers === "string") return answers;
  if (Object.values(answers).some(([, next]) => next === 200)) return undefined;
  return list(Object.entries(answers).map(([host, [, next]]) => `${host}: ${next ?? "no answer"}`));
}

function planPassword(
  tools: RotationTools,
  { redeploy, given }: RotationOptions,
  seen: PasswordSeen,
  past: readonly Past<Step>[],
): Plan<Step> {
  const { stack, services, first, answers } = seen;
  const { cluster, through, progress } = tools;
  const { stack: name } = stack;
  const me = again(`npm run rotate -- ${name} registry-password`, given);
  const refuse = (refused: string): Plan<Step> => ({ steps: [], left: [], refused });
  if (answers !== undefined) {
    const why = unverified(answers);
    return why === undefined ? { steps: [], left: [] } : refuse(`${why}. Check the registry: ${commands(name).status}`);
  }
  if (seen.unapplied !== undefined) return refuse(seen.unapplied);
  const next = stack.outputs.access.registryNext;
  const [, login] = loginsOf(stack);
  const key = resourcesOf(stack.deployment).find(({ urn }) => nameOf(urn) === next?.replaces);
  if (login === undefined || key === undefined) {
    return refuse(
      `The registry has no second login yet, because its stack is from before there were two. First: ${commands(name).up}`,
    );
  }
  const rolling = services.filter(({ rollout, job }) => rollout !== undefined && !job);
  if (redeploy && rolling.length > 0 && past.length === 0) {
    const texts = rolling.map((service) => `${service.name} (${service.rollout ?? ""})`);
    return refuse(
      `A rollout hasn't ended, and another update would change it: ${list(texts)}. Wait for its end, or finish it, then run: ${me}`,
    );
  }
  const jobs = services.filter(({ job }) => job).map((service) => service.name);
  const left =
    jobs.length === 0 ? [] : [`The jobs ${list(jobs)} have the old login. Deploy them again before their next run.`];
  const pulling = services.filter(({ job }) => !job);
  const names = pulling.map((service) => service.name);
  const steps: Step[] = [];
  const unready = typeof first === "string" ? [] : refusing(first);
  if (unready.length > 0) {
    if (past.some(({ step, outcome }) => step.key === "finish" && outcome === "done")) {
      return refuse(
        `${list(unready)} refused the next login also after an up. Check the registry: ${commands(name).status}`,
      );
    }
    steps.push({
      key: "finish",
      title: "Finishing the registry's last change",
      usually: "1 to 2 min",
      hosts: unready,
      limit: SETTLE_LIMIT,
      failed: `The registry's last change could not be finished. Nothing was rotated. Run it again: ${me}`,
      run: () => cluster.up([]),
    });
  } else {
    const why = notAccepted(first);
    if (why !== undefined) {
      return refuse(
        `No replica of the registry accepts the next login: ${why}. Check the registry: ${commands(name).status}`,
      );
    }
  }
  if (redeploy && pulling.length > 0) {
    steps.push({
      key: "redeploy",
      title: `Giving ${list(names)} the new login`,
      usually: "1 to 10 s",
      hosts: [],
      limit: SETTLE_LIMIT,
      failed: `Not all services got the new login. The old one is still accepted. Run it again: ${me}`,
      async run() {
        const failures: string[] = [];
        for (const service of pulling) {
          await through(stack, (call) => giveLogin(call, service.id, registryOf(stack), login)).catch(
            (error: unknown) => failures.push(`${service.name}: ${messageOf(error)}`),
          );
        }
        return failures.length === 0 ? undefined : failures.join("\n");
      },
    });
  }
  steps.push({
    key: "up",
    title: "Replacing the registry's old login",
    usually: "1 to 2 min",
    hosts: [],
    limit: SETTLE_LIMIT,
    failed: `The registry's login may still be the old one. Run it again: ${me}`,
    run() {
      if (jobs.length > 0) progress.info(left.join(" "));
      return cluster.up([key.urn]);
    },
  });
  const loses = redeploy || names.length === 0 || past.length > 0 ? undefined : lossOf(name, names, given);
  return {
    steps: steps.filter((step) => !past.some((one) => one.step.key === step.key)),
    left: past.length === 0 ? left : [],
    ...(loses === undefined ? {} : { loses }),
  };
}

/** Without `--redeploy`. */
function lossOf(stack: string, services: readonly string[], given: readonly string[]): Loss {
  const what = `the login with which ${list(services)} ${services.length === 1 ? "pulls" : "pull"}`;
  const me = `npm run rotate -- ${stack} registry-password`;
  return {
    what,
    question: `A new password loses ${what}: nodes without the image can't start their tasks until you deploy them again`,
    declined:
      `Nothing was changed: ${list(services)} would have lost the login for pulls. ` +
      `To give them the new one: ${again(me, given, "--redeploy")}\n` +
      `To deploy them again yourself: ${again(me, given, "--yes")}`,
  };
}
