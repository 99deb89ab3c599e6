/**
 * Writes offline/aws/rules/api.json: the limits that the API models have for the members in offline/aws/rules/members.ts.
 *
 * `npx tsx dev/aws-rules.ts` downloads the pinned botocore from PyPI with pip. Run it after a change of members.ts, or
 * to move to a newer model: raise the version, run it, and review the difference.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import type { Constraint } from "../offline/aws/rules/constraint";
import { MEMBERS } from "../offline/aws/rules/members";
import { wholeEnvironment } from "../cli/environment";
import { root } from "../cli/paths";

/** The release of botocore that the models are taken from. */
const BOTOCORE = "1.44.8";

/** Where the data goes. */
const RULES = path.join(root, "offline", "aws", "rules", "api.json");

/** A shape of an API model, as far as it is read here. */
interface Shape {
  readonly type: string;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
}

/** An API model, as far as it is read here. */
interface Model {
  readonly metadata: { readonly apiVersion: string };
  readonly operations: Readonly<Record<string, { readonly input: { readonly shape: string } }>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** Unpacks the pinned botocore into a folder. */
function download(folder: string): string {
  const run = (args: readonly string[]): void =>
    void execFileSync("python3", args, { stdio: ["ignore", "ignore", "inherit"], env: wholeEnvironment() });
  run(["-m", "pip", "download", `botocore==${BOTOCORE}`, "--no-deps", "--quiet", "--dest", folder]);
  run(["-m", "zipfile", "-e", path.join(folder, `botocore-${BOTOCORE}-py3-none-any.whl`), folder]);
  return path.join(folder, "botocore", "data");
}

/** The newest model of a service. */
function modelOf(data: string, service: string): Model {
  const version = readdirSync(path.join(data, service)).sort().at(-1) ?? "";
  return JSON.parse(
    gunzipSync(readFileSync(path.join(data, service, version, "service-2.json.gz"))).toString(),
  ) as Model;
}

/** The shape that a member leads to. */
function shapeOf(model: Model, member: string): Shape {
  const [operation = "", ...parts] = member.replaceAll("[]", ".[]").split(".");
  const get = (name: string | undefined): Shape => {
    const shape = name === undefined ? undefined : model.shapes[name];
    if (shape === undefined) throw new Error(`the model has no ${member}`);
    return shape;
  };
  return parts.reduce(
    (at, part) => get(part === "[]" ? at.member?.shape : at.members?.[part]?.shape),
    get(model.operations[operation]?.input.shape),
  );
}

/** What a shape says about a value. */
function constraint(shape: Shape, source: string, required: boolean): Constraint {
  const counts = { string: "characters", list: "entries", map: "entries", structure: "entries" }[shape.type] ?? "value";
  const { min, max, pattern } = shape;
  return {
    source,
    ...(required ? { required } : {}),
    ...(shape.enum === undefined ? {} : { enum: shape.enum }),
    ...((min ?? max) === undefined ? {} : { counts: counts as NonNullable<Constraint["counts"]> }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(pattern === undefined ? {} : { pattern: compiled(pattern, source) }),
  };
}

/** The pattern, if JavaScript takes it: some are written for other engines. */
function compiled(pattern: string, source: string): string {
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    throw new Error(`the pattern of ${source} needs a rule in prose.ts: ${pattern}`, { cause: error });
  }
  return pattern;
}

/** All rules, by type and property. */
function rules(data: string): Record<string, Record<string, Constraint>> {
  const models = new Map<string, Model>();
  return Object.fromEntries(
    Object.entries(MEMBERS).map(([type, properties]) => [
      type,
      Object.fromEntries(
        Object.entries(properties).map(([property, text]) => {
          const [service = "", member = ""] = text.replace(/^!/, "").split(" ");
          const model = models.get(service) ?? modelOf(data, service);
          models.set(service, model);
          const source = `${service} ${model.metadata.apiVersion} ${member}`;
          return [property, constraint(shapeOf(model, member), source, text.startsWith("!"))];
        }),
      ),
    ]),
  );
}

const folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-botocore-"));
try {
  writeFileSync(RULES, `${JSON.stringify({ botocore: BOTOCORE, rules: rules(download(folder)) }, undefined, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
