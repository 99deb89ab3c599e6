/** How hosts are logged in to, as the stack's state has it. Pure. */
import { z } from "zod";
import type { Login } from "../../plan/login";
import { instancesOf, nameOf, resourcesOf, UNKNOWN, unwrap, type Deployment, type Resource } from "./deployment";

/** What a state has of the logins to its hosts. */
interface Logins {
  readonly deployment: Deployment;
  /** The host's address, as seen from the bastion. @default unknown */
  readonly address?: string | undefined;
  /** Client private key of the stack, OpenSSH format. */
  readonly privateKey: string;
}

/** A login in the state of a host that existed before the stack. */
const loginSchema = z.object({
  address: z.string().min(1),
  port: z.number().default(22),
  user: z.string().default("root"),
  privateKey: z.string().min(1),
  hostKey: z.string().min(1),
  sudoPassword: z.string().optional(),
}) satisfies z.ZodType<Login>;

/**
 * How the bastion logs in to a host: the login of its own, where its resource has one; else root at port 22, with the stack's key
 * and the host key that the program made (components/ssh/keys.ts).
 *
 * @throws Error when the state has no address or host key of it
 */
export function loginOf(name: string, logins: Logins): Login {
  const login = findLogin(name, logins);
  if (login === undefined) throw new Error(`the stack's state has no address or host key of ${name}`);
  return login;
}

/** The same; undefined when the state has no address or host key of it. */
export function findLogin(name: string, { deployment, address, privateKey }: Logins): Login | undefined {
  const own = ownLogin(deployment, name, "login");
  if (own !== undefined) return own;
  const hostKey = unwrap(
    resourcesOf(deployment).find(({ urn }) => nameOf(urn) === `ssh-host-${name}`)?.outputs?.["publicKeyOpenssh"],
  );
  if (address === undefined || address === UNKNOWN || typeof hostKey !== "string") return undefined;
  return { address, port: 22, user: "root", privateKey, hostKey };
}

/**
 * The bastion's login, as seen from here, where the resources of hosts have one of their own.
 *
 * @returns undefined on platforms that create their hosts, and while no host is in the state
 */
export function bastionLogin(deployment: Deployment): Login | undefined {
  for (const resource of instanceResources(deployment)) {
    const found = readLogin(resource, "bastion");
    if (found !== undefined) return found;
  }
  return ownLogin(deployment, "bastion", "login");
}

/** Whether two logins lead to the same sshd: the bastion isn't dialled from itself. */
export function isSameHost(one: Login, other: Login | undefined): boolean {
  return one.address === other?.address && one.port === other.port;
}

function ownLogin(deployment: Deployment, name: string, input: string): Login | undefined {
  const urn = instancesOf(deployment).find((instance) => instance.name === name)?.urn;
  const resource = urn === undefined ? undefined : resourcesOf(deployment).find((one) => one.urn === urn);
  return resource === undefined ? undefined : readLogin(resource, input);
}

function instanceResources(deployment: Deployment): Resource[] {
  const urns = new Set(instancesOf(deployment).map(({ urn }) => urn));
  return resourcesOf(deployment).filter(({ urn }) => urns.has(urn));
}

function readLogin({ inputs }: Resource, input: string): Login | undefined {
  const read = loginSchema.safeParse(unwrap(inputs?.[input]));
  return read.success ? read.data : undefined;
}
