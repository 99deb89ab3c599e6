import { createReadStream, statSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join, normalize } from "node:path";

/** The host that has Docker's packages. */
const DOCKER = "download.docker.com";

/** Whether a name is one that instances get packages from. */
export function isMirror(host: string): boolean {
  return host === DOCKER || /^((archive|security)|[a-z0-9-]+\.ec2\.archive|ports)\.ubuntu\.com$/.test(host);
}

/** Serves the mirror's files under the names of Ubuntu's and Docker's archives. */
export function mirrorListener(folder: string): RequestListener {
  return (request, response) => {
    request.resume();
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    const { pathname } = new URL(request.url ?? "/", "http://mirror");
    // A path that leads out of the folder is cut down to one inside.
    const file = join(folder, host === DOCKER ? "docker" : "", normalize(`/${decodeURIComponent(pathname)}`));
    const size = sizeOf(file);
    if (size === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "Content-Length": size, "Content-Type": "application/octet-stream" });
    if (request.method === "HEAD") response.end();
    else createReadStream(file, { highWaterMark: 1 << 20 }).on("error", () => response.destroy()).pipe(response);
  };
}

function sizeOf(file: string): number | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : undefined;
}
