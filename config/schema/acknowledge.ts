import { z } from "zod";

/** Dangers of an update that `npm run review` refuses unless they are acknowledged by name. */
export const DANGERS = [
  "replaces-managers",
  "quorum-at-risk",
  "tier-unavailable",
  "deletes-state",
  "opens-to-world",
] as const;

/** See {@link DANGERS}. */
export type Danger = (typeof DANGERS)[number];

/** `swarm-ha:acknowledge`. */
export const acknowledge = z
  .array(
    z.enum(DANGERS).meta({
      description: "One danger.",
      allowed: DANGERS.join(", "),
      fix: "write the name that the review shows",
    }),
  )
  .default([])
  .meta({
    description:
      "Intended dangers of the next update. `npm run review` fails for each danger that isn't listed here. `replaces-managers`: more than one manager is replaced; `quorum-at-risk`: a loss of managers or of a zone would cost the swarm its majority; `tier-unavailable`: all registry hosts or all workers of a pool are replaced or removed; `deletes-state`: data or keys are deleted, lose their protection, or are created without it; `opens-to-world`: ranges that are as good as the world (a /7 or more, in one or in many) may reach a port other than those of applications. The update itself doesn't ask. Take a name out again when its update is through: the review reminds you.",
    allowed: `a list of names out of ${DANGERS.join(", ")}`,
    fix: "write [replaces-managers], or leave the key out",
  });
