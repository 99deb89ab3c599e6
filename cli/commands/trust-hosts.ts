/**
 * `npm run trust-hosts -- <stack> [--renew] [--yes]`: asks every host without `hostKey` for its SSH host key, shows the
 * fingerprints, asks whether they are right, and writes the keys into the stack file. `--renew` asks all hosts. The bastion comes
 * first; the others are asked through it, once it is trusted.
 *
 * Exit code 0 when every host has its key, 1 otherwise.
 */
import { writeFileSync } from "node:fs";
import { atATime } from "../cluster/at-a-time";
import { messageOf } from "../../components/message";
import { openBastion, type Tunnel } from "../../components/ssh/bastion";
import { list } from "../cluster/words";
import { askHostKey } from "../inventory/host-key";
import { isChanged, isKnown, keyLines, pinning, type ShownKey } from "../inventory/host-keys";
import { withValues } from "../inventory/stack-yaml";
import { cliPlatformOf } from "../platform";
import type { ListedHost } from "../platform/types";
import { readStackFile } from "../pulumi/project";
import { wholeConfig } from "../pulumi";
import { again, readArguments } from "../terminal/arguments";
import { confirmed, hasTerminal } from "../terminal/confirm";
import { runMain, UserError } from "../terminal/errors";

/** Seconds for the log-in to the bastion. */
const DIAL_LIMIT = 15;
/** Hosts that are asked at a time. */
const AT_A_TIME = 10;
/** What a person compares a fingerprint with. */
const COMPARE = "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub";

/** A host that couldn't be asked, and why. */
interface Failure {
  readonly name: string;
  readonly why: string;
}

runMain(async () => {
  const asked = readArguments("npm run trust-hosts -- <stack> [--renew] [--yes]", { flags: ["renew", "yes"] });
  const { stack, renew, yes, given } = asked;
  const file = readStackFile(stack);
  const { listed } = cliPlatformOf(file) ?? {};
  if (listed === undefined) {
    throw new UserError(`The stack ${stack} creates its hosts, and knows their keys: there is nothing to trust.`);
  }
  const hosts = listed.read(await wholeConfig(stack));
  const due = hosts.filter(({ login }) => renew || login.hostKey === "");
  if (due.length === 0) {
    process.stdout.write(`All ${String(hosts.length)} hosts of the stack ${stack} have their host keys already.\n`);
    return 0;
  }
  // Before anybody compares fingerprints: whether they can be written.
  withValues(file.text, pinning(due.map((host) => ({ host, shown: "ssh-ed25519" }))));
  const trust = async (found: readonly ShownKey[]): Promise<void> => {
    await accept(stack, found, { yes, command: again(`npm run trust-hosts -- ${stack}`, given, "--yes") });
  };
  const [bastion] = hosts;
  const first = await keysOf(
    due.filter(({ direct }) => direct),
    ({ login: { address: host, port } }) => askHostKey({ host, port }),
  );
  await trust(first.found);
  const rest = due.filter(({ direct }) => !direct);
  const others = rest.length === 0 ? { found: [], failed: [] } : await behind(bastion, first.found, rest);
  await trust(others.found);
  const failed = [...first.failed, ...others.failed];
  if (failed.length === 0) return 0;
  process.stderr.write(`error: no host key of ${list(failed.map(({ name }) => name))}:\n${failureLines(failed)}`);
  return 1;
});

/** A line for each reason, with its hosts. */
function failureLines(failed: readonly Failure[]): string {
  const reasons = new Map<string, string[]>();
  for (const { name, why } of failed) reasons.set(why, [...(reasons.get(why) ?? []), name]);
  return [...reasons].map(([why, names]) => `  ${list(names)}: ${why}\n`).join("");
}

/** Asks hosts through the bastion, which has to be trusted by now. */
async function behind(
  bastion: ListedHost | undefined,
  trusted: readonly ShownKey[],
  hosts: readonly ListedHost[],
): Promise<Awaited<ReturnType<typeof keysOf>>> {
  const login = bastion?.login;
  const hostKey = trusted.find(({ host }) => host === bastion)?.shown ?? login?.hostKey ?? "";
  const none = (why: string): Awaited<ReturnType<typeof keysOf>> => ({
    found: [],
    failed: hosts.map(({ name }) => ({ name, why })),
  });
  if (login === undefined || hostKey === "")
    return none(`the bastion ${bastion?.name ?? ""} has no host key yet; run this again once it answers`);
  const { address: host, ...rest } = login;
  let tunnel: Tunnel;
  try {
    tunnel = await openBastion({ host, ...rest, hostKey }, DIAL_LIMIT);
  } catch (error) {
    return none(
      `the bastion ${bastion?.name ?? ""} can't be logged in to (${messageOf(error)}): check its sshd, and ssh.user and ssh.privateKey`,
    );
  }
  try {
    return await keysOf(hosts, async ({ login: { address, port } }) =>
      askHostKey({ sock: await tunnel.connect(address, port) }),
    );
  } finally {
    tunnel.close();
  }
}

async function keysOf(
  hosts: readonly ListedHost[],
  ask: (host: ListedHost) => Promise<string>,
): Promise<{ readonly found: readonly ShownKey[]; readonly failed: readonly Failure[] }> {
  const all = await atATime(hosts, AT_A_TIME, async (host): Promise<ShownKey | Failure> => {
    const failed = (error: unknown): Failure => ({ name: host.name, why: messageOf(error) });
    return ask(host).then((shown) => ({ host, shown }), failed);
  });
  return {
    found: all.flatMap((one) => ("shown" in one ? [one] : [])),
    failed: all.flatMap((one) => ("why" in one ? [one] : [])),
  };
}

/** Shows keys, asks, and writes them. @throws UserError when nobody accepts them */
async function accept(
  stack: string,
  keys: readonly ShownKey[],
  { yes, command }: { readonly yes: boolean; readonly command: string },
): Promise<void> {
  const fresh = keys.filter((one) => !isKnown(one));
  if (fresh.length === 0) return;
  process.stdout.write(`${keyLines(fresh).join("\n")}\n`);
  const changed = fresh.filter(isChanged).map(({ host }) => host.name);
  const warning =
    changed.length === 0
      ? ""
      : `The key of ${list(changed)} has changed: the next up takes a host with a new key for another machine. `;
  const how = `On each host, on its console: ${COMPARE}`;
  if (!(await confirmed(`${warning}${how}. These keys are written into the stack file`, yes))) {
    throw new UserError(
      hasTerminal()
        ? "These keys were not written."
        : `These keys were not written, because there is no terminal for a question. ${warning}Compare them. ${how}. Then: ${command}`,
    );
  }
  const { path, text } = readStackFile(stack);
  writeFileSync(path, withValues(text, pinning(fresh)));
  process.stdout.write(`Written into ${path}: ${String(fresh.length)} host key${fresh.length === 1 ? "" : "s"}.\n`);
}
