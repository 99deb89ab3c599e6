/** All that this machine needs before a stack can be brought up on it. */
import type Docker from "dockerode";
import type { EngineVersion } from "../../config/platforms/local/engines";
import { hostImageBuild } from "../../components/platform/local/image";
import { findEngine } from "../pulumi/find";
import { recoverApt } from "./apt";
import { dockerClient } from "./docker-client";
import { ensureDockerEngine } from "./docker-engine";
import { ensureImage } from "./host-image";
import { ensureProgramImages } from "./program-images";
import { createProgress } from "../terminal/progress";

/** A machine that is ready. */
export interface Machine {
  readonly docker: Docker;
}

/**
 * Makes sure that there are a Docker engine, the images and a Pulumi engine; what is there already costs
 * milliseconds. DOCKER_HOST is set for everything that this process starts.
 *
 * @param hostEngine the Docker engine of the stack's hosts @default the one of new stacks
 */
export async function prepareMachine(hostEngine?: EngineVersion): Promise<Machine> {
  const progress = createProgress();
  await recoverApt();
  const engine = await ensureDockerEngine({ progress });
  process.env["DOCKER_HOST"] = engine.dockerHost;
  const docker = dockerClient(engine.socket);
  await ensureImage(docker, hostImageBuild(hostEngine), progress);
  await ensureProgramImages(docker, progress);
  await findEngine({ progress });
  return { docker };
}
