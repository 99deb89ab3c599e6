import { succeed, until } from "./run";

/**
 * Pauses a container. With cgroup v1 the kernel sometimes can't freeze a process that is just being started; runc then
 * gives up after a second ("unable to freeze"). So it is tried again.
 *
 * @throws Error if that doesn't succeed within 30 s
 */
export async function pause(container: string): Promise<void> {
  await until(`docker pause ${container}`, 30, () =>
    succeed("docker", ["pause", container], { limit: 30 }).then(() => undefined),
  );
}
