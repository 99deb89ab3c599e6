import { z } from "zod";
import type { PlatformFacts } from "../platforms/facts";

const reference = (what: string) =>
  z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?(\/[a-z0-9._-]+)+(:[\w.-]{1,128})?@sha256:[0-9a-f]{64}$/)
    .meta({
      description: `Reference of ${what}. It must have the same version, and every processor architecture of the hosts.`,
      allowed: "<registry>/<name>[:<tag>]@sha256:<64 hexadecimal digits>",
      fix: "copy name and digest from the registry; `docker buildx imagetools inspect <name>` shows the digest",
      defaultText: "the public one that components/images/index.ts pins",
    })
    .optional();

/** `swarm-ha:images`. */
export function images(platforms: Readonly<Record<string, PlatformFacts>>) {
  const without = Object.entries(platforms).flatMap(([name, { imagesFrom }]) =>
    imagesFrom === undefined ? [] : [{ name, imagesFrom }],
  );
  const but = without.length === 0 ? "" : `, on every platform but ${without.map(({ name }) => name).join(", ")}`;
  return z
    .strictObject({
      registry: reference("the registry's image (CNCF Distribution)"),
      traefik: reference("the ingress's image (Traefik)"),
    })
    .prefault({})
    .meta({
      description: [
        "Images of the stack's own services, for hosts that can't reach the public registries: in a mirror that needs no login.",
        ...without.map(
          ({ name, imagesFrom }) => `Not on the platform \`${name}\`, where they come from ${imagesFrom}.`,
        ),
      ].join(" "),
      allowed: `a mapping with the keys registry and traefik${but}`,
      fix: "write { registry: mirror.example.com/registry:3.0.0@sha256:… }, or leave the key out",
    });
}
