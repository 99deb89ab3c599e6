/** What the plugin asks the simulated AWS, as JSON over HTTP on a Unix socket. */

/** Variable with the socket's path. */
export const SOCKET_VARIABLE = "SWARM_HA_REHEARSAL_SOCKET";

/** Inputs and outputs in plain: secret marks stay in the plugin. */
export type Plain = Record<string, unknown>;

/** A question. */
export type Question =
  | { readonly operation: "configure"; readonly config: Plain }
  | { readonly operation: "invoke"; readonly token: string; readonly inputs: Plain }
  | {
      readonly operation: "create" | "read" | "update" | "delete";
      /** Type token without `aws:`. */
      readonly type: string;
      /** Name of the resource in the program. */
      readonly name: string;
      /** Empty for a create. */
      readonly id: string;
      readonly inputs: Plain;
      readonly state: Plain;
    };

/** The answer: what is computed, none for a resource that is gone, or an error's message. */
export type Answer =
  { readonly id?: string; readonly outputs: Plain } | { readonly gone: true } | { readonly error: string };
