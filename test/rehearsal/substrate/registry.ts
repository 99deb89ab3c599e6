/** The image registry of the simulated AWS: what hosts pull the stack's images from. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request, type RequestListener } from "node:http";
import { join } from "node:path";
import type Docker from "dockerode";
import { IMAGES } from "../../../components/images";
import { localImage } from "../../../components/platform/local/image";
import { cachePath } from "../../../cli/paths";
import { followToEnd } from "../../../cli/workstation/docker-client";
import { buildImage } from "../../../cli/workstation/host-image";
import { ensureProgramImages } from "../../../cli/workstation/program-images";
import { until } from "../../support/run";
import { forward } from "./endpoints/forward";
import { archive } from "../../../components/platform/local/provider/archive";
import type { Run } from "./run";
import { certificatesOf } from "./images";

/** Name of the registry, as it stands in references. */
export const REGISTRY_HOST = "registry.rehearsal.example";

/** Kinds of manifests that a reference's digest may be of. */
const MANIFESTS = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** Seconds until the registry has to answer. */
const LIMIT = 30;

/** The images that a stack is told to run: values of `swarm-ha:images`. */
export interface RegistryContent {
  readonly registry: string;
  readonly traefik: string;
}

/** A registry that serves. */
export interface ImageRegistry {
  readonly references: RegistryContent;
  readonly listener: RequestListener;
}

/**
 * Starts a registry and pushes the project's own images to it.
 *
 * @param ca the authority that the registry replicas are to trust for S3, PEM
 * @throws UserError when an image can't be had
 */
export async function startRegistry(run: Run, ca: string): Promise<ImageRegistry> {
  const { engine } = run;
  await ensureProgramImages(engine);
  const port = await startServer(run);
  const trusting = await trustingRegistry(run, ca);
  const [registry, traefik] = await Promise.all([
    push(engine, trusting, port, IMAGES.registry),
    push(engine, localImage(IMAGES.traefik), port, IMAGES.traefik),
  ]);
  return {
    references: { registry, traefik },
    listener: (incoming, response) => {
      forward(incoming, response, { port });
    },
  };
}

async function startServer(run: Run): Promise<number> {
  // Not the Docker engine's default bridge: a Docker engine may have none.
  const network = run.name("images");
  await run.engine.createNetwork({ Name: network, CheckDuplicate: true, Driver: "bridge", Labels: { ...run.labels } });
  const container = await run.engine.createContainer({
    name: run.name("images"),
    Image: localImage(IMAGES.registry),
    Cmd: ["serve", "/etc/distribution/config.yml"],
    Env: ["OTEL_TRACES_EXPORTER=none"],
    Labels: { ...run.labels },
    ExposedPorts: { "5000/tcp": {} },
    HostConfig: { NetworkMode: network, PortBindings: { "5000/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
  });
  const content = [
    "version: 0.1",
    "log: { level: warn, accesslog: { disabled: true } }",
    "storage: { filesystem: { rootdirectory: /var/lib/registry } }",
    // What is pushed is served under the registry's own name, whatever name it is pushed by.
    "http: { addr: ':5000', relativeurls: true }",
    "",
  ].join("\n");
  await container.putArchive(await archive([{ path: "/etc/distribution/config.yml", mode: "0644", content }]), {
    path: "/",
  });
  await container.start();
  const { NetworkSettings: settings } = await container.inspect();
  const port = Number(settings.Ports["5000/tcp"]?.[0]?.HostPort);
  await until("the image registry to answer", LIMIT, async () => {
    const { status } = await head(port, "/v2/");
    return status === 200 ? undefined : `HTTP ${String(status)}`;
  });
  return port;
}

/** The registry's image with one authority more: its S3 is the simulated one. */
async function trustingRegistry(run: Run, ca: string): Promise<string> {
  const base = localImage(IMAGES.registry);
  const name = `swarm-ha/rehearsal-registry:${run.id}`;
  mkdirSync(cachePath("rehearsal"), { recursive: true });
  const folder = mkdtempSync(cachePath("rehearsal", "registry-"));
  try {
    writeFileSync(join(folder, "ca-certificates.crt"), `${await certificatesOf(run.engine, base)}\n${ca}`);
    const labels = Object.entries(run.labels).map(([key, value]) => `LABEL ${key}=${JSON.stringify(value)}`);
    const lines = [`FROM ${base}`, ...labels, "COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt", ""];
    writeFileSync(join(folder, "Dockerfile"), lines.join("\n"));
    await buildImage(run.engine, { name, folder }, () => undefined);
    return name;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function push(
  engine: Docker,
  image: string,
  port: number,
  { name, version: tag }: { readonly name: string; readonly version: string },
): Promise<string> {
  // A Docker engine takes registries on loopback without TLS.
  const repo = `127.0.0.1:${String(port)}/${name}`;
  await engine.getImage(image).tag({ repo, tag });
  try {
    const answer = await engine
      .getImage(`${repo}:${tag}`)
      .push({ tag, authconfig: { username: "", password: "", serveraddress: "" } });
    await followToEnd(engine, answer, `Pushing ${image}`, () => undefined);
  } finally {
    await engine.getImage(`${repo}:${tag}`).remove({ noprune: true });
  }
  const { digest } = await head(port, `/v2/${name}/manifests/${tag}`);
  if (digest === undefined) throw new Error(`the image registry doesn't have ${name}:${tag} after it was pushed`);
  return `${REGISTRY_HOST}/${name}:${tag}@${digest}`;
}

async function head(port: number, path: string): Promise<{ readonly status: number; readonly digest?: string }> {
  const asked = request({
    host: "127.0.0.1",
    port,
    path,
    method: "HEAD",
    headers: { Accept: MANIFESTS.join(", ") },
    agent: false,
  });
  asked.setTimeout(5000, () => asked.destroy(new Error("no answer within 5 s")));
  asked.end();
  const [response] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
  response.resume();
  const digest = response.headers["docker-content-digest"];
  return { status: response.statusCode ?? 0, ...(typeof digest === "string" ? { digest } : {}) };
}
