/** Which machines answer for the hosts of a state. Changes nothing. */
import { z } from "zod";
import { openBastion, type Tunnel } from "../../../components/ssh/bastion";
import type { Login } from "../../../plan/login";
import { instancesOf, type Deployment, type Instance } from "../../cluster/deployment";
import { outputOf, runOnHost, scriptCall } from "../../cluster/host-shell";
import { bastionLogin, findLogin, isSameHost } from "../../cluster/logins";
import type { PlannedRun, PlatformInstance } from "../types";
import { listedHosts, settingsOf } from "./listed";
import { messageOf } from "../../../components/message";
import { pinnedKey } from "../../../components/ssh/host-way";

/** Seconds for a log-in, and for the script. */
const LIMIT = 10;
/** Hosts that are asked at a time: each log-in costs both sides about 20 ms of processor time. */
const AT_A_TIME = 10;

/** What scripts/look-host.sh prints. */
const lookSchema = z.object({ identity: z.string() });

/** See ListedHosts.look. A host that doesn't answer counts as the one that it was: only its own report shows another. */
export async function lookAtMachines(
  stack: string,
  deployment: Deployment,
  config: PlannedRun["config"],
): Promise<readonly PlatformInstance[]> {
  const bastion = bastionLogin(deployment);
  const tunnel = bastion === undefined ? undefined : await dial(bastion);
  const waiting = instancesOf(deployment);
  try {
    const found: PlatformInstance[] = [];
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const login = findLogin(next.name, { deployment, privateKey: "" });
        found.push(await lookAt(stack, next, { login, bastion, tunnel, config }));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    return found;
  } finally {
    tunnel?.close();
  }
}

async function dial({ address: host, ...login }: Login): Promise<Tunnel | undefined> {
  return openBastion({ host, ...login }, LIMIT).catch(() => undefined);
}

async function lookAt(
  stack: string,
  { name, id }: Instance,
  { login, bastion, tunnel, config }: Way,
): Promise<PlatformInstance> {
  const same = { name, id, running: true };
  if (tunnel === undefined || login === undefined) return same;
  const call = scriptCall("look-host", { stack, name });
  try {
    const end = await (isSameHost(login, bastion)
      ? tunnel.run(call.command, call.input, LIMIT)
      : runOnHost(name, login, tunnel, call, LIMIT));
    const { identity } = lookSchema.parse(JSON.parse(outputOf(end)));
    return identity === id ? same : { ...same, gone: goneText(identity) };
  } catch (error) {
    // Its own report, which `repair` asks for besides, says why.
    if (!messageOf(error).includes("another host key")) return same;
    return (await isTrustedAnew(config, name, login.hostKey))
      ? { ...same, gone: "it was installed anew: the stack file has another host key of it by now" }
      : same;
  }
}

/** Whether the stack file has another host key of a host than the state. */
async function isTrustedAnew(config: PlannedRun["config"], name: string, key: string): Promise<boolean> {
  const host = listedHosts(settingsOf(await config())).find((one) => one.name === name);
  return host !== undefined && host.login.hostKey !== "" && pinnedKey(host.login.hostKey) !== pinnedKey(key);
}

/** How a host is reached. */
interface Way {
  /** @default the state has none */
  readonly login: Login | undefined;
  readonly bastion: Login | undefined;
  /** @default the bastion doesn't answer */
  readonly tunnel: Tunnel | undefined;
  readonly config: PlannedRun["config"];
}

function goneText(identity: string): string {
  return identity === ""
    ? "it was installed anew, or its marker /etc/swarm-ha/host is gone"
    : "it was claimed anew since the last up";
}
