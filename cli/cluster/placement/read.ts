import { z } from "zod";
import { labelsSchema as labels, portsSchema, type DockerCall } from "../docker-api";
import type { Placements, PlacementService, PlacementTask, UpdateSettings } from "./model";
import { isStale, unfinishedIn } from "./change";

/** Fields of the Docker Engine API v1.41. */
const reserved = z
  .object({
    Reservations: z.object({ NanoCPUs: z.number().optional(), MemoryBytes: z.number().optional() }).nullish(),
  })
  .nullish();

const nodesSchema = z.array(
  z.object({
    ID: z.string(),
    Spec: z.object({ Role: z.string(), Availability: z.string(), Labels: labels }),
    Status: z.object({ State: z.string() }),
    Description: z.object({
      Hostname: z.string().default(""),
      Platform: z.object({ OS: z.string().default(""), Architecture: z.string().default("") }).nullish(),
      Resources: z.object({ NanoCPUs: z.number().default(0), MemoryBytes: z.number().default(0) }).nullish(),
      Engine: z.object({ Labels: labels }).nullish(),
    }),
  }),
);

const mount = z.object({
  Type: z.string(),
  Source: z.string().optional(),
  Target: z.string().default(""),
  ReadOnly: z.boolean().optional(),
  VolumeOptions: z
    .object({ DriverConfig: z.object({ Name: z.string().optional(), Options: labels }).nullish() })
    .nullish(),
});

/** One element of `GET /services`, which is `GET /services/{id}` too. */
const serviceSchema = z.object({
  ID: z.string(),
  Spec: z.object({
    Name: z.string(),
    Labels: labels,
    Mode: z.object({ Replicated: z.object({ Replicas: z.number().optional() }).nullish() }).nullish(),
    UpdateConfig: z
      .object({
        Parallelism: z.number().optional(),
        Delay: z.number().optional(),
        Monitor: z.number().optional(),
        Order: z.string().optional(),
      })
      .nullish(),
    EndpointSpec: z
      .object({
        Ports: portsSchema,
      })
      .nullish(),
    TaskTemplate: z.object({
      ForceUpdate: z.number().optional(),
      Resources: reserved,
      Placement: z
        .object({
          Constraints: z.array(z.string()).nullish(),
          Preferences: z.array(z.object({ Spread: z.object({ SpreadDescriptor: z.string() }).nullish() })).nullish(),
          MaxReplicas: z.number().optional(),
          Platforms: z.array(z.object({ OS: z.string().optional(), Architecture: z.string().optional() })).nullish(),
        })
        .nullish(),
      ContainerSpec: z
        .looseObject({
          Mounts: z.array(mount).nullish(),
          StopGracePeriod: z.number().optional(),
          Healthcheck: z
            .object({
              Interval: z.number().optional(),
              Timeout: z.number().optional(),
              StartPeriod: z.number().optional(),
              Retries: z.number().optional(),
            })
            .nullish(),
        })
        .nullish(),
    }),
  }),
  UpdateStatus: z.object({ State: z.string().optional(), Message: z.string().optional() }).nullish(),
});

const tasksSchema = z.array(
  z.object({
    ServiceID: z.string().optional(),
    NodeID: z.string().optional(),
    DesiredState: z.string(),
    Status: z.object({ State: z.string() }),
    Spec: z.object({ Resources: reserved }),
  }),
);

/** States of tasks that have a node. */
const PLACED = ["assigned", "accepted", "preparing", "ready", "starting", "running"];

/** Seconds for a task to start: its image may have to be pulled first. */
const START = 60;
/** Seconds, Docker's defaults of what a service doesn't set. */
const DEFAULTS = { monitor: 5, grace: 10, interval: 30, timeout: 30, retries: 3 } as const;

type Service = z.infer<typeof serviceSchema>;

