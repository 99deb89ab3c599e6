/** Building an image from a folder on the Docker engine, once. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { cachePath } from "../paths";
import { ensureBaseImage, releasesIn } from "./base-image";
import { followToEnd, hasImage } from "./docker-client";
import { UserError } from "../terminal/errors";
import { withLock } from "./lock.cjs";
import { createProgress, type Progress } from "../terminal/progress";

/** An image to have. */
export interface ImageWish {
  /** Its name with a tag that stands for the folder's content: what is there under that name is never stale. */
  readonly name: string;
  /** The folder with its Dockerfile. */
  readonly folder: string;
  /** What people call it. @default the host image */
  readonly what?: string;
  /** How long building it usually takes, in words. @default 40 to 120 s */
  readonly usually?: string;
  /** Arguments of the build. @default none but the workstation's proxies */
  readonly arguments?: Readonly<Record<string, string>>;
}

/** Milliseconds that a build may take. */
const BUILD_LIMIT = 1_200_000;

/**
 * Makes sure that the Docker engine has the image, building it (and its base) if it doesn't. The Docker engine names an image only
 * when its build has ended well, so an interrupted one leaves nothing that could be taken for it.
 *
 * @throws UserError with the build's last lines
 */
export async function ensureImage(
  docker: Docker,
  wish: ImageWish,
  progress: Progress = createProgress(),
): Promise<void> {
  if (await hasImage(docker, wish.name)) return;
  const { what = "the host image", usually = "40 to 120 s" } = wish;
  // One lock for all: they share their base.
  const lock = cachePath("locks", "host-image");
  const wait = (pid: number) => {
    progress.info(`Waiting for the run that is building an image (process ${pid}) …`);
  };
  await withLock(
    lock,
    async () => {
      if (await hasImage(docker, wish.name)) return;
      for (const release of releasesIn(readFileSync(join(wish.folder, "Dockerfile"), "utf8")))
        await ensureBaseImage(docker, progress, release);
      await progress.step(`Building ${what} ${wish.name}`, usually, (note) => buildImage(docker, wish, note));
    },
    wait,
  );
}

/** Builds an image, whether it is there or not. @throws UserError with the build's last lines */
export async function buildImage(docker: Docker, wish: ImageWish, note: (detail: string) => void): Promise<void> {
  const { name, folder } = wish;
  const limit = AbortSignal.timeout(BUILD_LIMIT);
  try {
    // `version` is not set: that is the Docker engine's own builder, which every Docker engine has; buildx may be missing.
    const answer = await docker.buildImage(
      { context: folder, src: readdirSync(folder) },
      {
        t: name,
        rm: true,
        forcerm: true,
        // The workstation's own network: from a bridge, a mirror, proxy or resolver on its loopback can't be reached.
        networkmode: "host",
        buildargs: { ...proxyArguments(process.env), ...wish.arguments },
        abortSignal: limit,
      },
    );
    const stream = answer as NodeJS.ReadableStream & { destroy?(error: Error): void };
    limit.addEventListener("abort", () => stream.destroy?.(new Error(`no end after ${BUILD_LIMIT / 1000} s`)));
    await followToEnd(docker, answer, `Building ${name}`, note);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`Building ${name} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The proxy variables, which builds get without a trace in the image (they are predefined build arguments). */
function proxyArguments(env: NodeJS.ProcessEnv): Record<string, string> {
  const proxies = Object.entries(env).filter(([name]) => /^(https?|ftp|no|all)_proxy$/i.test(name));
  return Object.fromEntries(proxies.map(([name, value]) => [name, value ?? ""]));
}
