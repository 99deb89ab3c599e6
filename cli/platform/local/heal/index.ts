/** For `npm run repair` and `npm run replace`. */
import type Docker from "dockerode";
import { bringBack } from "../../../cluster/platform";
import type { BroughtBack } from "../../types";

/** Brings back what can be brought back of a local stack. */
export function heal(docker: Docker, stack: string): Promise<BroughtBack> {
  return bringBack(docker, stack);
}
