import type { StackOutputs } from "../../../components/outputs";
import type { Forward } from "./forward";

/** Which ports are open, and how to use them. Pure. */
export function forwardText(
  stack: string,
  forwards: readonly Forward[],
  { endpoints }: Pick<StackOutputs, "endpoints">,
): string {
  const has = (name: Forward["name"]): boolean => forwards.some((forward) => forward.name === name);
  const registry = endpoints.registry === undefined ? undefined : new URL(endpoints.registry);
  return [
    "Open through the bastion, until this command ends:",
    ...forwards.map(({ name, port }) => `  127.0.0.1:${port}  ${name}`),
    ...(has("manager") ? ["", `For docker: npm run context -- ${stack} --tunnel`] : []),
    ...(has("registry") && registry !== undefined
      ? [
          "",
          `For docker push and pull from this workstation, ${registry.host} has to lead here:`,
          `  echo '127.0.0.1 ${registry.hostname}' | sudo tee -a /etc/hosts`,
          `and this workstation's Docker engine has to trust the stack's authority: npm run trust -- ${stack}`,
        ]
      : []),
    "",
  ].join("\n");
}
