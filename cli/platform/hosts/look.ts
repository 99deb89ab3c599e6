/** Which machines answer for the hosts of a state. Changes nothing. */
import { z } from "zod";
import { openBastion, type Tunnel } from "../../../components/ssh/bastion";
import { logInThrough } from "../../../components/ssh/host";
import type { Login } from "../../../plan/login";
import { instancesOf, resourcesOf, unwrap, type Deployment, type Instance } from "../../cluster/deployment";
import { scriptCall } from "../../cluster/host-shell";
import { outputOf } from "../../cluster/run-script";
import type { PlatformInstance } from "../types";

/** Seconds for a log-in, and for the script. */
const LIMIT = 10;
/** Hosts that are asked at a time. */
const AT_A_TIME = 10;

const loginSchema = z.object({
  address: z.string(),
  port: z.number(),
  user: z.string(),
  privateKey: z.string(),
  hostKey: z.string(),
  sudoPassword: z.string().optional(),
});
/** The inputs of a host's resource (components/platform/hosts/resources.ts). */
const inputsSchema = z.object({ login: loginSchema, bastion: loginSchema.nullish() });
const lookSchema = z.object({ identity: z.string(), machineId: z.string().optional() });

/** See ListedHosts.look. A host that doesn't answer counts as the one that it was: only its own report shows another. */
export async function lookAtMachines(stack: string, deployment: Deployment): Promise<readonly PlatformInstance[]> {
  const inputs = new Map(resourcesOf(deployment).map(({ urn, inputs: own }) => [urn, own]));
  const hosts = instancesOf(deployment).map((instance) => {
    const read = inputsSchema.safeParse(unwrap(inputs.get(instance.urn) ?? {}));
    return { instance, ways: read.success ? read.data : undefined };
  });
  const bastion = hosts.map(({ ways }) => ways?.bastion ?? undefined).find((login) => login !== undefined);
  const direct = hosts.find(({ ways }) => ways !== undefined && ways.bastion == null)?.ways?.login;
  const tunnel = await dial(bastion ?? direct);
  try {
    const found: PlatformInstance[] = [];
    const waiting = [...hosts];
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        found.push(await lookAt(stack, next.instance, next.ways, tunnel));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    return found;
  } finally {
    tunnel?.close();
  }
}

async function dial(login: z.infer<typeof loginSchema> | undefined): Promise<Tunnel | undefined> {
  if (login === undefined) return undefined;
  const { address: host, ...rest } = plain(login);
  return openBastion({ host, ...rest }, LIMIT).catch(() => undefined);
}

async function lookAt(
  stack: string,
  { name, id }: Instance,
  ways: z.infer<typeof inputsSchema> | undefined,
  tunnel: Tunnel | undefined,
): Promise<PlatformInstance> {
  const same = { name, id, running: true };
  if (ways === undefined || tunnel === undefined) return same;
  try {
    const { command, input } = scriptCall("look-host", { stack, name });
    const end =
      ways.bastion == null
        ? await tunnel.run(command, input, LIMIT)
        : await through(tunnel, plain(ways.login), { command, input });
    const { identity } = lookSchema.parse(JSON.parse(outputOf(end)));
    return identity === id ? same : { ...same, gone: goneText(identity) };
  } catch {
    // Its own report, which `repair` asks for besides, says why.
    return same;
  }
}

async function through(tunnel: Tunnel, login: Login, call: { readonly command: string; readonly input: string }) {
  const session = await logInThrough(tunnel, login, LIMIT);
  try {
    return await session.run(call, LIMIT);
  } finally {
    session.close();
  }
}

function goneText(identity: string): string {
  return identity === ""
    ? "it was installed anew, or its marker /etc/swarm-ha/host is gone"
    : "it was claimed anew since the last up";
}

function plain({ sudoPassword, ...login }: z.infer<typeof loginSchema>): Login {
  return { ...login, ...(sudoPassword === undefined ? {} : { sudoPassword }) };
}
