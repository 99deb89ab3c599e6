/**
 * Day-two operations as data: what is observed, which steps follow from that, and when the goal is reached. The runner
 * (runner.ts) runs the steps. An interrupted operation resumes when it is run again: its plan comes from what is observed,
 * not from a record of what was done.
 */

/** Data that is lost, and how a person is asked for it. */
export interface Loss {
  /** What is lost: `the volume db on worker-1`. */
  readonly what: string;
  /**
   * The question, a sentence without its full stop: `Replacing worker-1 loses the volume db on worker-1`. The same loss has the
   * same text in each plan of a run: a plan with another question is asked again.
   */
  readonly question: string;
  /** The error when the loss is declined, with the command that accepts it. */
  readonly declined: string;
}

/** One step of an operation. */
export interface Step {
  /** Unique among the steps of the operation. A step runs once, whether it succeeds or not. */
  readonly key: string;
  /** What it does, as a headline: `Replacing worker-1`. */
  readonly title: string;
  /** How long it usually takes, in words: `10 to 60 s`. */
  readonly usually: string;
  /** Names of the hosts, bastion and load balancers that it touches. */
  readonly hosts: readonly string[];
  /** Seconds for the cluster to show its effect, before it is planned again. */
  readonly limit: number;
  /** Data that it destroys: a person is asked first. @default none */
  readonly loses?: Loss;
  /** The error when it fails, in front of the reason. */
  readonly failed: string;
  /** Does it. @returns why it failed, in words. @throws Error when nothing more can be done */
  readonly run: () => Promise<string | undefined>;
}

/** A step that ran or was declined. */
export interface Past<S extends Step> {
  readonly step: S;
  /** `declined`: its loss was not accepted, so it did not run. */
  readonly outcome: "done" | "failed" | "declined";
  /** Why it failed, in words. @default it did not fail */
  readonly failure?: string;
}

/** The steps, as far as they can be planned now. */
export interface Plan<S extends Step> {
  /** In their order. Only the first one runs; then it is planned again. */
  readonly steps: readonly S[];
  /** Why nothing may be done after `steps`. @default there is no such reason */
  readonly refused?: string;
  /** What stays as it is, and why. */
  readonly left: readonly string[];
  /** What all steps together destroy: asked once, before the first of them. @default each step's own `loses` is asked */
  readonly loses?: Loss;
  /** What can be planned only after `steps`, a sentence for people. @default nothing */
  readonly later?: string;
}

/** When the runner observes. */
export type Moment<O, S extends Step> =
  /** Before the first plan; and after a question that a person was asked, because others could work on the stack meanwhile. */
  | { readonly kind: "start" }
  /** After a step that ran; `before` is what its plan was made of. */
  | { readonly kind: "after"; readonly step: S; readonly failure?: string; readonly before: O }
  /** After a plan without steps, before it is decided whether the goal is reached. */
  | { readonly kind: "end"; readonly before: O };

/** What comes before the first observation. */
export interface Preparation {
  /** What {@link run} would do, a sentence each. Changes nothing. */
  readonly plan: () => Promise<readonly string[]>;
  /** Does it. @returns what failed, in words. @throws UserError when the operation can't go on */
  readonly run: () => Promise<readonly string[]>;
}

/**
 * An operation on a stack.
 *
 * `O`: what is observed. `S`: its steps.
 */
export interface Operation<O, S extends Step> {
  /** The command's name: `repair`. */
  readonly name: string;
  /** The stack's name. */
  readonly stack: string;
  /** What it does, for people: `repair of the stack local`. */
  readonly title: string;
  /**
   * Whether it stops or removes managers, so that no other such operation may run meanwhile, from any workstation.
   *
   * @default false
   */
  readonly exclusive?: boolean;
  /** @default nothing */
  readonly prepare?: Preparation;
  /** Observes the cluster, and waits for it where that may help. Changes nothing. */
  readonly observe: (moment: Moment<O, S>, past: readonly Past<S>[]) => Promise<O>;
  /** The steps from what was observed to the goal. Pure. */
  readonly plan: (observed: O, past: readonly Past<S>[]) => Plan<S>;
  /** Whether the goal is reached. Pure. */
  readonly settled: (observed: O) => boolean;
  /** Whether a step that fails, or whose loss is declined, ends the operation. */
  readonly onFailure: "stop" | "go on";
  /** What must still be undone when the operation ends before its goal. Pure. @default nothing */
  readonly cleanup?: (past: readonly Past<S>[]) => S | undefined;
}

/** What came of an operation, or of its dry run. */
export interface Outcome<O, S extends Step> {
  /** Whether the goal is reached. Of a dry run: whether it is reached already. */
  readonly settled: boolean;
  /** What was observed last. @default nothing */
  readonly observed?: O;
  /** Steps that ran or were declined, in that order. */
  readonly past: readonly Past<S>[];
  /** The last plan. Its steps have not been done; of a run that failed, the first one is the step that failed. */
  readonly plan: Plan<S>;
  /** What a dry run found that is done before the first plan. */
  readonly preparation: readonly string[];
  /** What failed or was declined on the way, a text each. */
  readonly failures: readonly string[];
  /** Why it ended before its goal. @default it did not, or `plan.refused` says why */
  readonly error?: string;
}
