/** Services that pull from the stack's registry, and the login that the swarm keeps with each of them. */
import { z } from "zod";
import type { RegistryLogin } from "../../components/registry/credentials";
import type { DockerCall } from "./docker-api";

const servicesSchema = z.array(
  z.object({
    ID: z.string(),
    Spec: z.looseObject({
      Name: z.string(),
      Mode: z.record(z.string(), z.unknown()),
      TaskTemplate: z.object({ ContainerSpec: z.object({ Image: z.string() }).nullish() }),
    }),
    UpdateStatus: z.object({ State: z.string().default("") }).nullish(),
  }),
);

/** A service whose image is in the stack's registry. */
export interface PullingService {
  readonly id: string;
  readonly name: string;
  /** Its tasks run once: they pull when they are created, and not again. */
  readonly job: boolean;
  /** State of its rollout or rollback that hasn't ended. @default there is none */
  readonly rollout?: string;
}

/**
 * Services whose image is in a registry, by name.
 *
 * @param registry `host:port`, as names of images begin
 */
export async function servicesFrom(call: DockerCall, registry: string): Promise<PullingService[]> {
  const services = servicesSchema.parse(await call("GET", "/services"));
  return services
    .filter(({ Spec }) => Spec.TaskTemplate.ContainerSpec?.Image.startsWith(`${registry}/`))
    .map(({ ID, Spec, UpdateStatus }) => ({
      id: ID,
      name: Spec.Name,
      job: "ReplicatedJob" in Spec.Mode || "GlobalJob" in Spec.Mode,
      ...(isOver(UpdateStatus?.State ?? "") ? {} : { rollout: UpdateStatus?.State ?? "" }),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Whether a rollout has ended. Source: Docker Engine API v1.41, Service.UpdateStatus.State. */
function isOver(state: string): boolean {
  return state === "" || state === "completed" || state === "rollback_completed";
}

/**
 * Gives a service another login for its pulls, as `docker service update --with-registry-auth` does. Running tasks go on: the
 * login isn't part of what they are compared by (measured with Docker engine 26.1.5).
 */
export async function giveLogin(call: DockerCall, id: string, registry: string, login: RegistryLogin): Promise<void> {
  const found = z
    .object({ Version: z.object({ Index: z.number() }), Spec: z.looseObject({}) })
    .parse(await call("GET", `/services/${id}`));
  const auth = { ...login, serveraddress: registry };
  await call("POST", `/services/${id}/update?version=${found.Version.Index}`, found.Spec, {
    "x-registry-auth": Buffer.from(JSON.stringify(auth)).toString("base64url"),
  });
}
