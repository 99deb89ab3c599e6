import * as pulumi from "@pulumi/pulumi";
import type { Images } from "../platform/types";

/** Images from where the public has them, for hosts that can pull from there. */
export const publicImages: Images = {
  onHosts: (image) => ({ reference: pulumi.output(image.public), ready: [] }),
  inRegistry: (image) => ({ reference: pulumi.output(image.public), ready: [] }),
};
