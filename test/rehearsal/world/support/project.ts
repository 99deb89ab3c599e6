/** A Pulumi project whose program is {@link file://./program.ts}, on the real Pulumi engine with the simulated AWS's plugin. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEngine, type Engine } from "../../../../cli/pulumi";
import { engineEnv } from "../../../../cli/pulumi/env";
import { execEngine, type RunResult } from "../../../../cli/pulumi/exec";
import { root } from "../../../../cli/paths";
import { rehearsalHome } from "../../provider/home";
import { SOCKET_VARIABLE } from "../../provider/protocol";
import { serveProvider } from "../provider-endpoint";
import type { World } from "../world";

/** See the file's head. */
export class PlatformProject {
  private constructor(
    private readonly engine: Engine,
    private readonly folder: string,
    private readonly stack: string,
    private readonly endpoint: { close(): Promise<void> },
  ) {}

  /** Makes one with an empty stack; its plugin asks this world. */
  public static async make(world: World, stack: string, values: Record<string, unknown>): Promise<PlatformProject> {
    const folder = mkdtempSync(join(tmpdir(), "swarm-ha-world-"));
    const { path, version } = await findEngine();
    const { engine, home } = await rehearsalHome(path, folder);
    const endpoint = await serveProvider(world, join(folder, "aws.sock"));
    const project = new PlatformProject({ path: engine, version, kind: "kit", home }, folder, stack, endpoint);
    mkdirSync(join(folder, "state"));
    // Dynamic resources find their modules by paths from the project.
    for (const name of ["node_modules", "cli", "components", "config", "plan"])
      symlinkSync(join(root, name), join(folder, name));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ main: "index.ts" }));
    const program = join(root, "test", "rehearsal", "world", "support", "program");
    writeFileSync(join(folder, "index.ts"), `export * from ${JSON.stringify(program)};\n`);
    const runtime = { name: "nodejs", options: { typescript: false, nodeargs: "--require tsx/cjs" } };
    writeFileSync(join(folder, "Pulumi.yaml"), JSON.stringify({ name: "swarm-ha", runtime }));
    project.write(values);
    const { code, stdout, stderr } = await project.run("stack", "init", stack);
    if (code !== 0) throw new Error(stdout + stderr);
    return project;
  }

  /** Other values of the stack file. */
  public write(values: Record<string, unknown>): void {
    writeFileSync(join(this.folder, "spec.json"), JSON.stringify({ stack: this.stack, values }));
  }

  /** Runs the Pulumi engine on the stack. */
  public run(...args: string[]): Promise<RunResult> {
    const env = {
      ...engineEnv(this.engine),
      PULUMI_BACKEND_URL: `file://${this.folder}/state`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_PARALLEL: "64",
      [SOCKET_VARIABLE]: join(this.folder, "aws.sock"),
    };
    const stack = args[1] === "init" ? [] : ["--stack", this.stack];
    return execEngine(this.engine, [...args, "--non-interactive", ...stack], { cwd: this.folder, env, capture: true });
  }

  /**
   * Runs it and wants success.
   *
   * @returns how many resources were made, changed and so on, without those that stayed the same
   */
  public async must(...args: string[]): Promise<Readonly<Record<string, number>>> {
    const { code, stdout, stderr } = await this.run(...args, "--json");
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")}:\n${complaints(stdout)}${stderr}`);
    const text = /"(?:changeSummary|resourceChanges)":\s*(\{[^}]*\})/.exec(stdout)?.[1];
    if (text === undefined) throw new Error(`pulumi ${args.join(" ")} printed no summary`);
    const counts = JSON.parse(text) as Record<string, number>;
    return Object.fromEntries(Object.entries(counts).filter(([what]) => what !== "same"));
  }

  /** Ends the endpoint and removes the folder. */
  public async remove(): Promise<void> {
    await this.endpoint.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The error messages among a Pulumi engine's events. */
function complaints(stdout: string): string {
  return stdout
    .split("\n")
    .filter((line) => line.includes('"severity":"error"'))
    .join("\n")
    .slice(0, 6000);
}
