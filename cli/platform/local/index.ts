/** The platform `local`, for the commands. */
import { docker, dockerOn } from "../../../components/docker";
import type { EngineVersion } from "../../../config/platforms/local/engines";
import { checkBastion } from "../../pulumi/bastion";
import { readStackConfig } from "../../pulumi/config";
import { localStackExists } from "../../pulumi/stack";
import { commands } from "../../cluster/words";
import { UserError } from "../../terminal/errors";
import { ensureDockerEngine } from "../../workstation/docker-engine";
import { prepareWorkstation } from "../../workstation/prepare";
import type { Containers, Platform } from "../types";
import { localBastion } from "./bastion";
import { localFacts } from "./facts";
import { heal, lookAtContainers } from "./heal/bring-back";
import { findingsOf } from "./heal/words";
import { listInstances, listObjects, removeObjects, stackContainers } from "./objects";
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
  stateLost,
  objects: listObjects,
  remove: removeObjects,
  run: runInContainer,
};

/** @returns the Docker engine of the stack's hosts; undefined where the config doesn't name one */
function hostEngineOf(stack: string): EngineVersion | undefined {
  const config = readStackConfig(stack);
  return config?.platform === "local" ? config.local.engine : undefined;
}

/** See {@link Platform}. */
export const local: Platform = {
  ...localFacts,
  preflight: ({ stack, file, args }) =>
    checkBastion(stack, args, () => Promise.resolve(localStackExists(stack) ? localBastion(file) : undefined)),
  engineUpgrade(stack, file) {
    const config = readStackConfig(stack, file);
    if (config?.platform !== "local") return undefined;
    const { image, engine } = config.local;
    if (image !== undefined) {
      throw new UserError(
        `The hosts' image is swarm-ha:local.image (${image}), and what Docker engine it has is unknown. ` +
          `Replace the hosts instead: ${commands(stack).replace} --all`,
      );
    }
    return { version: engine, key: "swarm-ha:local.engine", way: "replace" };
  },
  containers,
};
