/**
 * Bringing back what a local stack has on the Docker engine, before anything is planned on it: its network, containers
 * whose data survive, stopped and paused ones. Nothing that holds data is removed.
 */
import type Docker from "dockerode";
import { messageOf } from "../../../../components/message";
import { statusOf, unlessGone } from "../../../../components/docker";
import { reconnect, restoreContainer, restoreNetwork } from "../../../../components/platform/local/restore";
import type { Deployment } from "../../../cluster/deployment";
import { list } from "../../../cluster/words";
import { readCheckpoint } from "../../../pulumi/local-state";
import { localStackExists } from "../../../pulumi/stack";
import { stepsOf, type State } from "../../../pulumi/unfinished";
import { statePath } from "../../../paths";
import { UserError } from "../../../terminal/errors";
import { withLock } from "../../../workstation/lock.cjs";
import { createProgress } from "../../../terminal/progress";
import type { BroughtBack, StateAccess } from "../../types";
import { removeUnmanaged } from "../unmanaged";
import { planHeal, type HealAction, type HealPlan } from "./plan";
import { recipeOf } from "./restored";
import { objectsIn, type KnownInstance, type KnownObjects } from "./state";
import { survey } from "./survey";
import { doneText } from "./words";

const NOTHING: BroughtBack = { changed: false, due: false, failures: [], gone: [] };

/** How often containers with a lost volume are tried again, without it. */
const ROUNDS = 2;

/**
 * Brings back what can be brought back of a local stack. Does nothing before its first `up`.
 *
 * @throws UserError when a running command holds the stack, or no manager is left
 */
export async function heal(docker: Docker, stack: string, state: StateAccess): Promise<BroughtBack> {
  if (!localStackExists(stack)) return NOTHING;
  return withLock(statePath("heal", `${stack}.lock`), async () => {
    await state.heal(stack);
    await removeUnmanaged(docker, stack);
    let healed = NOTHING;
    for (let round = 1; round <= ROUNDS; round++) {
      const known = objectsIn(stateOf(stack));
      const plan = planHeal(known, await survey(docker, stack));
      refuseNoManager(stack, known, plan);
      const { failures, retry } = await perform(docker, stack, known, plan, state);
      healed = {
        changed: healed.changed || plan.actions.length > 0,
        due: healed.due || needsUp(plan),
        failures,
        gone: plan.gone.map(({ name }) => name),
      };
      if (!retry) break;
    }
    return healed;
  });
}

/** What `status` reports (words.ts). Changes nothing. */
export async function lookAtContainers(docker: Docker, stack: string): Promise<HealPlan> {
  return planHeal(objectsIn(stateOf(stack)), await survey(docker, stack));
}

/** The state file: reading it needs no Pulumi engine. Its secrets are encrypted. */
function stateOf(stack: string): Deployment {
  return { deployment: (readCheckpoint(stack)?.latest ?? {}) as NonNullable<Deployment["deployment"]> };
}

/** The swarm's state is on the managers' volumes. @throws UserError when none is left */
export function refuseNoManager(
  stack: string,
  { instances }: Pick<KnownObjects, "instances">,
  { gone }: Pick<HealPlan, "gone">,
): void {
  const managers = instances.filter(({ role }) => role === "manager");
  if (managers.length === 0 || managers.some((manager) => !gone.includes(manager))) return;
  throw new UserError(
    `No manager of the stack ${stack} is left: ${list(managers.map(({ name }) => name))} were removed with their volumes. The ` +
      "swarm with its services, secrets and configs is lost. Create a new stack: " +
      `npm run destroy -- ${stack} --yes, then npm start -- ${stack}`,
  );
}

function needsUp({ actions }: HealPlan): boolean {
  return actions.some(({ kind }) => kind === "restore");
}

