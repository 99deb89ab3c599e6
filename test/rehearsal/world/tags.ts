/** Tags of a resource, as the provider sends them. */
import type { Fields } from "./kind";
import type { Tags } from "./state";

/** The tags of a resource with the provider's default ones. */
export function tagsOf(fields: Fields): Tags {
  return (fields["tagsAll"] ?? fields["tags"] ?? {}) as Tags;
}
