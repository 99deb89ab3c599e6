/**
 * Pulumi's SDK takes a stack trace for each resource and each promise, only to have it in case of a leak, and has every
 * frame of it looked up in source maps: a quarter of this program's time (measured). Those traces are of errors
 * without a message. They stay as V8 has them; errors that anybody gets to read are still looked up.
 */
const readable = Error.prepareStackTrace;

if (readable !== undefined) {
  Error.prepareStackTrace = (error, frames): unknown =>
    error.message === ""
      ? ["Error", ...frames.map((frame) => `    at ${String(frame)}`)].join("\n")
      : readable(error, frames);
}
