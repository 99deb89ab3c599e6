/** All that this machine needs before a stack can be brought up on it. */
import type Docker from "dockerode";
import { hostImage, IMAGE_FOLDER } from "../../components/platform/local/image";
import { findEngine } from "../pulumi/find";
import { recoverApt } from "./apt";
import { dockerOn } from "../../components/docker";
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
 */
export async function prepareMachine(): Promise<Machine> {
  const progress = createProgress();
  await recoverApt();
  const engine = await ensureDockerEngine({ progress });
  process.env["DOCKER_HOST"] = engine.dockerHost;
  const docker = dockerOn(engine.socket);
  await ensureImage(docker, { name: hostImage(), folder: IMAGE_FOLDER }, progress);
  await ensureProgramImages(docker, progress);
  await findEngine({ progress });
  return { docker };
}
