import * as pulumi from "@pulumi/pulumi";
import type { ImagesConfig } from "../../config/schema/types";
import type { Image } from ".";
import type { Images } from "../platform/types";

/** Images from where the public has them, or from where the configuration says, for hosts that can pull from there. */
export function publicImages(elsewhere: ImagesConfig): Images {
  const at = (image: Image): ReturnType<Images["onHosts"]> => ({
    reference: pulumi.output((elsewhere as Readonly<Record<string, string | undefined>>)[image.name] ?? image.public),
    ready: [],
  });
  return { onHosts: at, inRegistry: at };
}
