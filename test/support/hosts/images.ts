/** Images of hosts that the program didn't make. */
import type Docker from "dockerode";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ensureImage } from "../../../cli/workstation/host-image";

/** `bare`: Debian with sshd. `ready`: with Docker's engine and all that the program needs besides. */
export type TestHostImage = "bare" | "ready";

/** Packages that are there before the program comes. */
const PACKAGES: Readonly<Record<TestHostImage, string>> = {
  bare: "",
  ready: "docker.io docker-cli curl haproxy iptables jq keepalived openssh-client openssl restic",
};

/** Makes sure that the Docker engine has both. They are named for their recipe. @returns their names */
export async function ensureTestHostImages(engine: Docker): Promise<Readonly<Record<TestHostImage, string>>> {
  const ensure = (image: TestHostImage): Promise<string> =>
    ensureTestImage(engine, {
      name: `test-host:${image}`,
      folder: "image",
      arguments: { PACKAGES: PACKAGES[image] },
      what: `the image of test hosts (${image})`,
      usually: "20 to 60 s",
    });
  return { bare: await ensure("bare"), ready: await ensure("ready") };
}

/** Makes sure that the Docker engine has the image of virtual machines, whose disk is that of a `ready` host. @returns its name */
export async function ensureTestMachineImage(engine: Docker): Promise<string> {
  const { ready } = await ensureTestHostImages(engine);
  return ensureTestImage(engine, {
    name: "test-machine:ready",
    folder: "vm-image",
    arguments: { GUEST: ready },
    what: "the image of virtual machines",
    usually: "2 to 4 min",
  });
}

interface TestImageWish {
  readonly name: string;
  /** Its folder here. */
  readonly folder: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly what: string;
  readonly usually: string;
}

async function ensureTestImage(engine: Docker, wish: TestImageWish): Promise<string> {
  const folder = join(__dirname, wish.folder);
  const name = `swarm-ha/${wish.name}-${digest(folder, Object.values(wish.arguments))}`;
  await ensureImage(engine, { ...wish, name, folder });
  return name;
}

function digest(folder: string, values: readonly string[]): string {
  const hash = createHash("sha256").update(values.join("\0"));
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(folder, file);
    if (!statSync(path).isDirectory()) hash.update(`${file}\0`).update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex").slice(0, 12);
}