/** Asks a manager. @throws Error when it can't be asked */
export async function readPlacements(call: DockerCall): Promise<Placements> {
  const wanted = encodeURIComponent(JSON.stringify({ "desired-state": ["running", "ready", "accepted"] }));
  const [nodes, services, tasks] = await Promise.all([
    call("GET", "/nodes").then((answer) => nodesSchema.parse(answer)),
    call("GET", "/services").then((answer) => z.array(serviceSchema).parse(answer)),
    call("GET", `/tasks?filters=${wanted}`).then((answer) => tasksSchema.parse(answer)),
  ]);
  return {
    nodes: nodes.flatMap(({ ID: id, Spec, Status, Description }) =>
      Status.State !== "ready" || Spec.Availability !== "active"
        ? []
        : [
            {
              id,
              name: Description.Hostname,
              role: Spec.Role,
              labels: Spec.Labels,
              engineLabels: Description.Engine?.Labels ?? {},
              os: Description.Platform?.OS ?? "",
              architecture: Description.Platform?.Architecture ?? "",
              nanoCpus: Description.Resources?.NanoCPUs ?? 0,
              memory: Description.Resources?.MemoryBytes ?? 0,
            },
          ],
    ),
    services: services.map(serviceOf),
    tasks: tasks.flatMap(({ ServiceID, NodeID, DesiredState, Status, Spec }): PlacementTask[] =>
      ServiceID === undefined || (NodeID ?? "") === "" || !PLACED.includes(Status.State)
        ? []
        : [
            {
              serviceId: ServiceID,
              nodeId: NodeID ?? "",
              running: DesiredState === "running" && Status.State === "running",
              nanoCpus: Spec.Resources?.Reservations?.NanoCPUs ?? 0,
              memory: Spec.Resources?.Reservations?.MemoryBytes ?? 0,
            },
          ],
    ),
  };
}

function serviceOf({ ID: id, Spec, UpdateStatus }: Service): PlacementService {
  const { Mode, TaskTemplate, EndpointSpec } = Spec;
  const { Placement, Resources, ContainerSpec } = TaskTemplate;
  const replicas = Mode?.Replicated == null ? undefined : (Mode.Replicated.Replicas ?? 1);
  const state = UpdateStatus?.State ?? "";
  const unfinished = replicas === undefined ? undefined : unfinishedIn(Spec.Labels, replicas);
  return {
    id,
    name: Spec.Name,
    ...(replicas === undefined ? {} : { replicas }),
    constraints: Placement?.Constraints ?? [],
    spread: (Placement?.Preferences ?? []).flatMap(({ Spread }) => Spread?.SpreadDescriptor ?? []),
    platforms: (Placement?.Platforms ?? []).map(({ OS = "", Architecture = "" }) => ({
      os: OS,
      architecture: Architecture,
    })),
    maxPerNode: Placement?.MaxReplicas ?? 0,
    nanoCpus: Resources?.Reservations?.NanoCPUs ?? 0,
    memory: Resources?.Reservations?.MemoryBytes ?? 0,
    hostPorts: (EndpointSpec?.Ports ?? []).flatMap(({ PublishMode, PublishedPort = 0, Protocol = "tcp" }) =>
      PublishMode === "host" && PublishedPort > 0 ? [`${String(PublishedPort)}/${Protocol}`] : [],
    ),
    data: (ContainerSpec?.Mounts ?? []).flatMap((one) => (staysBehind(one) ? (one.Source ?? one.Target) : [])),
    update: updateOf(Spec),
    ...(state === "" ? {} : { updateState: state }),
    forced: TaskTemplate.ForceUpdate ?? 0,
    numbered: /\.Task\.(Slot|Name)\b/.test(JSON.stringify(ContainerSpec ?? {})),
    ...(unfinished === undefined ? {} : { unfinished }),
    ...(replicas !== undefined && isStale(Spec.Labels, replicas) ? { stale: true } : {}),
  };
}

/** Whether a mount is writable, and its data are on the node: not on a volume of a network's storage, nor in memory. */
function staysBehind({ Type, ReadOnly = false, VolumeOptions }: z.infer<typeof mount>): boolean {
  if (ReadOnly || (Type !== "volume" && Type !== "bind")) return false;
  const driver = VolumeOptions?.DriverConfig;
  if (!/^(local)?$/.test(driver?.Name ?? "")) return false;
  return !/^(nfs4?|cifs|smb3?|ceph|glusterfs)$/.test(driver?.Options["type"] ?? "");
}

function updateOf({ UpdateConfig, TaskTemplate: { ContainerSpec } }: Service["Spec"]): UpdateSettings {
  const seconds = (nanoseconds: number | undefined, byDefault: number): number =>
    nanoseconds === undefined || nanoseconds === 0 ? byDefault : nanoseconds / 1e9;
  const check = ContainerSpec?.Healthcheck;
  const healthy =
    check == null
      ? 0
      : seconds(check.StartPeriod, 0) +
        (check.Retries ?? DEFAULTS.retries) *
          (seconds(check.Interval, DEFAULTS.interval) + seconds(check.Timeout, DEFAULTS.timeout));
  return {
    order: UpdateConfig?.Order === "start-first" ? "start-first" : "stop-first",
    parallelism: UpdateConfig == null ? 1 : (UpdateConfig.Parallelism ?? 0),
    delay: seconds(UpdateConfig?.Delay, 0),
    monitor: seconds(UpdateConfig?.Monitor, DEFAULTS.monitor),
    restart: seconds(ContainerSpec?.StopGracePeriod, DEFAULTS.grace) + START + healthy,
  };
}
