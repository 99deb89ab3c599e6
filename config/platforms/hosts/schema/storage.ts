import { z } from "zod";
import { line } from "./text";

const word = /^[^\s\p{Cc}]+$/u;

const s3 = z
  .strictObject({
    endpoint: z
      .string()
      .regex(/^https?:\/\/[^\s/'"]+\/?$/)
      .meta({
        description: "URL of the object storage.",
        allowed: "an http:// or https:// URL without a path",
        fix: "write a URL such as https://s3.example.com",
      }),
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
      .meta({
        description: "Name of a bucket that exists. The stack never deletes it.",
        allowed: "a name of 3 to 63 lower-case letters, digits, '.' and '-'",
        fix: "write a name such as my-registry",
      }),
    region: z
      .string()
      .regex(/^[a-z0-9-]+$/)
      .meta({
        description: "Its region, as the object storage names it.",
        allowed: "a name of lower-case letters, digits and '-'",
        fix: "write a name such as us-east-1, the usual one of other object storages than AWS's",
      }),
    accessKey: z
      .string()
      .regex(word)
      .meta({
        description: "Id of the key. A secret.",
        allowed: "a text without blanks",
        fix: "set it with: npm run pulumi -- config set -s <stack> --secret --path swarm-ha:hosts.registryStorage.s3.accessKey",
        secret: true,
        examples: ["key"],
      }),
    secretKey: z
      .string()
      .regex(word)
      .meta({
        description: "The key. A secret.",
        allowed: "a text without blanks",
        fix: "set it with: npm run pulumi -- config set -s <stack> --secret --path swarm-ha:hosts.registryStorage.s3.secretKey",
        secret: true,
        examples: ["key"],
      }),
  })
  .meta({
    description: "A bucket that all registry hosts reach, of any object storage with S3's API.",
    allowed: "a mapping with the keys endpoint, bucket, region, accessKey and secretKey",
    fix: "write { endpoint: …, bucket: …, region: …, accessKey: …, secretKey: … }, the keys as secrets",
    defaultText: "`path`",
  });

/** `swarm-ha:hosts.registryStorage`. */
export const registryStorage = z
  .strictObject({
    path: line
      .regex(/^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._@+-]+)+$/)
      .meta({
        description:
          "A folder that is the same on all registry hosts: a shared mount, such as NFS. With one registry host, a folder of its own will do.",
        allowed:
          "an absolute path of letters, digits, '.', '_', '@', '+' and '-', without '.', '..' and '/' at its end",
        fix: "write a path such as /srv/registry",
        defaultText: "`s3`",
      })
      .optional(),
    s3: s3.optional(),
  })
  .meta({
    description: "The registry's storage, which all its replicas share. It is yours: the stack never deletes it.",
    allowed: "a mapping with the key path or the key s3",
    fix: "write { path: /srv/registry }, or { s3: … }",
  });
