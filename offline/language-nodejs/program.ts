/** Running the user's program. */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb";
import { parseOptions } from "./options";

/** Exit code by which the SDK says that it has already told the user what is wrong. */
const BAIL = 32;

const running = new Set<ChildProcess>();

/** Interrupts the programs that run, and kills those that don't end within 5 s. */
export function cancelPrograms(): void {
  for (const child of running) {
    child.kill("SIGINT");
    setTimeout(() => child.kill("SIGKILL"), 5000).unref();
  }
}
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Runs the program of a request to its end; its output goes where the Pulumi engine shows it. */
export async function runProgram(request: RunRequest, engineAddress: string): Promise<RunResponse> {
  const response = new RunResponse();
  try {
    const code = await run(request, engineAddress);
    if (code === BAIL) response.setBail(true);
    else if (typeof code === "string") response.setError(`Program was ended by ${code}`);
    else if (code !== 0) response.setError(`Program exited with non-zero exit code: ${code}`);
  } catch (error) {
    response.setError(error instanceof Error ? error.message : String(error));
  }
  return response;
}

function run(request: RunRequest, engineAddress: string): Promise<number | NodeJS.Signals> {
  const info = request.getInfo();
  if (info === undefined) throw new Error("the Pulumi engine didn't say where the program is");
  const folder = info.getProgramDirectory();
  const options = parseOptions(info.getOptions()?.toJavaScript() ?? {});
  const argument = (name: string, value: string): string[] => (value === "" ? [] : [`--${name}`, value]);
  const child = spawn(
    process.execPath,
    [
      ...options.nodeargs,
      locate(folder),
      ...argument("monitor", request.getMonitorAddress()),
      ...argument("engine", engineAddress),
      ...argument("organization", request.getOrganization()),
      ...argument("project", request.getProject()),
      ...argument("root-directory", info.getRootDirectory()),
      ...argument("stack", request.getStack()),
      ...argument("pwd", folder),
      ...(request.getDryrun() ? ["--dry-run"] : []),
      ...argument("parallel", String(request.getParallel())),
      info.getEntryPoint(),
      ...request.getArgsList(),
    ],
    {
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(configOf(request))),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
        ...(options.typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
        ...(options.tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig }),
      },
    },
  );
  running.add(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      running.delete(child);
      resolve(code ?? signal ?? 1);
    });
  });
}

/** The SDK still gets config keys in their old form, `<namespace>:config:<name>`, as from the official host. */
function configOf(request: RunRequest): [string, string][] {
  return request
    .getConfigMap()
    .getEntryList()
    .map(([key, value]) => {
      const colon = key.indexOf(":");
      return [`${key.slice(0, colon)}:config:${key.slice(colon + 1)}`, value];
    });
}

/** The SDK's runner, as the program itself would resolve it. */
function locate(folder: string): string {
  try {
    return createRequire(join(folder, "package.json")).resolve("@pulumi/pulumi/cmd/run");
  } catch {
    throw new Error(`It looks like the Pulumi SDK has not been installed in ${folder}. Have you run npm install?`);
  }
}
