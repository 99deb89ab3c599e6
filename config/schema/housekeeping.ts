import { z } from "zod";

/** `swarm-ha:housekeeping`. */
export const housekeeping = z
  .strictObject({
    everyHours: z.int().min(0).max(8760).default(24).meta({
      description:
        "How often each host removes what it doesn't use: stopped containers and images, never volumes. 0: never.",
      unit: "hours",
      allowed: "a whole number from 0 to 8760 (hours); 0 for never",
      fix: "write everyHours: 24",
    }),
    ageHours: z.int().min(1).max(8760).default(168).meta({
      description:
        "How long a container must have been stopped, or an image without any container, before it is removed. The images of registry and ingress stay.",
      unit: "hours",
      allowed: "a whole number from 1 to 8760 (hours)",
      fix: "write ageHours: 168",
    }),
  })
  .prefault({})
  .meta({
    description: "Removal of what the hosts' Docker engines keep and nobody uses.",
    allowed: "a mapping with the keys everyHours and ageHours",
    fix: "write { everyHours: 24, ageHours: 168 }",
  });
