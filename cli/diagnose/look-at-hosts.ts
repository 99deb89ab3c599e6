/** Asks every host, the bastion and the load balancers for a report: through the bastion, else through the platform. */
import { randomUUID } from "node:crypto";
import type Docker from "dockerode";
import { atATime } from "../cluster/at-a-time";
import { messageOf } from "../../components/message";
import { isHost } from "../../plan/roles";
import { openBastion, type Tunnel } from "../../components/ssh/bastion";
import { outputOf, scriptCall } from "../cluster/host-shell";
import { containersOf } from "../cluster/platform";
import { findLogin } from "../cluster/logins";
import { scriptOnHost, type HostScriptEnd, type Routes } from "../cluster/run-script";
import type { ScriptEnd } from "../../components/ssh/client";
import type { Reach, Target } from "./access";
import { parseDiagnosis, type HostLook } from "./host-report";
import { peersOf, udpPeersOf } from "./peers";

/** The script, in scripts/. */
const SCRIPT = "diagnose";
/** Seconds for the log-in to the bastion. */
const BASTION_LIMIT = 8;
/** Seconds for each part of a host's report. */
const PART_LIMIT = 8;
/** Seconds for a host's whole report, besides up to 8 s for the log-in. */
const HOST_LIMIT = 20;
/** Most lines and bytes of one part. */
const LINES = 2000;
const BYTES = 262_144;
/** Hosts that are asked at a time: each log-in costs both sides about 20 ms of processor time. */
const AT_A_TIME = 10;
/** The same while they send each other packets: only hosts that listen at the same time hear each other. */
const TOGETHER = 60;

/** What is asked. */
export interface LookOptions {
  /** The Docker engine that the hosts are containers of. @default there is none */
  readonly docker?: Docker | undefined;
  /** Whether logs and tables for people are wanted. */
  readonly logs: boolean;
  /** Whether connections between all pairs of nodes are tried. */
  readonly reach: boolean;
  /**
   * Whether nodes send each other UDP packets, for 8 s. Then all hosts are asked at the same time. Their Docker engines log a
   * warning for each packet.
   *
   * @default false
   */
  readonly udp?: boolean;
  /** Names that each node should resolve. @default none */
  readonly names?: readonly string[];
}

/** What all hosts told. */
export interface Looks {
  readonly looks: readonly HostLook[];
  /** Why the bastion can't be reached. @default it can */
  readonly bastionError?: string;
}

/** Never throws: a host that can't be asked is in the result, with what was seen. */
export async function lookAtHosts(reach: Reach, options: LookOptions): Promise<Looks> {
  const bastion = await dial(reach);
  const asked = { ...options, token: randomUUID() };
  const limit = options.udp === true ? TOGETHER : AT_A_TIME;
  try {
    const routes = { bastion, docker: options.docker };
    const looks = await atATime(reach.targets, limit, (target) => lookAt(reach, target, asked, routes));
    return { looks, ...(typeof bastion === "string" ? { bastionError: bastion } : {}) };
  } finally {
    if (typeof bastion !== "string") bastion.close();
  }
}

async function dial({ bastion, stack }: Reach): Promise<Tunnel | string> {
  if (bastion === undefined) return `the state of the stack ${stack} has no connection to it yet`;
  return openBastion(bastion, BASTION_LIMIT).catch(messageOf);
}

async function lookAt(
  reach: Reach,
  target: Target,
  options: LookOptions & { readonly token: string },
  routes: Routes,
): Promise<HostLook> {
  const mark = `@@${randomUUID()}`;
  const node = isHost(target);
  const data = {
    ...{ mark, seconds: PART_LIMIT, lines: LINES, bytes: BYTES, logs: options.logs },
    peers: options.reach && node ? peersOf(reach.targets, target) : [],
    names: node ? [...(options.names ?? [])] : [],
    ...(options.udp === true && node ? { udp: { peers: udpPeersOf(reach.targets, target, options.token) } } : {}),
  };
  const sent = Date.now();
  try {
    const { end, via } = await run(reach, target, data, routes);
    const report = parseDiagnosis(outputOf(end), { mark, bytes: BYTES, sent, received: Date.now() });
    return { ...target, reached: true, via, ...report };
  } catch (error) {
    return { ...target, reached: false, seen: messageOf(error) };
  }
}

/** Runs the script: nodes are behind the bastion; a load balancer has an sshd only where it existed before the stack. */
async function run(
  reach: Reach,
  { name, role }: Target,
  data: Parameters<typeof scriptCall>[1],
  { bastion, docker }: Routes,
): Promise<HostScriptEnd> {
  const own = role === "bastion" ? undefined : findLogin(name, { deployment: reach.deployment, privateKey: "" });
  if (isHost({ role }) || own !== undefined)
    return scriptOnHost(reach, name, SCRIPT, data, { bastion, docker, limit: HOST_LIMIT });
  const call = scriptCall(SCRIPT, data);
  let reason = "it has no SSH server";
  if (role === "bastion") {
    try {
      if (typeof bastion === "string") throw new Error(bastion);
      return { end: await onItsOwnLogIn(reach, call), via: "bastion" };
    } catch (error) {
      reason = messageOf(error);
    }
  }
  const containers = docker === undefined ? undefined : containersOf(reach.stack);
  const end = docker === undefined ? undefined : await containers?.run(docker, reach.stack, name, call, HOST_LIMIT);
  if (end === undefined) throw new Error(docker === undefined ? reason : `${reason}, and its container doesn't answer`);
  return { end, via: "platform" };
}

/** Runs the bastion's report. At its limit the log-in ends, so it isn't the one through which all hosts are asked. */
async function onItsOwnLogIn(reach: Reach, { command, input }: ReturnType<typeof scriptCall>): Promise<ScriptEnd> {
  const own = await dial(reach);
  if (typeof own === "string") throw new Error(own);
  try {
    return await own.run(command, input, HOST_LIMIT);
  } finally {
    own.close();
  }
}
