/** Asks hosts before anything is touched: by SSH, through the bastion, all at once. Changes nothing. */
import { randomUUID } from "node:crypto";
import { atATime } from "../../../cluster/at-a-time";
import { openBastion, type Tunnel } from "../../../../components/ssh/bastion";
import { isRefusal } from "../../../../components/ssh/client";
import { logInThrough, type HostSession } from "../../../../components/ssh/host";
import { messageOf } from "../../../../components/message";
import { outputOf, scriptCall } from "../../../cluster/host-shell";
import { peersOf, udpPeersOf } from "../../../diagnose/peers";
import { parseDiagnosis, type HostDetails } from "../../../diagnose/host-report";
import type { ListedHost } from "../../types";
import { reportSchema, type HostReport } from "./report";

/** Seconds for a log-in. */
const DIAL_LIMIT = 15;
/** Seconds for a host's report: it asks a Docker engine that may be slow. */
const REPORT_LIMIT = 40;
/** Seconds for the packets between hosts, and most bytes of a part. */
const DIAGNOSE_LIMIT = 25;
const PART_LIMIT = 8;
const BYTES = 65_536;
/** Hosts that are asked at a time: only those that listen at the same time hear each other. */
const AT_A_TIME = 60;

/** What is asked of a host. */
export interface Asked extends ListedHost {
  /** `manager`, `registry`, `worker`, `load-balancer` or `bastion`. */
  readonly role: string;
  /** Its address as seen from the other hosts. */
  readonly address: string;
  /** Whether it becomes a node of the swarm. */
  readonly node: boolean;
}

/** `swarm-ha:hosts.engine`: whether its packages can be had is asked. */
export type EngineWanted = { readonly source: string } | { readonly source: string; readonly version: string };

/** What is asked besides. */
export interface Questions {
  readonly engine: EngineWanted;
  /** Names that nodes have to resolve. */
  readonly names: readonly string[];
  /** A folder that registry hosts have to have mounted. @default none */
  readonly mount?: string;
}

/** What a host told. */
export interface Told {
  readonly report: HostReport;
  /** What scripts/diagnose.sh tells. @default it failed there, which is no reason to stop */
  readonly details?: HostDetails;
}

/** What came of asking one host. */
export type Answer = { readonly host: Asked; readonly told: Told } | { readonly host: Asked; readonly failed: Failure };

/** Why a host couldn't be asked. */
export interface Failure {
  /** `way`: the bastion can't be reached, which is named once. */
  readonly kind: "unreachable" | "host key" | "login" | "sudo" | "report" | "way";
  /** What was seen last. */
  readonly seen: string;
}

/**
 * Asks all hosts. Never throws: what can't be asked is in the result.
 *
 * @param hosts the bastion first
 * @param bastion where the others are dialled from
 */
export async function askAll(
  hosts: readonly Asked[],
  bastion: ListedHost,
  questions: Questions,
): Promise<readonly Answer[]> {
  const { address: host, ...login } = bastion.login;
  let tunnel: Tunnel;
  try {
    tunnel = await openBastion({ host, ...login }, DIAL_LIMIT);
  } catch (error) {
    const failed = failureOf(error);
    return hosts.map((one) => ({
      host: one,
      failed: one.name === bastion.name ? failed : { kind: "way", seen: failed.seen },
    }));
  }
  try {
    const token = randomUUID();
    return await atATime(hosts, AT_A_TIME, (one) => askOne(one, hosts, { ...questions, tunnel, token }));
  } finally {
    tunnel.close();
  }
}

async function askOne(
  host: Asked,
  hosts: readonly Asked[],
  { tunnel, token, engine, names, mount }: Questions & { readonly tunnel: Tunnel; readonly token: string },
): Promise<Answer> {
  let session: HostSession;
  try {
    session = host.direct
      ? { run: ({ command, input }, seconds) => tunnel.run(command, input, seconds), close: () => undefined }
      : await logInThrough(tunnel, host.login, DIAL_LIMIT, host.name);
  } catch (error) {
    return { host, failed: failureOf(error) };
  }
  try {
    const mark = `@@${randomUUID()}`;
    const sent = Date.now();
    const [report, details] = await Promise.all([
      session.run(
        scriptCall("host-preflight", {
          engine,
          ...(mount === undefined || host.role !== "registry" ? {} : { mount }),
        }),
        REPORT_LIMIT,
      ),
      session
        .run(scriptCall("diagnose", diagnoseInput(host, hosts, { mark, token, names })), DIAGNOSE_LIMIT)
        .then((end) => parseDiagnosis(outputOf(end), { mark, bytes: BYTES, sent, received: Date.now() }).details)
        .catch(() => undefined),
    ]);
    if (report.code !== 0) return { host, failed: scriptFailure(report.stderr) };
    const read = reportSchema.parse(JSON.parse(lastLine(report.stdout)));
    return { host, told: { report: read, ...(details === undefined ? {} : { details }) } };
  } catch (error) {
    return { host, failed: { kind: "report", seen: messageOf(error) } };
  } finally {
    session.close();
  }
}

function diagnoseInput(
  host: Asked,
  hosts: readonly Asked[],
  { mark, token, names }: { mark: string; token: string; names: readonly string[] },
) {
  return {
    ...{ mark, seconds: PART_LIMIT, lines: 200, bytes: BYTES, logs: false, names: host.node ? names : [] },
    peers: host.node ? peersOf(hosts, host) : [],
    ...(host.node ? { udp: { peers: udpPeersOf(hosts, host, token) } } : {}),
  };
}

/** Why a login failed, from what ssh2 says. */
export function failureOf(error: unknown): Failure {
  const seen = messageOf(error);
  if (isRefusal(error) || seen.includes("All configured authentication methods failed")) return { kind: "login", seen };
  if (seen.includes("another host key")) return { kind: "host key", seen };
  return { kind: "unreachable", seen };
}

/** scripts/as-root.sh ends with one line when sudo refuses. */
function scriptFailure(stderr: string): Failure {
  const seen = stderr.trim().split("\n").at(-1) ?? "";
  return { kind: /\bsudo\b/.test(stderr) ? "sudo" : "report", seen: seen.slice(-300) };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
