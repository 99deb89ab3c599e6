/** Parameters of Systems Manager. */
import { z } from "zod";
import { arnOf, type Cloud } from "./cloud";
import { refusals } from "./errors";
import type { Fields, Kinds } from "./kind";
import type { Kept } from "./state";
import { tagsOf } from "./tags";

/** A parameter, by its name. */
export interface Parameter extends Kept {
  readonly name: string;
  readonly type: string;
  value: string;
  description: string;
  version: number;
  /** Real milliseconds since 1970. */
  changed: number;
}

const refuse = refusals("SSM");

const inputsOf = z.object({
  name: z.string(),
  type: z.enum(["String", "StringList", "SecureString"]),
  value: z.string(),
  description: z.string().default(""),
});

/** ARN of a parameter: its name follows without a second slash. */
export function parameterArn(cloud: Pick<Cloud, "region" | "account">, name: string): string {
  return arnOf(cloud, "ssm", `parameter${name.startsWith("/") ? "" : "/"}${name}`);
}

/** The kinds of this file. */
export function parameterKinds(cloud: Cloud): Kinds {
  const { state, clock } = cloud;
  const outputs = (one: Parameter): Fields => ({ arn: one.arn, version: one.version });
  return {
    "ssm/parameter:Parameter": {
      create(fields) {
        const { name, ...what } = inputsOf.parse(fields);
        if (state.parameters.has(name))
          throw refuse(
            "PutParameter",
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
          );
        const made = { id: name, arn: parameterArn(cloud, name), tags: tagsOf(fields), name };
        const one: Parameter = { ...made, ...what, version: 1, changed: clock.now() };
        state.parameters.set(name, one);
        return Promise.resolve({ id: name, outputs: outputs(one) });
      },
      read(id) {
        const one = state.parameters.get(id);
        return one && { ...outputs(one), value: one.value };
      },
      update(id, fields) {
        const one = state.parameters.get(id);
        if (one === undefined) throw refuse("PutParameter", "ParameterNotFound", "");
        const { value, description } = inputsOf.parse(fields);
        if (value !== one.value || description !== one.description) {
          [one.value, one.description, one.changed] = [value, description, clock.now()];
          one.version++;
        }
        one.tags = tagsOf(fields);
        return Promise.resolve(outputs(one));
      },
      delete(id) {
        state.forget(state.parameters, id);
        return Promise.resolve();
      },
    },
  };
}
