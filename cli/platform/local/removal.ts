import { LABELS } from "../../../plan/labels";

/** A shell command that removes everything of the stack from the engine. */
export function removalCommand(stack: string): string {
  const filter = `--filter label=${LABELS.stack}=${stack}`;
  // xargs -r: nothing is run for nothing, so the command can be given again.
  return [
    `docker ps -aq ${filter} | xargs -r docker rm -fv`,
    `docker volume ls -q ${filter} | xargs -r docker volume rm`,
    `docker network ls -q ${filter} | xargs -r docker network rm`,
  ].join("; ");
}
