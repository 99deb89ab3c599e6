/** A company's own image registry, as hosts without the internet have one: TLS with a certificate of its own authority. */
import type Docker from "dockerode";
import { IMAGES } from "../../../components/images";
import { archive } from "../../../components/platform/local/provider/archive";
import { localImage } from "../../../components/platform/local/image";
import { ensureProgramImages } from "../../../cli/workstation/program-images";
import { stranger } from "../authority";
import { succeed, until } from "../run";

/** Its name, as it stands in references. */
const NAME = "images.example";
const FOLDER = "/etc/distribution";

/** A registry that serves. */
export interface TestImageRegistry {
  /** Values of `swarm-ha:images`. */
  readonly images: { readonly registry: string; readonly traefik: string };
  /** Its address on the network. */
  readonly address: string;
  /** Where the Docker engine of a host looks for the authority of it. */
  readonly caFile: string;
  /** Its authority, PEM. */
  readonly ca: string;
}

/**
 * Starts it on a network, where its name resolves, and pushes the images that a stack runs.
 *
 * @param at its container's name, the network's, and the labels of what is made
 */
export async function startImageRegistry(
  engine: Docker,
  at: { readonly name: string; readonly network: string; readonly labels: Readonly<Record<string, string>> },
): Promise<TestImageRegistry> {
  await ensureProgramImages(engine);
  const authority = await stranger();
  const { cert, key } = await authority({ name: NAME, use: "server", names: [{ type: "dns", value: NAME }] });
  const container = await engine.createContainer({
    name: at.name,
    Image: localImage(IMAGES.registry),
    Cmd: ["serve", `${FOLDER}/config.yml`],
    Env: ["OTEL_TRACES_EXPORTER=none"],
    Labels: { ...at.labels },
    ExposedPorts: { "443/tcp": {} },
    NetworkingConfig: { EndpointsConfig: { [at.network]: { Aliases: [NAME] } } },
    HostConfig: { NetworkMode: at.network, PortBindings: { "443/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
  });
  const config = [
    "version: 0.1",
    "log: { level: warn, accesslog: { disabled: true } }",
    "storage: { filesystem: { rootdirectory: /var/lib/registry } }",
    `http: { addr: ':443', relativeurls: true, tls: { certificate: ${FOLDER}/tls.crt, key: ${FOLDER}/tls.key } }`,
    "",
  ].join("\n");
  const files = { "config.yml": config, "tls.crt": cert, "tls.key": key };
  const list = Object.entries(files).map(([file, content]) => ({ path: `${FOLDER}/${file}`, mode: "0644", content }));
  await container.putArchive(await archive(list), { path: "/" });
  await container.start();
  const { NetworkSettings: settings } = await container.inspect();
  const port = Number(settings.Ports["443/tcp"]?.[0]?.HostPort);
  const [registry, traefik] = [await push(port, IMAGES.registry), await push(port, IMAGES.traefik)];
  const address = settings.Networks[at.network]?.IPAddress ?? "";
  return { images: { registry, traefik }, address, caFile: `/etc/docker/certs.d/${NAME}/ca.crt`, ca: authority.pem };
}

/** @returns the reference by which hosts pull it */
async function push(port: number, image: (typeof IMAGES)[keyof typeof IMAGES]): Promise<string> {
  // A Docker engine trusts registries on loopback without an authority.
  const repository = `127.0.0.1:${String(port)}/${image.name}`;
  const name = `${repository}:${image.version}`;
  const docker = (...args: string[]): Promise<string> => succeed("docker", args, { limit: 120 });
  await docker("tag", localImage(image), name);
  try {
    await until("the image registry to take an image", 60, async () => {
      await docker("push", "--quiet", name);
      return undefined;
    });
    const digests = JSON.parse(await docker("image", "inspect", "-f", "{{json .RepoDigests}}", name)) as string[];
    const digest = digests.find((one) => one.startsWith(`${repository}@`))?.split("@")[1];
    if (digest === undefined) throw new Error(`${name} has no digest after it was pushed`);
    return `${NAME}/${image.name}:${image.version}@${digest}`;
  } finally {
    await docker("rmi", name);
  }
}
