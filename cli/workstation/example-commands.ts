import type { StackOutputs } from "../../components/outputs";

/**
 * The commands that deploy examples/hello, and look at it. Pure.
 *
 * @param context the docker context that leads to the managers
 * @param push `host:port` under which the workstation's Docker engine reaches the registry
 */
export function exampleCommands(
  context: string,
  { endpoints }: Pick<StackOutputs, "endpoints">,
  push: string,
): string[] {
  if (endpoints.registry === undefined || endpoints.app === undefined) return [];
  const registry = new URL(endpoints.registry).host;
  const deploy = `docker --context ${context} stack deploy --with-registry-auth -c examples/hello/stack.yml hello`;
  // The registry is on localhost only for the workstation's own Docker engine, not for the current context's.
  const docker = push.startsWith("localhost:") ? "docker --context default" : "docker";
  return [
    `${docker} build -t ${push}/hello examples/hello`,
    `${docker} push ${push}/hello`,
    `REGISTRY=${registry} ${deploy}`,
    `curl -k ${endpoints.app.replace("*", "hello")}`,
  ];
}
