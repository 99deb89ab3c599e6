/** Sets the clock of a host's Docker engine. Its host and the programs beside it keep theirs: they share the workstation's. */
import { succeed } from "../../test/support/run";
import { clockPatches } from "./vdso";

/** Seconds by which the engine may answer later than it is asked. */
const TOLERANCE = 60;

const FIND = `pid=$(pgrep -o -x dockerd) && range=$(grep -F '[vdso]' "/proc/$pid/maps") && range=\${range%% *}
  start=$((16#\${range%-*})) end=$((16#\${range#*-}))`;

/**
 * Sets it.
 *
 * @param container name of the host's container
 * @param seconds how far from the workstation's; negative: behind; 0: the same
 * @throws Error when the Docker engine doesn't run, or tells another time afterwards
 */
export async function setClock(container: string, seconds: number): Promise<void> {
  const bash = (text: string): Promise<string> =>
    succeed("docker", ["exec", container, "bash", "-ec", text], { limit: 60 });
  const read = await bash(
    `${FIND}; dd if="/proc/$pid/mem" bs=4096 skip=$((start / 4096)) count=$(((end - start) / 4096)) status=none | base64 -w 0`,
  );
  const writes = clockPatches(Buffer.from(read, "base64"), seconds).map(
    ({ offset, bytes }) =>
      `base64 -d <<<${bytes.toString("base64")} | dd of="/proc/$pid/mem" bs=1 seek=$((start + ${String(offset)})) conv=notrunc status=none`,
  );
  // Stopped, so that no thread runs what is half written.
  await bash(`${FIND}; kill -STOP "$pid"; trap 'kill -CONT "$pid"' EXIT; ${writes.join("; ")}`);
  const told = (await bash("timeout 20 docker info --format '{{.SystemTime}}'")).trim();
  const off = (Date.parse(told) - Date.now()) / 1000 - seconds;
  if (!(Math.abs(off) < TOLERANCE)) throw new Error(`the Docker engine of ${container} says that it is ${told}`);
}
