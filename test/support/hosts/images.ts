/** Images of hosts that the program didn't make. */
import type Docker from "dockerode";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ensureImage } from "../../../cli/workstation/host-image";

const FOLDER = join(__dirname, "image");

/** `bare`: Debian with sshd. `ready`: with Docker's engine and all that the program needs besides. */
export type TestHostImage = "bare" | "ready";

/** Packages that are there before the program comes. */
const PACKAGES: Readonly<Record<TestHostImage, string>> = {
  bare: "",
  ready: "docker.io docker-cli curl haproxy iptables jq keepalived openssh-client openssl restic",
};

/** Makes sure that the Docker engine has both. They are named for their recipe. @returns their names */
export async function ensureTestHostImages(engine: Docker): Promise<Readonly<Record<TestHostImage, string>>> {
  const name = (image: TestHostImage): string => `swarm-ha/test-host:${image}-${digest(PACKAGES[image])}`;
  for (const image of ["bare", "ready"] as const) {
    const what = `the image of test hosts (${image})`;
    const wish = { name: name(image), folder: FOLDER, arguments: { PACKAGES: PACKAGES[image] } };
    await ensureImage(engine, { ...wish, what, usually: "20 to 60 s" });
  }
  return { bare: name("bare"), ready: name("ready") };
}

function digest(packages: string): string {
  const hash = createHash("sha256").update(packages);
  for (const file of readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(FOLDER, file);
    if (!statSync(path).isDirectory()) hash.update(`${file}\0`).update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex").slice(0, 12);
}
