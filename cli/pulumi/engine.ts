/** A Pulumi engine that can be run. */
export interface Engine {
  /** The program. */
  readonly path: string;
  /** Its version, e.g. `3.245.0`. */
  readonly version: string;
  /** `official`: Pulumi's own, with Pulumi's plugins. `kit`: built here, with the plugins of `offline/`. */
  readonly kind: "official" | "kit";
  /** PULUMI_HOME of the kit, where its plugins are. @default the user's own */
  readonly home?: string;
}
