import { z } from "zod";
import { RECOVERED } from "../../plan/labels";
import type { LiveNode } from "./model";

/** Sends a request to a manager's Docker API and returns the answer's body. @throws Error for HTTP 400 and above */
export type DockerCall = (
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
  /** @default none besides the body's type */
  headers?: Readonly<Record<string, string>>,
) => Promise<unknown>;

/** Labels of any object: none is null, or left out. */
export const labelsSchema = z
  .record(z.string(), z.string())
  .nullish()
  .transform((found) => found ?? {});

/** `GET /info`, the fields that are used. Source: Docker Engine API v1.41, the fields exist in all later ones. */
const infoSchema = z.object({
  Swarm: z.object({
    LocalNodeState: z.string(),
    Cluster: z.object({ ID: z.string(), Spec: z.object({ Labels: labelsSchema }).optional() }).nullish(),
  }),
});

/** Ports of a service, as its spec and its endpoint have them. */
export const portsSchema = z
  .array(
    z.object({
      Protocol: z.string().optional(),
      PublishedPort: z.number().optional(),
      PublishMode: z.string().optional(),
    }),
  )
  .nullish();

const nodeSchema = z.object({
  ID: z.string(),
  Version: z.object({ Index: z.number() }),
  UpdatedAt: z.string(),
  Spec: z.object({ Role: z.enum(["manager", "worker"]), Availability: z.string(), Labels: labelsSchema }),
  // The Docker API leaves out what a node has never reported.
  Description: z.object({
    Hostname: z.string().default(""),
    Engine: z.object({ EngineVersion: z.string().default(""), Labels: labelsSchema }),
  }),
  Status: z.object({ State: z.string(), Message: z.string().optional() }),
  ManagerStatus: z.object({ Leader: z.boolean().optional(), Reachability: z.string() }).nullish(),
});

/** The Docker engine's swarm state. */
export async function swarmInfo(
  call: DockerCall,
): Promise<{ localState: string; swarmId: string; recovered?: string }> {
  const { Swarm } = infoSchema.parse(await call("GET", "/info"));
  const recovered = Swarm.Cluster?.Spec?.Labels[RECOVERED];
  return {
    localState: Swarm.LocalNodeState,
    swarmId: Swarm.Cluster?.ID ?? "",
    ...(recovered === undefined ? {} : { recovered }),
  };
}

/** All nodes, as a manager lists them. */
export async function listNodes(call: DockerCall): Promise<LiveNode[]> {
  return nodesIn(await call("GET", "/nodes"));
}

/** The nodes in an answer to `GET /nodes`. */
export function nodesIn(answer: unknown): LiveNode[] {
  return z.array(nodeSchema).parse(answer).map(readNode);
}

function readNode(node: z.infer<typeof nodeSchema>): LiveNode {
  return {
    id: node.ID,
    // A node that never came up has no name yet.
    hostname: node.Description.Hostname === "" ? `(${node.ID})` : node.Description.Hostname,
    role: node.Spec.Role,
    availability: node.Spec.Availability,
    state: node.Status.State,
    message: node.Status.Message ?? "",
    labels: node.Spec.Labels,
    engineLabels: node.Description.Engine.Labels,
    engine: node.Description.Engine.EngineVersion,
    leader: node.ManagerStatus?.Leader ?? false,
    reachability: node.ManagerStatus?.Reachability ?? "",
    updatedAt: node.UpdatedAt,
  };
}

/** Settings of a node to change; others stay. */
export interface NodeChange {
  readonly role?: "manager" | "worker";
  readonly availability?: "active" | "pause" | "drain";
  /** Labels to set; others stay. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Changes a node's settings. The version makes the call fail if they were changed in between. */
export async function updateNode(call: DockerCall, id: string, change: NodeChange): Promise<void> {
  const found = nodeSchema.extend({ Spec: nodeSchema.shape.Spec.loose() }).parse(await call("GET", `/nodes/${id}`));
  await call("POST", `/nodes/${id}/update?version=${found.Version.Index}`, {
    ...found.Spec,
    ...(change.role === undefined ? {} : { Role: change.role }),
    ...(change.availability === undefined ? {} : { Availability: change.availability }),
    Labels: { ...found.Spec.Labels, ...change.labels },
  });
}

/** Removes a node that is down; a manager has to be demoted before. */
export async function removeNode(call: DockerCall, id: string): Promise<void> {
  await call("DELETE", `/nodes/${id}?force=true`);
}
