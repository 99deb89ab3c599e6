import type { ImagesConfig } from "../../config/schema/types";
import type { Images } from "../platform/types";

/** Images from public registries, or from the configured mirror, for hosts that can pull them. */
export function publicImages(elsewhere: ImagesConfig): Images {
  return {
    reference: ({ name, public: reference }) =>
      (elsewhere as Readonly<Record<string, string | undefined>>)[name] ?? reference,
    onHost: () => [],
  };
}
