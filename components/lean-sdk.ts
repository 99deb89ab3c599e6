/**
 * Keeps Pulumi's SDK from work that is for nothing here, half of this program's time (measured: 2.3 of 4.4 s of
 * processor time for 60 hosts). It has to be imported before the SDK. Nothing is lost: whatever is needed after all
 * is there.
 */
import Module, { createRequire } from "node:module";

const load = createRequire(__filename);

/**
 * What the SDK takes functions apart with, to put their code into the state. No function of this program is ever
 * serialized (see platform/local/resources.ts), so these are loaded when something of them is asked for, not before.
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
  // It says that it is an ES module, because the SDK's helper would copy all members of anything else.
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
 * The SDK takes a stack trace for each resource and each promise, only to have it in case of a leak, and has every frame
 * of it looked up in source maps. Those traces are of errors without a message. They stay as V8 has them; errors that
 * anybody gets to read are still looked up.
 */
const readable = Reflect.get(Error, "prepareStackTrace") as
  ((error: Error, frames: NodeJS.CallSite[]) => unknown) | undefined;

if (readable !== undefined) {
  Error.prepareStackTrace = (error: Error, frames): unknown =>
    error.message === "" ? ["Error", ...frames.map(place)].join("\n") : readable(error, frames);
}

function place(frame: NodeJS.CallSite): string {
  return `    at ${frame.getFileName() ?? "native"}:${String(frame.getLineNumber())}:${String(frame.getColumnNumber())}`;
}
