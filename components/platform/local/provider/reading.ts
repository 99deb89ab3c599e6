/** Reads of resources, for `refresh`. */
import type * as pulumi from "@pulumi/pulumi";
import { explain } from "./explain";

/** Result of reading a resource. */
export type Seen<S> =
  | { readonly kind: "there"; readonly state: S }
  | { readonly kind: "gone" }
  /** The host doesn't answer, so the state stays as it is. */
  | { readonly kind: "unknown"; readonly who: string; readonly why: string };

type Read = NonNullable<pulumi.dynamic.ResourceProvider["read"]>;

/**
 * The `read` of a resource.
 *
 * A host that doesn't answer never fails it, because one failed read stops the whole `refresh`. The
 * host is named on standard error, which Pulumi shows.
 *
 * @throws Error if this workstation's Docker engine doesn't answer: then no resource can be read.
 */
export function reading<S>(look: (state: S, id: string) => Promise<Seen<S>>, tell = warn): Read {
  return async (id: string, state: S) => {
    const seen = await look(state, id).catch((error: unknown) => {
      throw new Error(explain(error), { cause: error });
    });
    if (seen.kind === "unknown") tell(`${seen.who} was not asked: ${seen.why}. What the state has of it is unchanged.`);
    // An empty id means that it is gone.
    if (seen.kind === "gone") return { id: "" };
    return { id, props: (seen.kind === "there" ? seen.state : state) as Record<string, unknown> };
  };
}

function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}
