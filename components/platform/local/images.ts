import * as pulumi from "@pulumi/pulumi";
import type { Images } from "../types";
import { localImage } from "./image";
import { HostImageResource, RegistryImageResource } from "./resources";

/**
 * Images from this workstation's Docker engine, where set-up has put them: the hosts have no internet.
 *
 * @param registryName The registry's `host:port`.
 * @param parent The platform.
 */
export function localImages(registryName: pulumi.Input<string>, parent: pulumi.Resource): Images {
  return {
    onHosts: (image, hosts, after) => ({
      reference: pulumi.output(localImage(image)),
      ready: hosts.map(
        ({ name, identity }) =>
          new HostImageResource(
            `image-${image.name}-${name}`,
            { host: name, identity, image: localImage(image) },
            { parent, dependsOn: [...after] },
          ),
      ),
    }),
    inRegistry: (image, { ready, ...registry }) => {
      const pushed = new RegistryImageResource(
        `image-${image.name}`,
        { registry: registryName, image: localImage(image), ...registry },
        { parent, dependsOn: [...ready] },
      );
      return { reference: pushed.reference, ready: [pushed] };
    },
  };
}
