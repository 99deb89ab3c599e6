/** AMIs: Canonical's, by name, and those that a drive adds. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { reveal } from "../../../offline/lib/values";
import { AwsError } from "./errors";
import type { Fields } from "./kind";

/** An image as EC2 knows it. */
export interface Image {
  readonly id: string;
  readonly architecture: "amd64" | "arm64";
}

/** Canonical's account. Source: ubuntu.com, "Find Ubuntu images on AWS". */
const CANONICAL = "099720109477";
const NAME = /^ubuntu\/images\/hvm-ssd-gp3\/ubuntu-noble-24\.04-(amd64|arm64)-server-20\d{6}$/;

const lookUp = z.object({
  owners: z.array(z.string()),
  filters: z.array(z.object({ name: z.string(), values: z.array(z.string()) })),
});

/** The images that exist. */
export class Images {
  private readonly known = new Map<string, Image>();

  /** Adds an image that a stack file names by its id. */
  public add(image: Image): void {
    this.known.set(image.id, image);
  }

  /** An image by its id. */
  public get(id: string): Image | undefined {
    return this.known.get(id);
  }

  /**
   * What the provider's function `getAmi` finds: every release of Ubuntu 24.04 exists here, whatever its date.
   *
   * @throws Error as the provider has it, for anything else
   */
  public find(inputs: Fields): Fields {
    const { owners, filters } = lookUp.parse(reveal(inputs as never));
    const name = filters.length === 1 && filters[0]?.name === "name" ? (filters[0].values[0] ?? "") : "";
    const architecture = NAME.exec(name)?.[1];
    if (!owners.includes(CANONICAL) || architecture === undefined)
      throw new AwsError(
        "EC2: DescribeImages",
        "NotFound",
        "Your query returned no results. Please change your search criteria and try again.",
      );
    const id = `ami-${createHash("sha256").update(name).digest("hex").slice(0, 17)}`;
    this.add({ id, architecture: architecture as Image["architecture"] });
    return { ...inputs, id, name, architecture: architecture === "amd64" ? "x86_64" : "arm64" };
  }
}
