/** The platform `local`, as the commands see it. */
import { docker as engineClient } from "../../../components/platform/local/docker";
import type { EngineVersion } from "../../../config/platforms/local/engines";
import { checkBastion } from "../../pulumi/bastion";
import { readStackConfig } from "../../pulumi/config";
import { localStackExists } from "../../pulumi/stack";
import { dockerClient } from "../../workstation/docker-client";
import { ensureDockerEngine } from "../../workstation/docker-engine";
import { prepareMachine } from "../../workstation/machine";
import type { Containers, Platform } from "../types";
import { localBastion } from "./bastion";
import { localFacts } from "./facts";
import { heal, lookAtMachines } from "./heal/bring-back";
import { findingsOf } from "./heal/words";
import { stackContainers, stateLost } from "./leftovers";
import { leftovers, listMachines, removeLeftovers } from "./machines";
import { runInContainer } from "./run";
import { findStrays } from "./strays";

const containers: Containers = {
  prepare: async (stack) => (await prepareMachine(hostEngineOf(stack))).docker,
  async engine() {
    const engine = await ensureDockerEngine();
    process.env["DOCKER_HOST"] = engine.dockerHost;
    return dockerClient(engine.socket);
  },
  async inspect(stack) {
    const docker = engineClient();
    const [plan, strays] = await Promise.all([lookAtMachines(docker, stack), findStrays(docker, stack)]);
    return { machines: findingsOf(plan), strays: strays.map(({ name }) => name) };
  },
  bringBack: heal,
  machines: listMachines,
  containers: stackContainers,
  stateLost,
  objects: leftovers,
  remove: removeLeftovers,
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
  containers,
};
