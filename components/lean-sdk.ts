/**
 * Skips work of Pulumi's SDK that this program doesn't need: half of its time (measured: 2.3 of 4.4 s of
 * processor time for 60 hosts). Import it before the SDK. Skipped modules are still loaded when something
 * uses them.
 */
import Module, { createRequire } from "node:module";
import { SDK_DEBUG } from "./sdk-debug";

const load = createRequire(__filename);

/**
 * Modules with which the SDK serializes functions into the state. No function of this program is ever
 * serialized (see platform/local/resources.ts), so they are loaded only at their first use.
 */
const FOR_CLOSURES = ["typescript", "@npmcli/arborist"];

function loadLate(name: string): void {
  let path: string;
  try {
    path = load.resolve(name, { paths: [load.resolve("@pulumi/pulumi")] });
  } catch {
    return; // Another SDK that doesn't need it.
  }
  if (load.cache[path] !== undefined) return;
  const stand = new Module(path);
  stand.filename = path;
  stand.loaded = true;
  // Marked as an ES module, because the SDK's helper would copy all members of other modules.
  stand.exports = new Proxy(
    {},
    {
      get: (_, key): unknown => {
        if (key === "__esModule") return true;
        if (load.cache[path] === stand) Reflect.deleteProperty(load.cache, path);
        return (load(path) as Record<PropertyKey, unknown>)[key];
      },
    },
  );
  load.cache[path] = stand;
}

FOR_CLOSURES.forEach(loadLate);

/**
 * Drops the SDK's debug messages, several for each resource. The SDK sends each to the Pulumi engine in a call of its own, waits for
 * the answer before it sends the next one, and ends only after the last one. The Pulumi engine drops them, except with `--debug`.
 */
function dropDebugMessages(): void {
  if (process.env[SDK_DEBUG] !== undefined) return;
  (load("@pulumi/pulumi/log") as { debug: () => Promise<void> }).debug = () => Promise.resolve();
}

dropDebugMessages();

/** The SDK's function that keeps a stack trace for each promise, to report leaks in detail where somebody asks for it. */
const FOR_LEAKS = process.env["PULUMI_DEBUG_PROMISE_LEAKS"] === undefined ? "debuggablePromise" : undefined;

/**
 * The SDK creates a stack trace for each resource and each promise, and looks up every frame in source maps. Those traces
 * belong to errors without a message: a promise's has no frames, and a resource's stays as V8 has it. Frames of errors with
 * a message are still looked up.
 */
const readable = Reflect.get(Error, "prepareStackTrace") as
  ((error: Error, frames: NodeJS.CallSite[]) => unknown) | undefined;

if (readable !== undefined) {
  Error.prepareStackTrace = (error: Error, frames): unknown => {
    if (error.message !== "") return readable(error, frames);
    return FOR_LEAKS !== undefined && frames[0]?.getFunctionName() === FOR_LEAKS
      ? "Error"
      : ["Error", ...frames.map(place)].join("\n");
  };
}

function place(frame: NodeJS.CallSite): string {
  return `    at ${frame.getFileName() ?? "native"}:${String(frame.getLineNumber())}:${String(frame.getColumnNumber())}`;
}
