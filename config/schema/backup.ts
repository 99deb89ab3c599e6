import { z } from "zod";
import { variables } from "./variables";

/**
 * restic's backends whose credentials can be environment variables. A folder, or a key in a file, would be lost with the
 * bastion.
 */
const REPOSITORY = /^(s3|rest|azure|b2|swift):[^\s'"]+$/;

const count = (which: string, byDefault: number) =>
  z
    .int()
    .min(0)
    .max(1000)
    .default(byDefault)
    .meta({
      description: `Snapshots that are kept: the newest one of each of the last ${which} that have one.`,
      unit: "snapshots",
      allowed: "a whole number from 0 to 1000",
      fix: `write ${String(byDefault)}`,
    });

/** `swarm-ha:backup`. */
export const backup = z
  .strictObject({
    repository: z
      .string()
      .regex(REPOSITORY)
      .meta({
        description:
          "Where the backups are, as restic names it, seen from the bastion: `s3:https://s3.eu-central-1.amazonaws.com/bucket/folder`, `rest:https://host/`. The first backup creates the repository in it; the stack never deletes it.",
        allowed: "s3:, rest:, azure:, b2: or swift:, and what restic wants after it",
        fix: "write a repository such as s3:https://s3.eu-central-1.amazonaws.com/my-backups/prod",
        defaultText:
          "a bucket of the stack's own on aws; on local the Docker volume `<stack>-backup`, which outlives the stack; required on hosts",
      })
      .optional(),
    password: z
      .string()
      .min(12)
      .max(200)
      .meta({
        description:
          "Encrypts the backups. A secret. Keep a copy where the loss of this stack, of its state and of its workstation doesn't reach it: without the password there is no restore.",
        allowed: "a text of 12 to 200 characters",
        fix: 'set it with: npm run pulumi -- config set --secret --path swarm-ha:backup.password "$(openssl rand -base64 24)"',
        defaultText:
          "generated for a bucket of the stack's own (output `backup`), where it can't be set; required for any other place",
        secret: true,
      })
      .optional(),
    credentials: variables("RESTIC_", {
      description:
        "Credentials of the repository, which restic gets as environment variables: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` for `s3:`. A secret. On aws, restic uses the bastion's role without them, which has access to the stack's own bucket alone.",
      key: "backup.credentials",
    }),
    keep: z
      .strictObject({ daily: count("days", 7), weekly: count("weeks", 5), monthly: count("months", 12) })
      .prefault({})
      .meta({
        description: "How many snapshots are kept. Each backup removes the others; the newest one always stays.",
        allowed: "a mapping with the keys daily, weekly and monthly",
        fix: "write { daily: 7, weekly: 5, monthly: 12 }",
      }),
  })
  .meta({
    description: "Where `npm run backup` stores the swarm's state, and for how long.",
    allowed: "a mapping with the keys repository, password, credentials and keep",
    fix: "write {} for a bucket of the stack's own on aws; elsewhere { password: … }, the password as a secret",
    defaultText: "no backups",
  });
