/** A stack's state as `pulumi stack export --show-secrets` prints it, with changed keys and certificates. Pure. */
import { z } from "zod";
import { PUBLIC, SECRETS, type KeyForms } from "../../../offline/tls/key-forms";
import { asSecret } from "../../cluster/deployment";
import { commands } from "../../cluster/words";
import { UserError } from "../../terminal/errors";

/** As far as it is changed here. The rest is kept. */
const schema = z.looseObject({
  deployment: z.looseObject({
    resources: z.array(
      z.looseObject({
        urn: z.string(),
        type: z.string(),
        /** Set on the old resource while its replacement is incomplete. */
        delete: z.boolean().optional(),
        inputs: z.record(z.string(), z.unknown()).optional(),
        outputs: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
    pending_operations: z.array(z.unknown()).nullish(),
  }),
});

/** See the top of this file. */
export type ExportedState = z.infer<typeof schema>;
/** One of its resources. */
export type ExportedResource = ExportedState["deployment"]["resources"][number];

/**
 * Reads a state that is to be changed.
 *
 * @param what the rotation's name
 * @throws UserError when an `up` was interrupted: what it had begun isn't known from the resources alone
 */
export function readExported(exported: unknown, stack: string, what: string): ExportedState {
  const state = schema.parse(exported);
  if ((state.deployment.pending_operations ?? []).length > 0) {
    const again = `npm run rotate -- ${stack} ${what}`;
    throw new UserError(
      `An up of the stack ${stack} was interrupted. Finish it: ${commands(stack).up}, then run: ${again}`,
    );
  }
  return state;
}

/** The state with each resource changed. */
export function withResources(
  state: ExportedState,
  change: (resource: ExportedResource) => ExportedResource,
): ExportedState {
  const { deployment } = state;
  return { ...state, deployment: { ...deployment, resources: deployment.resources.map(change) } };
}

/** The resource of a key with another key. */
export function withKey(resource: ExportedResource, key: KeyForms): ExportedResource {
  const forms = {
    id: key.id,
    ...Object.fromEntries(PUBLIC.map((name) => [name, key[name]])),
    ...Object.fromEntries(SECRETS.map((name) => [name, asSecret(key[name])])),
  };
  return { ...resource, id: key.id, outputs: { ...resource.outputs, ...forms } };
}
