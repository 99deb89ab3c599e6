/** Plans and outcomes of operations, for people and for other programs. Pure. */
import type { Operation, Outcome, Past, Step } from "./operation";

/** What operations print with `--json`. */
export interface OperationReport {
  /** The command's name: `repair`. */
  readonly operation: string;
  readonly stack: string;
  /** Whether nothing was changed. */
  readonly dryRun: boolean;
  /** Whether the goal is reached. */
  readonly settled: boolean;
  /** What a dry run found that is done before the first plan. */
  readonly preparation: readonly string[];
  /** Steps that had their turn. */
  readonly done: readonly {
    readonly title: string;
    readonly hosts: readonly string[];
    readonly outcome: Past<Step>["outcome"];
    readonly failure?: string;
  }[];
  /** Steps that are planned and not done. */
  readonly steps: readonly {
    readonly title: string;
    readonly hosts: readonly string[];
    /** Seconds for the cluster to show the step's effect. */
    readonly limit: number;
    readonly loses?: string;
  }[];
  /** What all steps together destroy. */
  readonly loses?: string;
  readonly later?: string;
  readonly refused?: string;
  readonly left: readonly string[];
  readonly failures: readonly string[];
  readonly error?: string;
}

/** See {@link OperationReport}. */
export function reportOf<O, S extends Step>(
  { name, stack }: Pick<Operation<O, S>, "name" | "stack">,
  { settled, past, plan, preparation, failures, error }: Outcome<O, S>,
  dryRun: boolean,
): OperationReport {
  const { steps, loses: lost, ...rest } = plan;
  return {
    operation: name,
    stack,
    dryRun,
    settled,
    preparation,
    done: past.map(({ step: { title, hosts }, outcome, failure }) => ({
      ...{ title, hosts, outcome },
      ...(failure === undefined ? {} : { failure }),
    })),
    steps: steps.map(({ title, hosts, limit, loses }) => ({
      ...{ title, hosts, limit },
      ...(loses === undefined ? {} : { loses: loses.what }),
    })),
    ...(lost === undefined ? {} : { loses: lost.what }),
    ...rest,
    failures,
    ...(error === undefined ? {} : { error }),
  };
}

/** The plan of a dry run, as lines for people. */
export function planText<O, S extends Step>(
  { title }: Pick<Operation<O, S>, "title">,
  { plan, preparation, settled }: Outcome<O, S>,
): string {
  const { steps, loses, later, refused, left } = plan;
  const lines = [
    ...preparation,
    ...steps.flatMap((step) => [step.title, ...(step.loses === undefined ? [] : [`   loses ${step.loses.what}`])]),
  ];
  let number = 0;
  const numbered = lines.map((line) => (line.startsWith(" ") ? `  ${line}` : `  ${++number}. ${line}`));
  return [
    settled && lines.length === 0
      ? `Dry run of the ${title}: nothing to do.`
      : `Dry run of the ${title}: nothing was changed. The plan, which is replanned after each step:`,
    ...numbered,
    ...(loses === undefined ? [] : [`Loses ${loses.what}.`]),
    ...(later === undefined ? [] : [later]),
    ...(refused === undefined ? [] : [`${steps.length === 0 ? "Refused" : "Refused after that"}: ${refused}`]),
    ...left.map((text) => `Stays as it is: ${text}`),
  ]
    .map((line) => `${line}\n`)
    .join("");
}
