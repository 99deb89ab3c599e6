/** Debian packages: installing some, and the mirrors that this workstation uses. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { messageOf } from "../../components/message";
import { retry } from "../../components/retry";
import { cachePath } from "../paths";
import { command, findProgram } from "./command";
import { UserError } from "../terminal/errors";
import { withLock } from "./lock.cjs";
import { createProgress, type Progress } from "../terminal/progress";
import { runsSystemd } from "./systemd";

const ENVIRONMENT = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_SUSPEND: "1" };
/** Seconds to wait for another apt (unattended upgrades, say) rather than fail. */
const LOCK_SECONDS = 120;
const LOCK_WAIT = ["-o", `DPkg::Lock::Timeout=${LOCK_SECONDS}`];
const POLICY = "/usr/sbin/policy-rc.d";
const POLICY_MARKER = "# swarm-ha: no services while packages are installed";

/** Is the text of an os-release file Debian's, Ubuntu's, or that of a system built on them? */
export function isDebianLike(osRelease: string): boolean {
  const ids = [...osRelease.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].flatMap((match) =>
    (match[1] ?? "").replaceAll(/["']/g, "").split(/\s+/),
  );
  return ids.includes("debian") || ids.includes("ubuntu");
}

/** May this process install Debian packages on this workstation (root on Debian or Ubuntu)? */
export function canInstall(): boolean {
  if (process.getuid?.() !== 0 || findProgram("apt-get") === undefined) return false;
  return existsSync("/etc/os-release") && isDebianLike(readFileSync("/etc/os-release", "utf8"));
}

/**
 * Installs Debian packages. Without systemd, no service of theirs is started: docker.io's init script fails, and with it
 * the installation, where no init system has mounted the cgroups.
 *
 * @param wish `packages`; `optional`: those that exist in some releases only (installed where they do); `usually`: how
 *   long it usually takes, in words
 * @throws UserError with apt's last lines
 */
export async function aptInstall(
  wish: { readonly packages: readonly string[]; readonly optional?: readonly string[]; readonly usually: string },
  progress: Progress = createProgress(),
): Promise<void> {
  const wait = (pid: number) => {
    progress.info(`Waiting for the command that is installing packages (process ${pid}) …`);
  };
  // One at a time: what forbids services is one file, and the first to end would take it from under the others.
  await withLock(aptLock(), () => install(wish, progress), wait);
}

async function install(wish: Parameters<typeof aptInstall>[0], progress: Progress): Promise<void> {
  removeStalePolicy();
  await aptUpdate(progress);
  const packages = [...wish.packages, ...(await knownPackages(wish.optional ?? []))];
  await progress.step(`Installing Debian's ${packages.join(", ")}`, wish.usually, async (note) => {
    const options = { timeout: 900_000, env: ENVIRONMENT, onLine: note };
    await withoutServices(async () => {
      // An installation that was killed half-way leaves packages that only this puts right; nothing to do otherwise.
      await retryLocked(() => command("dpkg", ["--configure", "-a", "--force-confdef", "--force-confold"], options));
      await retryLocked(() =>
        command("apt-get", ["install", "-y", "--no-install-recommends", ...LOCK_WAIT, ...packages], options),
      );
    });
  });
}

const aptLock = () => cachePath("locks", "apt");

/** Is a command's failure that another process holds one of dpkg's or apt's locks? */
export function isLockFailure(message: string): boolean {
  return /could not get lock|unable to (acquire|lock)|locked by another process|is another process using it/i.test(
    message,
  );
}

/**
 * Tries again while another process holds dpkg's locks: dpkg itself doesn't wait for them, nor does apt for all of its
 * own (that of the package lists, say).
 *
 * @param seconds how long. @default 120, as for apt
 * @throws what the last try threw
 */
export function retryLocked<T>(work: () => Promise<T>, seconds = LOCK_SECONDS, pause = 1): Promise<T> {
  const locked = (error: unknown): boolean => isLockFailure(messageOf(error));
  return retry(work, { limit: seconds, pause, when: locked });
}

/** Fetches apt's package lists. */
export async function aptUpdate(progress: Progress = createProgress()): Promise<void> {
  const options = { timeout: 300_000, env: ENVIRONMENT };
  await progress.step("Fetching apt's package lists", "5 to 20 s", (note) =>
    retryLocked(() => command("apt-get", ["update", ...LOCK_WAIT], { ...options, onLine: note })),
  );
}

async function knownPackages(names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const listed = await command("apt-cache", ["pkgnames"], { timeout: 60_000 });
  const known = new Set(listed.split("\n"));
  return names.filter((name) => known.has(name));
}

/**
 * Does `work` while Debian's policy layer forbids packages to start services (exit code 101, see invoke-rc.d(8)). systemd
 * starts them as usual. A policy that exists stays as it is.
 */
async function withoutServices(work: () => Promise<unknown>): Promise<void> {
  if (runsSystemd() || existsSync(POLICY)) {
    await work();
    return;
  }
  writeFileSync(POLICY, `#!/bin/sh\n${POLICY_MARKER}\nexit 101\n`);
  chmodSync(POLICY, 0o755);
  const remove = () => {
    rmSync(POLICY, { force: true });
  };
  process.once("exit", remove); // Also when the run is interrupted.
  try {
    await work();
  } finally {
    process.off("exit", remove);
    remove();
  }
}

/**
 * Removes our policy after a killed command: else no package's service would ever start on this workstation. With the
 * apt lock held, no other command uses it.
 */
export function removeStalePolicy(file = POLICY): void {
  if (existsSync(file) && readFileSync(file, "utf8").includes(POLICY_MARKER)) rmSync(file, { force: true });
}

/** Repairs what a command that was killed while it installed packages has left. Does nothing while one installs. */
export async function recoverApt(): Promise<void> {
  if (!canInstall() || !existsSync(POLICY)) return;
  await withLock(aptLock(), () => {
    removeStalePolicy();
    return Promise.resolve();
  });
}

/** A Debian repository as apt knows it. */
export interface Repository {
  readonly uri: string;
  readonly label: string;
  readonly suite: string;
}

/** Reads the Debian repositories (origin Debian, component main) out of what `apt-get indextargets` prints. */
export function debianRepositories(indexTargets: string): Repository[] {
  const paragraphs = indexTargets.split(/\n\s*\n/).map((paragraph) => {
    const fields = paragraph.matchAll(/^([A-Za-z-]+): (.*)$/gm);
    return new Map([...fields].map((match): [string, string] => [match[1] ?? "", (match[2] ?? "").trim()]));
  });
  return paragraphs.flatMap((fields) => {
    const uri = fields.get("Repo-URI");
    const suite = fields.get("Release");
    if (fields.get("Origin") !== "Debian" || fields.get("Component") !== "main") return [];
    return uri === undefined || suite === undefined ? [] : [{ uri, suite, label: fields.get("Label") ?? "Debian" }];
  });
}

/**
 * The apt sources of Debian `release` at the mirrors that this workstation uses itself: base, updates, security.
 *
 * @param keyring the file of the keys that sign Debian's archive
 * @returns one-line source entries; empty if the workstation's apt has no Debian mirror (on Ubuntu, say)
 */
export function debianSources(repositories: readonly Repository[], release: string, keyring?: string): string[] {
  const options = keyring === undefined ? "" : `[signed-by=${keyring}] `;
  const main = repositories.find(({ label }) => label === "Debian");
  const security = repositories.find(({ label }) => label === "Debian-Security");
  const line = (uri: string, suite: string) => `deb ${options}${uri} ${suite} main`;
  return [
    ...(main === undefined ? [] : [line(main.uri, release), line(main.uri, `${release}-updates`)]),
    ...(main === undefined || security === undefined ? [] : [line(security.uri, `${release}-security`)]),
  ];
}

/** The workstation's apt settings that a new system needs to reach the same mirrors: proxies. */
export function proxySettings(aptConfigDump: string): string[] {
  return aptConfigDump.split("\n").filter((line) => /^Acquire::[a-z]+::proxy\b/i.test(line) && !line.endsWith(' "";'));
}

/**
 * Installs packages if this process may.
 *
 * @throws UserError saying what to run if it may not
 */
export async function requirePackages(
  packages: readonly string[],
  purpose: string,
  usually: string,
  progress: Progress = createProgress(),
): Promise<void> {
  if (!canInstall()) {
    throw new UserError(
      `${purpose} needs ${packages.join(", ")}. Install it and try again; on Debian or Ubuntu: sudo apt-get install ${packages.join(" ")}`,
    );
  }
  await aptInstall({ packages, usually }, progress);
}