/** Does all of it. Resources are marked first, so that the next `up` redoes them even if this run is killed. */
async function perform(
  docker: Docker,
  stack: string,
  { network }: KnownObjects,
  plan: HealPlan,
  access: StateAccess,
): Promise<{ readonly failures: readonly string[]; readonly retry: boolean }> {
  const { actions, emptied } = plan;
  if ((actions.length === 0 && emptied.length === 0) || network === undefined) return { failures: [], retry: false };
  const progress = createProgress();
  const sayEmptied = (): void => {
    for (const volume of emptied)
      progress.info(`The volume ${volume} was lost and is recreated empty: push your images to the registry again.`);
  };
  if (actions.length === 0) {
    sayEmptied();
    return { failures: [], retry: false };
  }
  const instances = [...new Set(actions.flatMap((action) => ("instance" in action ? [action.instance] : [])))];
  const what = instances.length === 0 ? network.name : list(instances.map(({ name }) => name));
  return progress.step(`Bringing back ${what} of the stack ${stack}`, "2 to 20 s", async () => {
    if (needsUp(plan)) await access.redo(stack, (state) => toRedo(state, plan));
    const deployment = needsUp(plan) ? await access.read(stack) : {};
    if (actions.some(({ kind }) => kind === "network")) await restoreNetwork(docker, network);
    const lost: string[] = [];
    const failures: string[] = [];
    await Promise.all(
      instances.map(async (instance) => {
        try {
          for (const action of actions) {
            if ("instance" in action && action.instance === instance) await performOne(docker, action, deployment);
          }
        } catch (error) {
          const volume = lostVolume(error);
          if (volume !== undefined && isShared(instance, volume)) lost.push(volume);
          else failures.push(`${instance.name}: ${messageOf(error)}`);
        }
      }),
    );
    for (const line of doneText(actions)) progress.info(line);
    sayEmptied();
    for (const failure of failures) progress.info(`Not brought back: ${failure}`);
    for (const volume of new Set(lost)) await dropVolume(docker, volume);
    return { failures, retry: lost.length > 0 };
  });
}

/** Steps of hosts that lose their file system, by URN. */
function toRedo({ resources }: State, { actions }: HealPlan): string[] {
  const instances = actions.flatMap((action) => (action.kind === "restore" ? [action.instance.urn] : []));
  return instances.flatMap((urn) => stepsOf(urn, resources ?? []));
}

async function performOne(docker: Docker, action: HealAction, deployment: Deployment): Promise<void> {
  switch (action.kind) {
    case "network":
      return;
    case "restore": {
      if (action.replaces !== undefined) await unlessGone(docker.getContainer(action.replaces).remove({ force: true }));
      const { state, more } = recipeOf(deployment, action.instance.urn);
      await restoreContainer(docker, state, more);
      return;
    }
    case "rename":
      await docker.getContainer(action.container.id).rename({ name: action.instance.container });
      return;
    case "connect":
      await reconnect(docker, action.container.id, action.instance);
      return;
    case "resume":
      await docker.getContainer(action.container.id).unpause();
      return;
    case "start":
      await started(docker.getContainer(action.container.id).start());
      return;
  }
}

/** 304: it is running already. */
async function started(start: Promise<unknown>): Promise<void> {
  try {
    await start;
  } catch (error) {
    if (statusOf(error) !== 304) throw error;
  }
}

/** The volume whose directory is gone, by the error of a failed start. */
export function lostVolume(error: unknown): string | undefined {
  return /\/volumes\/([^/]+)\/_data.*no such file or directory/.exec(messageOf(error))?.[1];
}

function isShared({ volumes = [] }: KnownInstance, volume: string): boolean {
  return volumes.some((text) => text.startsWith(`${volume}:`));
}

/**
 * Removes the record of a volume whose directory is gone, and the containers that can't start without it. Their own data are
 * on other volumes: they are recreated in the next round.
 */
async function dropVolume(docker: Docker, volume: string): Promise<void> {
  const users = await docker.listContainers({ all: true, filters: { volume: [volume] } });
  await Promise.all(users.map(({ Id }) => unlessGone(docker.getContainer(Id).remove({ force: true }))));
  await unlessGone(docker.getVolume(volume).remove({ force: true }));
}
