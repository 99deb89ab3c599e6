/** What a command plugin does against scripted SSH servers, as data that two plugins can be compared by. */
import { generateKeyPairSync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { openSshPrivateKey } from "../../../offline/lib/openssh";
import { Plugin } from "./plugin";
import { SshServer, type Answer, type Deed, type Seen } from "./ssh-server";

/** One situation. */
export interface Case {
  readonly name: string;
  /** What the host does with its connections. */
  readonly host: readonly Deed[];
  /** What the proxy does. @default the host is dialled directly */
  readonly proxy?: readonly Deed[];
  /** Failed dials that are forgiven. @default 3 */
  readonly limit?: number;
  /** What the host answers to the command. @default nothing, with exit code 0 */
  readonly answer?: Answer;
  /** Further inputs of the resource. */
  readonly inputs?: Readonly<Record<string, string | boolean | Record<string, string>>>;
  /** Variables of the plugin's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it has no end. @default it ends by itself */
  readonly endless?: boolean;
  /** Commands that are run one after the other. @default 1 */
  readonly commands?: number;
}

/** What was seen. */
export interface Transcript {
  readonly name: string;
  /** What each of the host's connections saw. */
  readonly host: readonly Seen[];
  /** Likewise the proxy's. */
  readonly proxy?: readonly Seen[];
  /** Connections to the host, and to the proxy, that were open half a second after the end. */
  readonly open: readonly number[];
  /** What each command came to. "no end": none was seen. */
  readonly outcomes: readonly unknown[];
  /** What the user was told. */
  readonly said: readonly string[];
}

/** Seconds that a command without an end is watched. */
const WINDOW = 10;

/** Seconds after which a command that has an end must have come to it: on a busy workstation, half a second of pauses or not. */
const LIMIT = 90;

/** The situations. */
export const CASES: readonly Case[] = [
  { name: "direct", host: ["serve"], answer: { stdout: "out\n", stderr: "err\n", exit: 0 } },
  { name: "direct, two commands", host: ["serve"], commands: 2 },
  { name: "direct, another host key first", host: ["other key", "other key", "serve"] },
  { name: "direct, another host key always", host: ["other key"] },
  { name: "direct, closed at once first", host: ["close", "close", "close", "serve"] },
  { name: "direct, closed at once always", host: ["close"], limit: 2 },
  { name: "direct, nobody listens", host: [], limit: 2 },
  { name: "direct, silent", host: ["silence"], limit: 2, endless: true },
  { name: "direct, the client's key is refused", host: ["refuse client"], limit: 1 },
  { name: "proxy", host: ["serve"], proxy: ["serve"], answer: { stdout: "out\n", exit: 0 } },
  { name: "proxy, two commands", host: ["serve"], proxy: ["serve"], commands: 2 },
  { name: "proxy, the host closes at once first", host: ["close", "serve"], proxy: ["serve"] },
  { name: "proxy, the host shows another key first", host: ["other key", "serve"], proxy: ["serve"] },
  { name: "proxy, the host is silent", host: ["silence"], proxy: ["serve"], endless: true },
  { name: "proxy, nobody listens on the host", host: [], proxy: ["serve"], limit: 1 },
  { name: "proxy, it shows another key", host: ["serve"], proxy: ["other key"], limit: 1 },
  { name: "proxy, it is silent", host: ["serve"], proxy: ["silence"], endless: true },
  { name: "exit code", host: ["serve"], answer: { stdout: "out\n", stderr: 'err "quoted"\n', exit: 7 } },
  { name: "ended by a signal", host: ["serve"], answer: { exit: "KILL" } },
  { name: "connection lost while the command runs", host: ["serve"], answer: { stdout: "half" } },
  { name: "standard input", host: ["serve"], inputs: { stdin: "a line\nand é" } },
  { name: "output of several lines", host: ["serve"], answer: { stdout: "1\n2\n\n", stderr: "", exit: 0 } },
  ...["stdout", "stderr", "none"].map((logging) => ({
    name: `logging: ${logging}`,
    host: ["serve"] as const,
    answer: { stdout: "out\n", stderr: "err\n", exit: 0 },
    inputs: { logging },
  })),
  { name: "an agent that is gone", host: ["serve"], env: { SSH_AUTH_SOCK: "/nonexistent/agent" } },
  { name: "an empty agent variable", host: ["serve"], env: { SSH_AUTH_SOCK: "" } },
];

/**
 * Puts a plugin into all situations, at the same time.
 *
 * @param command the plugin's program and its arguments
 */
export async function transcripts(command: readonly string[]): Promise<Transcript[]> {
  const base = { ...process.env };
  delete base["SSH_AUTH_SOCK"];
  const shared = await Plugin.start(command, base);
  try {
    return await Promise.all(
      CASES.map(async (situation) => {
        if (situation.env === undefined) return transcript(shared, situation);
        const own = await Plugin.start(command, { ...base, ...situation.env });
        return transcript(own, situation).finally(() => own.stop());
      }),
    );
  } finally {
    await shared.stop();
  }
}

async function transcript(plugin: Plugin, situation: Case): Promise<Transcript> {
  const { name, limit = 3, answer = { exit: 0 }, inputs = {}, commands = 1, endless = false } = situation;
  const host = await SshServer.start(situation.host, answer);
  const proxy = situation.proxy === undefined ? undefined : await SshServer.start(situation.proxy);
  const privateKey = openSshPrivateKey(generateKeyPairSync("ed25519").privateKey);
  const hop = ({ port, hostKey }: SshServer) => ({
    ...{ host: "127.0.0.1", port, user: "root", privateKey, hostKey, dialErrorLimit: limit },
    // Far below the time that silence is watched for, and else out of a busy workstation's way.
    perDialTimeout: endless ? 3 : 60,
  });
  const plain = (text: string): string => {
    const named = text.replaceAll(`:${host.port}`, ":HOST").replaceAll(`:${proxy?.port ?? "none"}`, ":PROXY");
    return named.replace(/127\.0\.0\.1:\d+->/g, "127.0.0.1:CLIENT->");
  };
  try {
    const outcomes: unknown[] = [];
    for (let n = 0; n < commands; n++) {
      const connection = { ...hop(host), ...(proxy === undefined ? {} : { proxy: hop(proxy) }) };
      const outcome = await plugin.create(
        name,
        { connection, create: "a command", ...inputs },
        endless ? WINDOW : LIMIT,
      );
      outcomes.push(outcome === undefined ? "no end" : (JSON.parse(plain(JSON.stringify(outcome))) as unknown));
    }
    await sleep(500);
    return {
      name,
      host: host.seen,
      ...(proxy === undefined ? {} : { proxy: proxy.seen }),
      open: [host.open, ...(proxy === undefined ? [] : [proxy.open])],
      outcomes,
      said: plugin.said(name).map(plain),
    };
  } finally {
    host.stop();
    proxy?.stop();
  }
}
