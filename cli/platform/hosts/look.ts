/** Which machines answer for the hosts of a state. Changes nothing. */
import { z } from "zod";
import { atATime } from "../../cluster/at-a-time";
import { openBastion, type Tunnel } from "../../../components/ssh/bastion";
import type { Login } from "../../../plan/login";
import { instancesOf, type Deployment, type Instance } from "../../cluster/deployment";
import { outputOf, runOnHostOrBastion, scriptCall } from "../../cluster/host-shell";
import { bastionLogin, findLogin, isSameHost } from "../../cluster/logins";
import type { PlannedRun, PlatformInstance } from "../types";
import { listedHosts, settingsOf } from "./listed";
import { messageOf } from "../../../components/message";
import { isOtherKey } from "../../cluster/host-facts";
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
  const dialled = bastion === undefined ? undefined : await dial(bastion);
  const [tunnel, otherKey] = dialled === "other key" ? [undefined, true] : [dialled, false];
  try {
    return await atATime(instancesOf(deployment), AT_A_TIME, (instance) => {
      const login = findLogin(instance.name, { deployment, privateKey: "" });
      return lookAt(stack, instance, { login, bastion, tunnel, otherKey, config });
    });
  } finally {
    tunnel?.close();
  }
}

/** @returns undefined when the bastion doesn't answer */
async function dial({ address: host, ...login }: Login): Promise<Tunnel | "other key" | undefined> {
  return openBastion({ host, ...login }, LIMIT).catch((error: unknown) =>
    isOtherKey(messageOf(error)) ? "other key" : undefined,
  );
}

async function lookAt(
  stack: string,
  { name, id }: Instance,
  { login, bastion, tunnel, otherKey, config }: Way,
): Promise<PlatformInstance> {
  const same = { name, id, running: true };
  if (login === undefined) return same;
  const reinstalled = async (): Promise<PlatformInstance> =>
    (await isTrustedAnew(config, name, login.hostKey))
      ? { ...same, gone: "it was re-installed: the stack file has another host key of it by now" }
      : same;
  if (tunnel === undefined) return otherKey && isSameHost(login, bastion) ? reinstalled() : same;
  const call = scriptCall("look-host", { stack, name });
  try {
    const end = await runOnHostOrBastion(name, { login, bastion }, tunnel, call, LIMIT);
    const { identity } = lookSchema.parse(JSON.parse(outputOf(end)));
    return identity === id ? same : { ...same, gone: goneText(identity) };
  } catch (error) {
    // Its own report, which `repair` asks for besides, says why.
    return isOtherKey(messageOf(error)) ? reinstalled() : same;
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
  /** @default the bastion doesn't answer, or shows another host key */
  readonly tunnel: Tunnel | undefined;
  /** Whether the bastion shows another host key than the state has. */
  readonly otherKey: boolean;
  readonly config: PlannedRun["config"];
}

function goneText(identity: string): string {
  return identity === ""
    ? "it was re-installed, or its marker /etc/swarm-ha/host is gone"
    : "it was claimed again since the last up";
}
