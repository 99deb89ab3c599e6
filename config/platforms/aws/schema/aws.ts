import { z } from "zod";
import { REGIONS } from "../regions";
import { awsNetwork } from "./network";
import { hosts } from "./instance";

const scheme = (byDefault: "internal" | "public", what: string) =>
  z
    .enum(["internal", "public"])
    .default(byDefault)
    .meta({
      description: `Whether the ${what} load balancer has addresses in the VPC only, or public ones.`,
      allowed: "internal or public",
      fix: `write ${byDefault}`,
    });

const arn = (service: string, description: string, otherwise: string) =>
  z
    .string()
    .regex(new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:.+$`))
    .meta({
      description,
      allowed: `an ARN that begins with arn:aws:${service}:`,
      fix: "copy it from AWS, or leave the key out",
      defaultText: otherwise,
    })
    .optional();

const image = (architecture: string) =>
  z
    .string()
    .regex(/^ami-[0-9a-f]{8,17}$/)
    .meta({
      description: `Id of the image for ${architecture} in this region: Ubuntu 24.04, or an image based on it. Only new hosts use it; running hosts keep theirs until they are replaced.`,
      allowed: "an id such as ami-0123456789abcdef0",
      fix: "copy it from AWS, or leave the key out",
      defaultText: "the release that components/platform/aws/image.ts pins",
    })
    .optional();

const bastion = z
  .strictObject({
    access: z.enum(["public", "ssm"]).default("public").meta({
      description:
        "How the bastion is reached: `public` gives it an Elastic IP in a public subnet; with `ssm` it has no public address, and is reached through a tunnel of the Session Manager (docs/environments.md).",
      allowed: "public or ssm",
      fix: "write access: public",
    }),
    port: z.int().min(1024).max(65_535).default(22022).meta({
      description: "With `ssm`: local port of the tunnel, on 127.0.0.1 of this workstation.",
      allowed: "a port from 1024 to 65535",
      fix: "write port: 22022",
    }),
    zone: z
      .string()
      .meta({
        description: "Zone of the bastion. When that zone is lost, choose another one and run `up`.",
        allowed: "one of swarm-ha:zones",
        fix: "write one of swarm-ha:zones",
        defaultText: "the first of `zones`",
      })
      .optional(),
  })
  .prefault({})
  .meta({
    description: "The bastion: the one host from which all others are reached.",
    allowed: "a mapping with the keys access, port and zone",
    fix: "write { access: public }",
  });

const loadBalancers = z
  .strictObject({
    manager: scheme("internal", "manager"),
    registry: scheme("internal", "registry"),
    app: scheme("public", "application"),
    registryCertificate: arn(
      "acm",
      "ACM certificate with which the registry load balancer terminates TLS. The cluster's own nodes keep using the stack's certificate.",
      "the registry terminates TLS, with a certificate of the stack's CA",
    ),
    appCertificate: arn(
      "acm",
      "ACM certificate for `*.app.<domain>`, with which the application load balancer terminates TLS.",
      "the ingress terminates TLS",
    ),
    alarms: arn(
      "sns",
      "SNS topic for alarms: a load balancer's members that have been unhealthy for 3 minutes.",
      "no alarms",
    ),
  })
  .prefault({})
  .meta({
    description: "The load balancers on AWS.",
    allowed: "a mapping with the keys manager, registry, app, registryCertificate, appCertificate and alarms",
    fix: "write { manager: internal, registry: internal, app: public }",
  });

/** `swarm-ha:aws`. */
export const aws = z
  .strictObject({
    region: z.string().meta({
      description: "The region; `zones` lists its availability zones.",
      allowed: `one of ${REGIONS.join(", ")}`,
      fix: "write the region that your zones belong to, such as eu-central-1",
    }),
    accountId: z
      .string()
      .regex(/^\d{12}$/)
      .meta({
        description: "The AWS account that the stack belongs to. Credentials of any other account are refused.",
        allowed: "the account's number of 12 digits, as a text",
        fix: 'write "<12 digits>" in quotes; `aws sts get-caller-identity` shows the number',
        defaultText: "the account of the credentials",
      })
      .optional(),
    protect: z.boolean().default(true).meta({
      description:
        "Whether data (the registry's bucket, the key of the stack's CA) is protected. If it is, `npm run destroy` refuses. If not, destroying deletes the bucket with its content.",
      allowed: "true or false",
      fix: "write protect: true, or false for throw-away clusters",
    }),
    hostedZone: z
      .string()
      .regex(/^(Z[A-Z0-9]{4,31}|none)$/)
      .meta({
        description:
          "Id of the Route 53 hosted zone of `domain`. Records for `manager`, `registry` and `*.app` are created there. With `none` you create them elsewhere; the output `records` lists them.",
        allowed: "an id such as Z0123456789ABCDEFGHIJ, or none",
        fix: "copy it from Route 53, or write none",
        defaultText: "required",
      })
      .optional(),
    network: awsNetwork,
    hosts,
    images: z
      .strictObject({ amd64: image("amd64"), arm64: image("arm64") })
      .prefault({})
      .meta({
        description: "Images of the hosts by architecture.",
        allowed: "a mapping with the keys amd64 and arm64",
        fix: "write { amd64: ami-… }, or leave the key out",
      }),
    engine: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/)
      .default("28.5.2")
      .meta({
        description:
          "Version of the Docker engine that new hosts install from Docker's packages. Running hosts keep theirs until `npm run upgrade -- <stack>` installs this one (docs/operations/upgrade.md).",
        allowed: "a version that Docker's packages for Ubuntu 24.04 have",
        fix: 'write "28.5.2"',
      }),
    bastion,
    loadBalancers,
    tags: z
      .record(
        z.string(),
        z.string().meta({
          description: "Value of the tag.",
          allowed: "a text of at most 256 characters that AWS accepts",
          fix: "write a text such as platform",
        }),
      )
      .default({})
      .meta({
        description: "Further tags for all resources, such as a cost centre.",
        allowed: "a mapping of names to texts; names that begin with swarm-ha. or aws: are reserved",
        fix: "write { team: platform }",
      }),
  })
  .meta({
    description: "Keys of the platform `aws`.",
    allowed:
      "a mapping with the keys region, accountId, protect, hostedZone, network, hosts, images, engine, bastion, loadBalancers and tags, on the platform aws only",
    fix: "write { region: eu-central-1, hostedZone: Z… }",
    defaultText: "required on aws",
  });
