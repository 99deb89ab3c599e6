/**
 * Rotates the registry's password. The registry accepts two logins: the one in use and the next one. Services get the next one
 * first, while both are accepted, and only then the old one is dropped. So no pull is refused in between.
 *
 * The swarm doesn't tell which login a service has: each one whose image is in the registry gets the new one.
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
  lookOnce,
  newProblems,
  SETTLE_LIMIT,
  waitUntilAsBefore,
  type Rotation,
  type RotationOptions,
  type RotationSeen,
  type RotationTools,
} from "./rotation";

/** See {@link RotationSeen}. */
interface PasswordSeen extends RotationSeen {
  /** Services that pull with the old login. */
  readonly services: readonly PullingService[];
  /** What each replica answers to the old and the new login. @default they weren't asked yet */
  readonly answers?: Readonly<Record<string, readonly Answer[]>>;
}

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
    name: "rotate",
    stack: cluster.stack,
    title: `rotation of the registry's password of the stack ${cluster.stack}`,
    async observe(moment) {
      if (moment.kind === "start") {
        const stack = await cluster.read();
        const evaluation = await lookOnce(tools, stack);
        const services = await tools.through(stack, (call) => servicesFrom(call, registryOf(stack)));
        return { stack, evaluation, before: evaluation.problems, services };
      }
      const { stack, before } = moment.before;
      if (moment.kind === "after") {
        if (moment.step.key !== "up" || moment.failure !== undefined) return moment.before;
        return { ...moment.before, answers: await tools.tryLogins(await cluster.read(), loginsOf(stack)) };
      }
      return { ...moment.before, evaluation: await waitUntilAsBefore(tools, stack, before) };
    },
    plan: (seen, past) => planPassword(tools, options, seen, past),
    settled: ({ answers, before, evaluation }) =>
      answers !== undefined && wrongAnswers(answers).length === 0 && newProblems(before, evaluation).length === 0,
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

/** Replicas that accept the old login or refuse the new one. One that doesn't answer at all is another problem. Pure. */
export function wrongAnswers(answers: Readonly<Record<string, readonly Answer[]>>): string[] {
  return Object.entries(answers).flatMap(([host, [old, next]]) => {
    if (typeof old === "string" || typeof next === "string") return [];
    return old === 401 && next === 200 ? [] : [`${host} answers ${old} to the old login and ${next} to the new one`];
  });
}

function planPassword(
  tools: RotationTools,
  { redeploy, given }: RotationOptions,
  seen: PasswordSeen,
  past: readonly Past<Step>[],
): Plan<Step> {
  const { stack, services, answers } = seen;
  const { cluster, through, progress } = tools;
  const { stack: name } = stack;
  const me = again(`npm run rotate -- ${name} registry-password`, given);
  const refuse = (refused: string): Plan<Step> => ({ steps: [], left: [], refused });
  if (answers !== undefined) {
    const wrong = wrongAnswers(answers);
    if (wrong.length === 0) return { steps: [], left: [] };
    return refuse(`${list(wrong)}. Check the registry: ${commands(name).status}`);
  }
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
    failed: `The registry's login could not be replaced everywhere. Run it again: ${commands(name).up}`,
    run() {
      if (jobs.length > 0) progress.info(left.join(" "));
      return cluster.up([key.urn]);
    },
  });
  const loses = redeploy || names.length === 0 ? undefined : lossOf(name, names, given);
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
