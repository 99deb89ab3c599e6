/** What the managers tell: nodes, services, failed tasks, and how each of them sees Raft. */
import { z } from "zod";
import { messageOf } from "../../components/message";
import type { Connection, Manager } from "../cluster/connect";
import { isSecretName, REDACTED } from "./redact";

/** Files by name, each a text. */
export type Files = Readonly<Record<string, string>>;

/** Most failed tasks, the newest first. */
const TASKS = 300;

const nodesSchema = z.array(
  z.object({
    ID: z.string(),
    Description: z.object({ Hostname: z.string().default("") }).default({ Hostname: "" }),
    Status: z.object({ State: z.string(), Addr: z.string().optional() }),
    ManagerStatus: z
      .object({ Leader: z.boolean().optional(), Reachability: z.string(), Addr: z.string().optional() })
      .nullish(),
  }),
);

const tasksSchema = z.array(
  z.object({
    ServiceID: z.string().default(""),
    NodeID: z.string().default(""),
    Slot: z.number().optional(),
    CreatedAt: z.string(),
    DesiredState: z.string(),
    Status: z.object({
      State: z.string(),
      Timestamp: z.string().default(""),
      Message: z.string().default(""),
      Err: z.string().default(""),
      ContainerStatus: z.object({ ExitCode: z.number().optional() }).nullish(),
    }),
  }),
);

/** The lists of the first manager that has them, and every manager's view of Raft. Never throws. */
export async function swarmFiles({ managers, balanced }: Connection): Promise<Files> {
  const asked = await Promise.all(
    [...managers, balanced].map(async (manager) => [manager, await raftOf(manager)] as const),
  );
  const raft = asked.map(([{ name }, text]) => `${name}\n${text}`).join("\n");
  const able = asked.find(([, text]) => !text.startsWith("  no answer"))?.[0];
  if (able === undefined) return { "raft.txt": raft };
  const failed: string[] = [];
  const ask = async (path: string): Promise<unknown> => {
    try {
      return await able.call("GET", path);
    } catch (error) {
      failed.push(`${path}: ${messageOf(error)}`);
      return undefined;
    }
  };
  const [nodes, services, tasks, swarm] = await Promise.all(["/nodes", "/services", "/tasks", "/swarm"].map(ask));
  const json = (name: string, value: unknown): Files =>
    value === undefined ? {} : { [name]: `${JSON.stringify(value, null, 2)}\n` };
  return {
    "raft.txt": raft,
    ...json("nodes.json", nodes),
    ...json("services.json", withoutValues(services)),
    ...json("swarm.json", withoutValues(swarm)),
    ...(tasks === undefined ? {} : { "tasks.txt": failedTasks(tasks, services, nodes) }),
    ...(failed.length === 0 ? {} : { "not-read.txt": `${failed.join("\n")}\n` }),
  };
}

/** How one manager sees the others, a line each. */
async function raftOf({ call }: Manager): Promise<string> {
  try {
    const nodes = nodesSchema.parse(await call("GET", "/nodes"));
    const managers = nodes.flatMap(({ ID, Description, Status, ManagerStatus }) =>
      ManagerStatus == null
        ? []
        : [
            `  ${Description.Hostname || ID}: ${ManagerStatus.Reachability}${ManagerStatus.Leader === true ? ", leader" : ""}, ` +
              `node ${Status.State}, ${ManagerStatus.Addr ?? "no address"}`,
          ],
    );
    return `${managers.join("\n")}\n`;
  } catch (error) {
    return `  no answer: ${messageOf(error)}\n`;
  }
}

/**
 * The same without values that are often secret: of environment variables, whatever their names are, of a command's
 * arguments, of labels and options with a secret's name, and of join tokens. Pure.
 */
export function withoutValues(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutValues);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === "Env" && Array.isArray(inner)) {
        return [key, inner.map((line) => String(line).replace(/=.*$/s, `=${REDACTED}`))];
      }
      if (COMMANDS.includes(key) && Array.isArray(inner)) return [key, inner.map(withoutArgument)];
      if (key === "JoinTokens" || key === "UnlockKey") return [key, REDACTED];
      if (typeof inner === "string" && isSecretName(key)) return [key, REDACTED];
      return [key, withoutValues(inner)];
    }),
  );
}

/** A service's command line, and that of its health check. */
const COMMANDS = ["Command", "Args", "Test"];

/** Keeps the first word, which is a program's name, or `CMD` of a health check. */
function withoutArgument(word: unknown, index: number): unknown {
  return index === 0 && /^[\w/][\w./-]*$/.test(String(word)) ? word : REDACTED;
}

/** Tasks that failed, or that can't be placed, the newest first. Pure. */
export function failedTasks(tasks: unknown, services: unknown, nodes: unknown): string {
  const read = tasksSchema.safeParse(tasks);
  if (!read.success) return `The list of tasks can't be read: ${z.prettifyError(read.error)}\n`;
  const serviceNames = namesIn(services, z.object({ ID: z.string(), Spec: z.object({ Name: z.string() }) }), (one) => [
    one.ID,
    one.Spec.Name,
  ]);
  const hosts = namesIn(nodes, nodesSchema.element, (one) => [one.ID, one.Description.Hostname]);
  const bad = read.data
    .filter(({ Status: { State, Err } }) => Err !== "" || ["failed", "rejected", "orphaned"].includes(State))
    .sort((a, b) => b.Status.Timestamp.localeCompare(a.Status.Timestamp));
  if (bad.length === 0) return "No task has failed, and all are placed.\n";
  const lines = bad.slice(0, TASKS).map(({ ServiceID, NodeID, Slot, DesiredState, Status }) => {
    const code = Status.ContainerStatus?.ExitCode ?? 0;
    return [
      Status.Timestamp,
      `${serviceNames.get(ServiceID) ?? ServiceID}${Slot === undefined ? "" : `.${String(Slot)}`}`,
      `on ${hosts.get(NodeID) ?? (NodeID === "" ? "no node" : NodeID)}:`,
      `${Status.State} (wanted: ${DesiredState})`,
      [Status.Err, Status.Message].filter((text) => text !== "").join("; "),
      ...(code === 0 ? [] : [`exit code ${String(code)}`]),
    ].join(" ");
  });
  return `${lines.join("\n")}\n`;
}

function namesIn<T>(list: unknown, schema: z.ZodType<T>, entry: (one: T) => [string, string]): Map<string, string> {
  const read = z.array(schema).safeParse(list);
  return new Map(read.success ? read.data.map(entry) : []);
}
