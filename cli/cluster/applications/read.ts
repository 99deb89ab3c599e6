import { z } from "zod";
import { labelsSchema as labels, portsSchema, type DockerCall } from "../docker-api";
import type { Application, LiveApplications, Network } from "./model";

const targets = z.array(z.object({ Target: z.string() })).nullish();

/** `GET /services`, as far as it is of interest. Source: Docker Engine API v1.41. */
const servicesSchema = z.array(
  z.object({
    ID: z.string(),
    Spec: z.object({
      Name: z.string(),
      Labels: labels,
      Networks: targets,
      TaskTemplate: z.object({ Networks: targets, ContainerSpec: z.object({ Labels: labels }).nullish() }),
    }),
    Endpoint: z
      .object({
        Ports: portsSchema,
        VirtualIPs: z.array(z.object({ NetworkID: z.string().optional(), Addr: z.string().optional() })).nullish(),
      })
      .nullish(),
  }),
);

/** `GET /networks`, likewise. */
const networksSchema = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().optional() })).nullish() }).nullish(),
  }),
);

/** `GET /tasks`, likewise. */
const tasksSchema = z.array(
  z.object({
    ServiceID: z.string().optional(),
    NodeID: z.string().optional(),
    CreatedAt: z.string(),
    Status: z.object({ State: z.string(), Err: z.string().optional(), Message: z.string().optional() }),
    NetworksAttachments: z
      .array(z.object({ Network: z.object({ ID: z.string() }), Addresses: z.array(z.string()).nullish() }))
      .nullish(),
  }),
);

/** Asks a manager. @throws Error when it can't be asked */
export async function readApplications(call: DockerCall): Promise<LiveApplications> {
  const filter = (filters: unknown): string => encodeURIComponent(JSON.stringify(filters));
  const [services, networks, tasks] = await Promise.all([
    call("GET", "/services").then((found) => servicesSchema.parse(found)),
    call("GET", `/networks?filters=${filter({ scope: ["swarm"] })}`).then((found) => networksSchema.parse(found)),
    call("GET", `/tasks?filters=${filter({ "desired-state": ["running"] })}`).then((found) => tasksSchema.parse(found)),
  ]);
  const names = new Map(services.map(({ ID, Spec }) => [ID, Spec.Name]));
  return {
    services: services.map(({ Spec, Endpoint }): Application => ({
      name: Spec.Name,
      labels: Spec.Labels,
      containerLabels: Spec.TaskTemplate.ContainerSpec?.Labels ?? {},
      networks: [...(Spec.TaskTemplate.Networks ?? []), ...(Spec.Networks ?? [])].map(({ Target }) => Target),
      ports: (Endpoint?.Ports ?? []).flatMap(({ PublishedPort, Protocol, PublishMode }) =>
        PublishedPort === undefined
          ? []
          : [{ port: PublishedPort, protocol: Protocol ?? "tcp", mode: PublishMode ?? "ingress" }],
      ),
    })),
    networks: networks.map(({ Id, Name, IPAM }): Network => {
      // Tasks', services' virtual ones, and of each node that has a task there the one of its load balancer.
      const attached = tasks.filter((task) => task.NetworksAttachments?.some(({ Network }) => Network.ID === Id));
      const addresses = attached.flatMap((task) =>
        (task.NetworksAttachments ?? []).flatMap(({ Network, Addresses }) =>
          Network.ID === Id ? (Addresses ?? []) : [],
        ),
      );
      const virtual = services.flatMap(({ Endpoint }) =>
        (Endpoint?.VirtualIPs ?? []).flatMap(({ NetworkID, Addr }) => (NetworkID === Id && Addr ? [Addr] : [])),
      );
      const nodes = new Set(attached.flatMap(({ NodeID }) => NodeID ?? []));
      const used = new Set([...addresses, ...virtual]).size + nodes.size;
      return { id: Id, name: Name, subnet: IPAM?.Config?.[0]?.Subnet ?? "", used };
    }),
    waiting: tasks
      .filter(({ Status }) => Status.State === "new" || Status.State === "pending")
      .map(({ ServiceID, CreatedAt, Status }) => ({
        service: names.get(ServiceID ?? "") ?? "",
        state: Status.State,
        reason: Status.Err ?? "",
        since: CreatedAt,
      })),
  };
}
