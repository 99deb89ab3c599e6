/** Evaluation of IAM policies, as far as the program's policies go. What isn't known here is an error, never a yes. */
import { z } from "zod";

const list = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.union([z.string(), z.record(z.string(), list)]).optional(),
  Action: list,
  Resource: list.optional(),
  Condition: z.record(z.string(), z.record(z.string(), list)).optional(),
});

const policy = z.strictObject({
  Version: z.literal("2012-10-17"),
  Id: z.string().optional(),
  Statement: z.union([statement.transform((one) => [one]), z.array(statement)]),
});

/** A policy. */
export type PolicyDocument = z.infer<typeof policy>;

type Statement = PolicyDocument["Statement"][number];

/** What somebody asks to do. */
export interface AccessRequest {
  /** ARN of who asks. */
  readonly principal: string;
  /** Such as `s3:GetObject`. */
  readonly action: string;
  /** ARN. */
  readonly resource: string;
  /** Condition keys. A key that a call doesn't have is missing. */
  readonly context: Readonly<Record<string, string | undefined>>;
}

/** How policies decide. */
export type Decision = "allowed" | "denied" | "not allowed";

/** Reads a policy. @throws Error for what is none, or has elements that aren't evaluated here */
export function parsePolicy(text: string): PolicyDocument {
  const parsed = policy.parse(JSON.parse(text));
  for (const { Condition = {} } of parsed.Statement)
    for (const bastion of Object.keys(Condition))
      if (!(bastion in BASTIONS)) throw new Error(`the condition bastion ${bastion} isn't simulated`);
  return parsed;
}

/** The whole text matches a pattern with `*` and `?`. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}

const BASTIONS: Readonly<Record<string, (value: string, actual: string) => boolean>> = {
  StringEquals: (value, actual) => value === actual,
  StringLike: matches,
  ArnEquals: matches,
  ArnLike: matches,
  Bool: (value, actual) => value.toLowerCase() === actual.toLowerCase(),
};

/** A value with its variables filled in; undefined where the call hasn't got one. */
function filled(value: string, context: AccessRequest["context"]): string | undefined {
  const variables = /\$\{([^}]+)\}/g;
  if ([...value.matchAll(variables)].some(([, key = ""]) => context[key] === undefined)) return undefined;
  return value.replace(variables, (_, key: string) => context[key] ?? "");
}

/** All bastions and keys must hold, with any of their values. A key that is missing holds for none of those bastions. */
function conditionHolds({ Condition = {} }: Statement, { context }: AccessRequest): boolean {
  return Object.entries(Condition).every(([bastion, keys]) =>
    Object.entries(keys).every(([key, values]) => {
      const actual = context[key];
      const compare = BASTIONS[bastion];
      if (actual === undefined || compare === undefined) return false;
      return values.some((value) => {
        const wanted = filled(value, context);
        return wanted !== undefined && compare(wanted, actual);
      });
    }),
  );
}

function principalMatches({ Principal }: Statement, principal: string): boolean {
  if (Principal === undefined) return true;
  if (typeof Principal === "string") return Principal === "*";
  return Object.values(Principal)
    .flat()
    .some((one) => one === "*" || one === principal);
}

function applies(one: Statement, request: AccessRequest): boolean {
  return (
    principalMatches(one, request.principal) &&
    one.Action.some((action) => matches(action.toLowerCase(), request.action.toLowerCase())) &&
    (one.Resource === undefined || one.Resource.some((resource) => matches(resource, request.resource))) &&
    conditionHolds(one, request)
  );
}

/**
 * What policies of identity and resource say together, in one account: any Deny wins, else one Allow is needed.
 * Source: docs.aws.amazon.com, IAM, "Policy evaluation logic".
 */
export function evaluate(policies: readonly PolicyDocument[], request: AccessRequest): Decision {
  const effects = policies
    .flatMap((one) => one.Statement)
    .filter((one) => applies(one, request))
    .map(({ Effect }) => Effect);
  if (effects.includes("Deny")) return "denied";
  return effects.includes("Allow") ? "allowed" : "not allowed";
}
