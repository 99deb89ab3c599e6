/**
 * Renamed stacks. Names of hosts, networks, tags and certificates come from the stack's name, so an `up` under another name
 * would replace every host at once. It is refused before anything changes, with the command that restores the name.
 */
import { LABELS } from "../../plan/labels";
import { existsSync, readdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "../terminal/errors";
import { buildsOnState } from "./arguments";
import { checkpointFile, forgetStack, parsed } from "./local-state";
import { configDirectory, readStackFile, type StackFile } from "./project";

/** A state's resources, as the Pulumi engine writes them. */
type Resources = readonly unknown[] | null | undefined;

/** The name of the stack that the resources of a state were created for; undefined when no resource has it. */
export function madeFor(resources: Resources): string | undefined {
  for (const resource of resources ?? []) {
    const found = findLabel(resource, 5);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findLabel(value: unknown, depth: number): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const label = (value as Record<string, unknown>)[LABELS.stack];
  if (typeof label === "string") return label;
  if (depth === 0) return undefined;
  for (const inner of Object.values(value)) {
    const found = findLabel(inner, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The resources in what `pulumi stack export` prints. */
export function exportedResources(exported: string): Resources {
  return (JSON.parse(exported) as { deployment?: { resources?: Resources } | null }).deployment?.resources;
}

/** Whether a command must check which stack the state's resources were created for. */
export function asksWhose(args: readonly string[]): boolean {
  return buildsOnState(args) || isRename(args);
}

/** Whether a command line is `stack rename`. */
export function isRename(args: readonly string[]): boolean {
  const [first, second] = args.filter((argument) => !argument.startsWith("-"));
  return first === "stack" && second === "rename";
}

/** The new name in `stack rename <name>`, without an organization and a project before it. */
export function newName(args: readonly string[]): string | undefined {
  return args
    .filter((argument) => !argument.startsWith("-"))[2]
    ?.split("/")
    .at(-1);
}

/**
 * Refuses commands under another name than that of the resources, and every rename but the one back.
 *
 * @param original the stack that the state's resources were created for, see {@link madeFor}
 * @throws UserError with the command that restores the name
 */
export function refuseRenamed(stack: string, args: readonly string[], original: string | undefined): void {
  if (original === undefined) return;
  if (isRename(args)) {
    if (newName(args) === original) return;
    throw new UserError(
      `Nothing was changed: the stack ${stack} can't be renamed while it has resources. Names of hosts, networks and ` +
        "certificates come from the stack's name, and the next up would replace every host at once. For another name, " +
        "create a second stack, and move the applications.",
    );
  }
  if (!buildsOnState(args) || original === stack) return;
  throw new UserError(
    `Nothing was changed: the resources of the stack ${stack} were made for a stack ${original}, so it was renamed. Names of ` +
      "hosts, networks and certificates come from the stack's name, and this would replace every host at once. " +
      `Rename it back: ${wayBack(original, stack)}`,
  );
}

const wayBack = (original: string, now: string): string => `npm run pulumi -- stack rename ${original} -s ${now}`;

/**
 * The local stack whose state has the resources that were created for this one.
 *
 * @returns undefined when this one's own state has resources, or no state has them
 */
export function renamedTo(stack: string): string | undefined {
  if (madeFor(resourcesOf(stack)) !== undefined) return undefined;
  const folder = dirname(checkpointFile(stack));
  const names = existsSync(folder) ? readdirSync(folder).flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []) : [];
  return names.find((name) => name !== stack && madeFor(resourcesOf(name)) === stack);
}

/** A local state's resources; none where it is missing or damaged, which other code reports. */
function resourcesOf(stack: string): Resources {
  const file = parsed(checkpointFile(stack)) as
    { readonly checkpoint?: { readonly latest?: { readonly resources?: Resources } | null } } | undefined;
  return file?.checkpoint?.latest?.resources;
}

/** The stack that a local stack's resources were created for. */
export function localOriginal(stack: string): string | undefined {
  return madeFor(resourcesOf(stack));
}

/**
 * Refuses to create an empty stack in the place of a renamed one: the containers of the renamed one would count as unmanaged.
 *
 * @throws UserError with the command that restores the name
 */
export function refuseRenamedAway(stack: string): void {
  const now = renamedTo(stack);
  if (now === undefined) return;
  const empty = existsSync(checkpointFile(stack))
    ? `npm run pulumi -- stack rm --yes --preserve-config -s ${stack}, then `
    : "";
  throw new UserError(
    `Nothing was changed: the stack ${stack} was renamed to ${now}, and its containers belong to that state. ` +
      `Rename it back: ${empty}${wayBack(stack, now)}`,
  );
}

/** Renames the config file of a renamed stack, unless Pulumi has done so, and removes the working copy. */
export function renameConfig(from: string, to: string): void {
  const [old, now] = [from, to].map((name) => join(configDirectory(), `Pulumi.${name}.yaml`)) as [string, string];
  if (existsSync(old) && !existsSync(now)) renameSync(old, now);
  forgetStack(from);
}

/** The file of a stack that is being renamed; it may have its new name already. @throws UserError when there is neither */
export function fileToRename(stack: string, args: readonly string[]): StackFile {
  const to = newName(args);
  const renamed = to !== undefined && !existsSync(join(configDirectory(), `Pulumi.${stack}.yaml`));
  return readStackFile(renamed ? to : stack);
}
