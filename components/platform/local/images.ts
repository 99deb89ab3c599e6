import type * as pulumi from "@pulumi/pulumi";
import type { Images } from "../types";
import { localImage } from "./image";
import { HostImageResource } from "./resources";

/**
 * Images from this workstation's Docker engine, where set-up has put them: the hosts have no internet.
 *
 * @param parent The platform.
 */
export function localImages(parent: pulumi.Resource): Images {
  return {
    reference: (image) => localImage(image),
    onHost: (image, { name, identity }, after) => [
      new HostImageResource(
        `image-${image.name}-${name}`,
        { host: name, identity, image: localImage(image) },
        { parent, dependsOn: [...after] },
      ),
    ],
  };
}
