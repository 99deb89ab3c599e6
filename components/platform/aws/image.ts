import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import type { AwsConfig } from "../../../config/platforms/aws";
import type { Architecture } from "../../../config/platforms/aws/instance-types";

/** Canonical's account, and the release that new hosts start from: Ubuntu 24.04 as of 2026-07-14. */
const OWNER = "099720109477";
const RELEASE = "20260714";

/** Name of the image for an architecture. Ids differ by region, the name is the same in all of them. */
function imageName(architecture: Architecture): string {
  return `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${architecture}-server-${RELEASE}`;
}

/**
 * Ids of the images that new hosts start from, by architecture; each is looked up once.
 *
 * By exact name and owner, never "the latest": that could be another image for every `up`. Running hosts ignore
 * even a change of the name: `npm run replace` rolls them.
 */
export function imageLookup(
  aws: Pick<AwsConfig, "images">,
  parent: pulumi.Resource,
): (architecture: Architecture) => pulumi.Output<string> {
  const found = new Map<Architecture, pulumi.Output<string>>();
  return (architecture) => {
    const known = found.get(architecture);
    if (known !== undefined) return known;
    const given = aws.images[architecture];
    const id = given === undefined ? lookUp(architecture, parent) : pulumi.output(given);
    found.set(architecture, id);
    return id;
  };
}

function lookUp(architecture: Architecture, parent: pulumi.Resource): pulumi.Output<string> {
  const filters = [{ name: "name", values: [imageName(architecture)] }];
  // Publishers deprecate images after two years. New hosts can still use them.
  return ec2.getAmiOutput({ owners: [OWNER], filters, includeDeprecated: true }, { parent }).id;
}
