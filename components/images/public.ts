import * as pulumi from "@pulumi/pulumi";
import type { ImagesConfig } from "../../config/schema/types";
import type { Image } from ".";
import type { Images } from "../platform/types";

/** Images from public registries, or from the configured mirror, for hosts that can pull them. */
export function publicImages(elsewhere: ImagesConfig): Images {
  const at = (image: Image): ReturnType<Images["onHosts"]> => ({
    reference: pulumi.output((elsewhere as Readonly<Record<string, string | undefined>>)[image.name] ?? image.public),
    ready: [],
  });
  return { onHosts: at, inRegistry: at };
}
