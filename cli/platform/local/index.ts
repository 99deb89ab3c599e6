/** The platform `local`, for the commands. */
import { docker, dockerOn } from "../../../components/docker";
import type { EngineVersion } from "../../../config/platforms/local/engines";
import { checkBastion } from "../../pulumi/bastion";
import { readStackConfig } from "../../pulumi/config";
import { localStackExists } from "../../pulumi/stack";
import { commands } from "../../cluster/words";
import { ensureDockerEngine } from "../../workstation/docker-engine";
import { prepareWorkstation } from "../../workstation/prepare";
import type { Containers, PlannedRun, Platform } from "../types";
import { localBastion } from "./bastion";
import { localChecks } from "./checks";
import { localFacts } from "./facts";
import { heal, lookAtContainers } from "./heal/bring-back";
import { findingsOf } from "./heal/words";
import { backupsOf, listInstances, listObjects, removeObjects, stackContainers } from "./objects";
import { containerRecord } from "./record";
import { stateLost } from "./removal";
import { runInContainer } from "./run";
import { findUnmanaged } from "./unmanaged";

const containers: Containers = {
  prepare: (stack) => prepareWorkstation(hostEngineOf(stack)),
  async engine() {
    const engine = await ensureDockerEngine();
    process.env["DOCKER_HOST"] = engine.dockerHost;
    return dockerOn(engine.socket);
  },
  async inspect(stack) {
    const here = docker();
    const [plan, unmanaged] = await Promise.all([lookAtContainers(here, stack), findUnmanaged(here, stack)]);
    return { differences: findingsOf(plan), unmanaged: unmanaged.map(({ name }) => name), emptied: plan.emptied };
  },
  bringBack: heal,
  instances: listInstances,
  containers: stackContainers,
  record: containerRecord,
  stateLost,
  objects: listObjects,
  backups: backupsOf,
  remove: removeObjects,
  run: runInContainer,
};

/** @returns the Docker engine of the stack's hosts; undefined where the config doesn't name one */
function hostEngineOf(stack: string): EngineVersion | undefined {
  const config = readStackConfig(stack);
  return config?.platform === "local" ? config.local.engine : undefined;
}

function bastionAnswers({ stack, file, args }: PlannedRun): Promise<void> {
  return checkBastion(stack, args, () => Promise.resolve(localStackExists(stack) ? localBastion(file) : undefined));
}

/** See {@link Platform}. */
export const local: Platform = {
  ...localFacts,
  preflight: bastionAnswers,
  checks: (run) => [...localChecks(run), { what: "the bastion", check: () => bastionAnswers(run) }],
  engineUpgrade(stack, file) {
    const config = readStackConfig(stack, file);
    if (config?.platform !== "local") return undefined;
    const { image, engine } = config.local;
    if (image !== undefined) {
      const unknown =
        `The hosts' image is swarm-ha:local.image (${image}), and what Docker engine it has is unknown. ` +
        `Replace the hosts instead: ${commands(stack).replace} --all`;
      return { unknown };
    }
    return { version: engine, key: "swarm-ha:local.engine", way: "replace" };
  },
  containers,
};
