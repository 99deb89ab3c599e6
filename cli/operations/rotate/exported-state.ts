/** A stack's state as `pulumi stack export --show-secrets` prints it, with changed keys and certificates. Pure. */
import { z } from "zod";
import { PUBLIC, SECRETS, type KeyForms } from "../../../offline/tls/key-forms";
import { asSecret } from "../../cluster/deployment";

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
  }),
});

/** See the top of this file. */
export type ExportedState = z.infer<typeof schema>;
/** One of its resources. */
export type ExportedResource = ExportedState["deployment"]["resources"][number];

/** Reads a state that is to be changed. One of an interrupted `up` never comes here (cli/pulumi/rewrite.ts). */
export function readExported(exported: unknown): ExportedState {
  return schema.parse(exported);
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
