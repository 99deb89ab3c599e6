/** Compares the running cluster with its configuration. Changes nothing. */
import type Docker from "dockerode";
import { messageOf } from "../../components/message";
import { planHosts } from "../../plan/placement";
import type { Evaluation } from "../cluster/evaluate";
import { inspectDeep, throughManager } from "../cluster/inspect";
import { readStack, type LiveStack } from "../cluster/stack";
import { reachOf } from "../diagnose/access";
import { lookAtHosts } from "../diagnose/look-at-hosts";
import { cliPlatformOf, platformsOf } from "../platform";
import { wholeConfig } from "../pulumi";
import { readStackConfig } from "../pulumi/config";
import { readStackFile } from "../pulumi/project";
import { differencesOf, machineDifferences, planDifferences, type Difference, type Drift } from "./differences";
import { deployedImages, imageDifferences, liveImages } from "./own-images";
import { cloudDifferences } from "./refresh";
import { wantedSettings } from "./wanted-settings";

/** What was found, and whether the managers answered. */
export interface FoundDrift extends Drift {
  readonly reachable: Evaluation["reachable"];
}

/**
 * Compares everything at once.
 *
 * @param docker the Docker engine that the hosts are containers of @default there is none
 * @throws UserError when there is no such stack, or it isn't up
 */
export async function findDrift(name: string, docker: Docker | undefined): Promise<FoundDrift> {
  const stack = await readStack(name);
  const file = readStackFile(name);
  const config = readStackConfig(name, file);
  const platform = cliPlatformOf(file);
  const upgrade = platform?.engineUpgrade?.(name, file);
  const [{ evaluation }, { looks }, images, cloud] = await Promise.all([
    inspectDeep(stack, docker === undefined ? {} : { docker }),
    lookAtHosts(reachOf(stack), { docker, logs: false, reach: false }),
    attempt("images of the stack's own services", () => imagesOf(stack)),
    // What containers there are is in the status.
    attempt("resources of the cloud", async () => {
      if (platform?.listed !== undefined) {
        return machineDifferences(
          name,
          await platform.listed.look(name, stack.deployment, () => wholeConfig(name, file)),
        );
      }
      return platform?.containers === undefined ? cloudDifferences(name, platformsOf(file)) : [];
    }),
  ]);
  const { differences, notCompared } = differencesOf({
    ...{ stack: name, evaluation, looks },
    ...(upgrade !== undefined && "version" in upgrade ? { upgrade } : {}),
    ...(config === undefined ? {} : { settings: wantedSettings(config) }),
  });
  return {
    reachable: evaluation.reachable,
    differences: [
      ...(config === undefined ? [] : planDifferences(name, planHosts(config), stack.desired.nodes)),
      ...differences,
      ...images.found,
      ...cloud.found,
    ],
    // Without a manager there is one reason for all.
    notCompared: [...notCompared, ...(evaluation.reachable ? images.failed : []), ...cloud.failed],
  };
}

async function imagesOf(stack: LiveStack): Promise<Difference[]> {
  const deployed = deployedImages(stack.deployment);
  return imageDifferences(stack.stack, deployed, await throughManager(stack, liveImages));
}

async function attempt(
  what: string,
  work: () => Promise<Difference[]>,
): Promise<{ readonly found: readonly Difference[]; readonly failed: readonly string[] }> {
  try {
    return { found: await work(), failed: [] };
  } catch (error) {
    return { found: [], failed: [`${what}: ${messageOf(error)}`] };
  }
}
