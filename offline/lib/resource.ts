/** What a resource type of an offline provider has to offer. */
import type { Severity } from "./engine-log";
import type { Change } from "./diff";
import type { Properties } from "./values";

/** One call of the Pulumi engine for one resource. */
export interface Call {
  /** The resource's URN. */
  readonly urn: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** The resource's id; empty while it is being made. */
  readonly id: string;
  /** Whether this is a preview: nothing may be done, and inputs may be unknown. */
  readonly preview: boolean;
  /** Aborted when the Pulumi engine cancels, or waits no longer. */
  readonly signal: AbortSignal;
  /** Shows a passing message beside the resource. */
  status(message: string): void;
  /** Logs a message that stays. */
  say(severity: Severity, message: string): void;
}

/** What a check knows besides the inputs. */
export interface CheckFacts {
  /** The resource's name in the program. */
  readonly name: string;
  /** The inputs as they were checked last time; undefined for a new resource. */
  readonly olds?: Properties;
}

/** An input that can't be accepted. */
export interface Failure {
  /** The property's name. */
  readonly property: string;
  /** What is wrong with it. */
  readonly reason: string;
}

/** How a change of inputs is to be made. */
export interface Diff {
  /** Changes by property path. None: nothing is to be done. */
  readonly changes: ReadonlyMap<string, Change>;
  /** Whether the change of a path needs another resource. */
  readonly replaces: (path: string) => boolean;
}

/** A resource type. Properties come and go with their secret marks on (see values.ts). */
export interface ResourceType {
  /** Validates inputs and fills in defaults. */
  check(news: Properties, facts: CheckFacts): { readonly inputs: Properties; readonly failures: readonly Failure[] };
  /** Compares what is with what shall be. */
  diff(olds: { readonly state: Properties; readonly inputs: Properties }, news: Properties): Diff;
  /** Makes a resource, or says in a preview what it would look like. The id of a previewed one is ignored. */
  create(call: Call, inputs: Properties): Promise<{ readonly id: string; readonly state: Properties }>;
  /** Changes a resource in place. */
  update(call: Call, state: Properties, inputs: Properties): Promise<Properties>;
  /**
   * Looks at a resource.
   *
   * @returns undefined when it is gone
   * @default the state as it is
   */
  read?(
    state: Properties,
    inputs: Properties,
    call: Pick<Call, "id" | "name">,
  ): Properties | undefined | Promise<Properties | undefined>;
  /** Removes a resource. @default nothing is to be done */
  delete?(call: Call, state: Properties): Promise<void>;
}
