/** Prepares the workstation for local stacks. */
import type Docker from "dockerode";
import { hostImageBuild, type EngineVersion } from "../../components/platform/local/image";
import { findEngine } from "../pulumi/find";
import { recoverApt } from "./apt";
import { dockerOn } from "../../components/docker";
import { ensureDockerEngine } from "./docker-engine";
import { ensureImage } from "./host-image";
import { ensureProgramImages } from "./program-images";
import { createProgress } from "../terminal/progress";

/**
 * Makes sure that there are a Docker engine, the images and a Pulumi engine. What exists already costs milliseconds.
 * DOCKER_HOST is set for everything that this process starts.
 *
 * @param hostEngine the Docker engine of the stack's hosts @default the one of new stacks
 * @returns a client of the Docker engine
 */
export async function prepareWorkstation(hostEngine?: EngineVersion): Promise<Docker> {
  const progress = createProgress();
  await recoverApt();
  const engine = await ensureDockerEngine({ progress });
  process.env["DOCKER_HOST"] = engine.dockerHost;
  const docker = dockerOn(engine.socket);
  await ensureImage(docker, hostImageBuild(hostEngine), progress);
  await ensureProgramImages(docker, progress);
  await findEngine({ progress });
  return docker;
}
