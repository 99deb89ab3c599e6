import { z } from "zod";

/** `swarm-ha:hosts.engine`. */
export const engine = z
  .strictObject({
    source: z.enum(["docker", "debian", "installed"]).default("docker").meta({
      description:
        "Where the Docker engine comes from: `docker` installs the packages of Docker's repository, `debian` the distribution's package docker.io, `installed` takes the one that is there.",
      allowed: "docker, debian or installed",
      fix: "write source: docker",
    }),
    version: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/)
      .meta({
        description:
          "Version of the Docker engine that hosts without one install. Hosts that have one keep it until `npm run upgrade -- <stack>` (docs/operations/upgrade.md).",
        allowed: "a version that the source has, with source docker or debian",
        fix: 'write "28.5.2", or leave the key out',
        defaultText: "the newest one that the source has",
      })
      .optional(),
  })
  .prefault({})
  .meta({
    description: "The hosts' Docker engine. Its packages are held, so that only `npm run upgrade` changes them.",
    allowed: "a mapping with the keys source and version",
    fix: "write { source: docker }",
  });
