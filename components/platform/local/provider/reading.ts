/** Reads of resources: what `refresh` learns of each. */
import type * as pulumi from "@pulumi/pulumi";
import { explain } from "./explain";

/** What was seen of a resource. */
export type Seen<S> =
  | { readonly kind: "there"; readonly state: S }
  | { readonly kind: "gone" }
  /** Who should tell doesn't answer: nothing is known, and the state stays as it is. */
  | { readonly kind: "unknown"; readonly who: string; readonly why: string };

type Read = NonNullable<pulumi.dynamic.ResourceProvider["read"]>;

/**
 * The `read` of a resource.
 *
 * A host that doesn't answer never fails it: one failed read ends the whole `refresh`, of all other resources, too. The
 * host is named on standard error, which Pulumi shows.
 *
 * @throws Error when this workstation's Docker engine can't be asked: then nothing is known of anything.
 */
export function reading<S>(look: (state: S, id: string) => Promise<Seen<S>>, tell = warn): Read {
  return async (id: string, state: S) => {
    const seen = await look(state, id).catch((error: unknown) => {
      throw new Error(explain(error), { cause: error });
    });
    if (seen.kind === "unknown") tell(`${seen.who} was not asked: ${seen.why}. What the state has of it is unchanged.`);
    // An empty id says that it is gone.
    if (seen.kind === "gone") return { id: "" };
    return { id, props: (seen.kind === "there" ? seen.state : state) as Record<string, unknown> };
  };
}

function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}
