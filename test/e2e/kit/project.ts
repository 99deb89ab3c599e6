/** A Pulumi project of its own, with state of its own, run by the real Pulumi engine with the kit's plugins. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, findEngine } from "../../../cli/pulumi";
import { engineEnv } from "../../../cli/pulumi/env";
import { execEngine, type RunResult } from "../../../cli/pulumi/exec";
import { prepareKit } from "../../../cli/pulumi/kit";
import { rewriteWith } from "../../../cli/pulumi/rewrite";
import { root } from "../../../cli/paths";
import type { Spec } from "./program";

/** How many resources a run created, changed and so on, by the Pulumi engine's words for it. */
export type Summary = Readonly<Record<string, number>>;

/** The kit with whichever Pulumi engine this workstation has: its plugins are what is tested. */
async function kitEngine(): Promise<Engine> {
  const engine = await findEngine();
  if (engine.kind === "kit") return engine;
  const kit = await prepareKit(engine.path);
  return { path: kit.engine, version: engine.version, kind: "kit", home: kit.home };
}

/** The one that all others are copies of; it goes when this process ends, whichever files it has run by then. */
let empty: Promise<Project> | undefined;

/** A project. It is removed with {@link Project.remove}, without destroying its resources. */
export class Project {
  private constructor(
    private readonly engine: Engine,
    /** Its directory. */
    public readonly folder: string,
  ) {}

  /** Makes a project with an empty stack: a copy of the first one, for the Pulumi engine takes a second to make a stack. */
  public static async make(): Promise<Project> {
    empty ??= Project.makeEmpty();
    const { engine, folder } = await empty;
    const copy = mkdtempSync(join(tmpdir(), "swarm-ha-kit-"));
    cpSync(folder, copy, { recursive: true, verbatimSymlinks: true });
    return new Project(engine, copy);
  }

  private static async makeEmpty(): Promise<Project> {
    const folder = mkdtempSync(join(tmpdir(), "swarm-ha-kit-"));
    process.once("exit", () => {
      rmSync(folder, { recursive: true, force: true });
    });
    const project = new Project(await kitEngine(), folder);
    const program = join(root, "test", "e2e", "kit", "program");
    mkdirSync(join(folder, "state"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ main: "index.ts" }));
    writeFileSync(join(folder, "index.ts"), `export * from ${JSON.stringify(program)};\n`);
    const runtime = { name: "nodejs", options: { typescript: false, nodeargs: "--require tsx/cjs" } };
    writeFileSync(join(folder, "Pulumi.yaml"), JSON.stringify({ name: "kit", runtime }));
    await project.must("stack", "init", "test");
    return project;
  }

  /** Makes what the spec says. @returns what the Pulumi engine did */
  public async up(spec: Spec): Promise<Summary> {
    this.write(spec);
    return summaryOf(await this.must("up", "--yes", "--skip-preview", "--json"));
  }

  /** Tries to, and fails. @returns all that the Pulumi engine printed */
  public async upFails(spec: Spec): Promise<string> {
    this.write(spec);
    const { code, stdout, stderr } = await this.run("up", "--yes", "--skip-preview", "--color", "never");
    assert.notEqual(code, 0, `it should have failed:\n${stdout}`);
    return stdout + stderr;
  }

  /** Looks what would be done, and fails. @returns all that the Pulumi engine printed */
  public async previewFails(spec: Spec): Promise<string> {
    this.write(spec);
    const { code, stdout, stderr } = await this.run("preview", "--color", "never");
    assert.notEqual(code, 0, `it should have failed:\n${stdout}`);
    return stdout + stderr;
  }

  /** What would be done. */
  public async preview(spec: Spec): Promise<Summary> {
    this.write(spec);
    return summaryOf(await this.must("preview", "--json"));
  }

  /** Changes the state, secrets in plain text in between. */
  public async rewrite(change: (exported: unknown) => unknown): Promise<void> {
    await rewriteWith((args, input) => this.runWith(input, ...args), { stack: "test", finish: "up" }, change);
  }

  /** Looks at the resources. */
  public async refresh(): Promise<Summary> {
    return summaryOf(await this.must("refresh", "--yes", "--skip-preview", "--json"));
  }

  /** Removes all resources. */
  public async destroy(): Promise<Summary> {
    return summaryOf(await this.must("destroy", "--yes", "--skip-preview", "--json"));
  }

  /** The stack's outputs, secrets shown. */
  public async outputs(): Promise<Record<string, Record<string, unknown>>> {
    const { stdout } = await this.must("stack", "output", "--json", "--show-secrets");
    return JSON.parse(stdout) as Record<string, Record<string, unknown>>;
  }

  /** The state file's text. */
  public state(): string {
    return readFileSync(join(this.folder, "state/.pulumi/stacks/kit/test.json"), "utf8");
  }

  /** The ids of the resources by name. */
  public ids(): Readonly<Record<string, string>> {
    const { checkpoint } = JSON.parse(this.state()) as {
      checkpoint: { latest: { resources?: { urn: string; id?: string }[] } };
    };
    const resources = checkpoint.latest.resources ?? [];
    return Object.fromEntries(resources.map(({ urn, id }) => [urn.split("::").slice(2).join("::"), id ?? ""]));
  }

  /** Removes the project. */
  public remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs the Pulumi engine on the stack. */
  public run(...args: string[]): Promise<RunResult> {
    return this.runWith(undefined, ...args);
  }

  private runWith(input: string | undefined, ...args: string[]): Promise<RunResult> {
    const env = {
      ...engineEnv(this.engine),
      PULUMI_BACKEND_URL: `file://${this.folder}/state`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      SSH_AUTH_SOCK: "",
    };
    const stack = args[1] === "init" ? [] : ["--stack", "test"];
    return execEngine(this.engine, [...args, "--non-interactive", ...stack], {
      ...{ cwd: this.folder, env, capture: true },
      ...(input === undefined ? {} : { input }),
    });
  }

  private async must(...args: string[]): Promise<RunResult> {
    const result = await this.run(...args);
    assert.equal(result.code, 0, `pulumi ${args.join(" ")}:\n${result.stdout}${result.stderr}`);
    return result;
  }

  private write(spec: Spec): void {
    writeFileSync(join(this.folder, "spec.json"), JSON.stringify(spec));
  }
}

/** The numbers of a run, without the stack's own resource and without what stayed the same. */
function summaryOf({ stdout }: RunResult): Summary {
  // `up --json` prints events, one a line; `preview --json` one document.
  const text = /"(?:changeSummary|resourceChanges)":\s*(\{[^}]*\})/.exec(stdout)?.[1] ?? "{}";
  const counts = JSON.parse(text) as Record<string, number>;
  return Object.fromEntries(Object.entries(counts).filter(([what]) => what !== "same"));
}
