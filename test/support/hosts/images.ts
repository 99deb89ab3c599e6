/** Images of hosts that the program didn't make. */
import type Docker from "dockerode";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureImage } from "../../../cli/workstation/host-image";

const FOLDER = join(__dirname, "image");

/** What the recipe is based on. */
const RELEASE = "trixie";

/**
 * `bare`: Debian with sshd. `ready`: with Docker's engine and all that the program needs besides. `old`: the same of Debian 12, whose
 * Docker engine is 20.10.24.
 */
export type TestHostImage = "bare" | "ready" | "old";

const TOOLS = "curl haproxy iptables jq keepalived openssh-client openssl restic";

/** Debian's release, and packages that are there before the program comes. */
const RECIPES: Readonly<Record<TestHostImage, { readonly release: string; readonly packages: string }>> = {
  bare: { release: RELEASE, packages: "" },
  ready: { release: RELEASE, packages: `docker.io docker-cli ${TOOLS}` },
  old: { release: "bookworm", packages: `docker.io ${TOOLS}` },
};

/** Makes sure that the Docker engine has an image. It is named for its recipe. @returns its name */
export async function ensureTestHostImage(engine: Docker, image: TestHostImage): Promise<string> {
  const { release, packages } = RECIPES[image];
  const name = `swarm-ha/test-host:${image}-${digest(release, packages)}`;
  const folder = mkdtempSync(join(tmpdir(), "swarm-ha-test-host-"));
  try {
    cpSync(FOLDER, folder, { recursive: true });
    writeFileSync(join(folder, "Dockerfile"), recipe(release));
    const what = `the image of test hosts (${image})`;
    await ensureImage(engine, { name, folder, arguments: { PACKAGES: packages }, what, usually: "20 to 60 s" });
  } finally {
    rmSync(folder, { recursive: true });
  }
  return name;
}

/** The Dockerfile, on another release of Debian. */
function recipe(release: string): string {
  return readFileSync(join(FOLDER, "Dockerfile"), "utf8").replace(`debian:${RELEASE}-slim`, `debian:${release}-slim`);
}

function digest(release: string, packages: string): string {
  const hash = createHash("sha256")
    .update(release === RELEASE ? "" : release)
    .update(packages);
  for (const file of readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(FOLDER, file);
    if (!statSync(path).isDirectory()) hash.update(`${file}\0`).update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex").slice(0, 12);
}
