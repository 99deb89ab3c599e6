/** `command:remote:Command`, with the behaviour of the official provider 1.2.1 (provider/pkg/provider/remote). */
import { randomBytes } from "node:crypto";
import { changes } from "../lib/diff";
import type { Call, Failure, ResourceType } from "../lib/resource";
import {
  equal,
  hasUnknown,
  isObject,
  isSecret,
  type Properties,
  reveal,
  secret,
  UNKNOWN,
  type Value,
} from "../lib/values";
import { connectionProblems, parseConnection, withDefaults } from "./connection";
import { execute } from "./execute";

const STRINGS = ["create", "update", "delete", "stdin"];
const LOGGING = ["stdout", "stderr", "stdoutAndStderr", "none"];
const SECRETS = ["password", "privateKey", "privateKeyPassword"];

/** The resource type. */
export const remoteCommand: ResourceType = {
  check(news) {
    const failures = problems(Object.fromEntries(Object.entries(news).map(([key, value]) => [key, reveal(value)])));
    if (failures.length > 0 || news["connection"] === UNKNOWN) return { inputs: news, failures };
    return { inputs: { ...news, connection: secret(checkedConnection(news["connection"] ?? null)) }, failures };
  },

  diff(olds, news) {
    // The SDK asks for the replacement on changes within `triggers` itself (replaceOnChanges of `triggers[*]`).
    return { changes: changes(olds.inputs, news), replaces: (path) => path === "triggers" };
  },

  async create(call, inputs) {
    if (call.preview) return { id: "", state: { ...inputs, stdout: UNKNOWN, stderr: UNKNOWN } };
    const id = call.name + randomBytes(4).toString("hex");
    const command = text(inputs["create"]);
    if (command === undefined) return { id, state: { ...inputs, stdout: "", stderr: "" } };
    return { id, state: { ...inputs, ...(await run(call, command, inputs, {})) } };
  },

  async update(call, state, inputs) {
    const before = { stdout: state["stdout"] ?? "", stderr: state["stderr"] ?? "" };
    if (call.preview) {
      const same = Object.keys({ ...state, ...inputs })
        .filter((key) => !(key in before))
        .every((key) => !hasUnknown(inputs[key]) && equal(state[key], inputs[key]));
      return { ...inputs, ...(same ? before : { stdout: UNKNOWN, stderr: UNKNOWN }) };
    }
    const command = text(inputs["update"]) ?? text(inputs["create"]);
    if (command === undefined) return { ...inputs, ...before };
    return { ...inputs, ...(await run(call, command, inputs, before)) };
  },

  async delete(call, state) {
    const command = text(state["delete"]);
    if (command !== undefined) await run(call, command, state, state);
  },
};

/** What is wrong with inputs without secret marks. */
function problems(inputs: Properties): Failure[] {
  const failures: Failure[] = [];
  const check = (property: string, allowed: (value: Value) => boolean, reason: string): void => {
    const value = inputs[property];
    if (value !== undefined && value !== null && value !== UNKNOWN && !allowed(value))
      failures.push({ property, reason });
  };
  for (const name of STRINGS) check(name, (value) => typeof value === "string", "must be a string");
  check("logging", (value) => LOGGING.includes(value as string), `must be one of ${LOGGING.join(", ")}`);
  check("triggers", Array.isArray, "must be a list");
  check("addPreviousOutputInEnv", (value) => typeof value === "boolean", "must be true or false");
  const isText = (value: Value): boolean => typeof value === "string";
  check("environment", (value) => isObject(value) && Object.values(value).every(isText), "must be a map of strings");
  for (const reason of connectionProblems(inputs["connection"] ?? null, UNKNOWN))
    failures.push({ property: "connection", reason });
  return failures;
}

/** A connection with its defaults, and with the marks that upstream's schema puts on its secret parts. */
function checkedConnection(value: Value): Value {
  const plain = isSecret(value) ? (value as Properties)["value"] : value;
  if (!isObject(plain)) return value;
  const mark = (hop: Properties): Properties => {
    const marked = { ...hop };
    for (const key of SECRETS) if (marked[key] !== undefined && marked[key] !== null) marked[key] = secret(marked[key]);
    if (isObject(marked["proxy"]) && !isSecret(marked["proxy"])) marked["proxy"] = mark(marked["proxy"]);
    return marked;
  };
  return mark(withDefaults(plain));
}

async function run(call: Call, command: string, inputs: Properties, before: Properties): Promise<Properties> {
  const previous = { stdout: text(before["stdout"]) ?? "", stderr: text(before["stderr"]) ?? "" };
  const stdin = text(inputs["stdin"]);
  const { stdout, stderr } = await execute(call, {
    connection: parseConnection(inputs["connection"]),
    command,
    ...(stdin === undefined ? {} : { stdin }),
    environment: (reveal(inputs["environment"] ?? {}) ?? {}) as Record<string, string>,
    previous: reveal(inputs["addPreviousOutputInEnv"] ?? true) === false ? { stdout: "", stderr: "" } : previous,
    logging: text(inputs["logging"]) ?? "stdoutAndStderr",
  });
  return { stdout, stderr };
}

function text(value: Value | undefined): string | undefined {
  const plain = reveal(value ?? null);
  return typeof plain === "string" ? plain : undefined;
}
