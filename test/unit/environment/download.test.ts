import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downloadEngine } from "../../../cli/pulumi/download";
import { createProgress } from "../../../cli/terminal/progress";

describe("the download of Pulumi", () => {
  const names = ["https_proxy", "HTTPS_PROXY", "NO_PROXY", "no_proxy", "XDG_CACHE_HOME"];
  const before = names.map((name) => [name, process.env[name]] as const);
  afterEach(() => {
    for (const [name, value] of before)
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  });

  it("goes through the proxy", async () => {
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
    const cache = mkdtempSync(join(tmpdir(), "swarm-ha-download-"));
    try {
      for (const name of names) Reflect.deleteProperty(process.env, name);
      process.env["XDG_CACHE_HOME"] = cache;
      process.env["https_proxy"] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const said: string[] = [];
      const progress = createProgress({ write: (text) => said.push(text) });
      assert.equal(await downloadEngine(progress), undefined);
      assert.deepEqual(asked, ["get.pulumi.com:443"]);
      assert.match(said.join(""), /can't be downloaded here/);
    } finally {
      proxy.close();
      rmSync(cache, { recursive: true, force: true });
    }
  });
});
