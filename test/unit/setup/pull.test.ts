import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerOn } from "../../../components/docker";
import { createProgress } from "../../../cli/terminal/progress";
import { pulled } from "../../../cli/workstation/pull";

describe("a pull", () => {
  let folder: string;
  let server: Server | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-pull-"));
  });
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Pulls from a Docker engine that answers like this, within 300 ms for the first news and 900 ms for all. */
  async function pull(answer: (response: ServerResponse) => void): Promise<{ there: boolean; said: string }> {
    const socket = join(folder, "docker.sock");
    server = createServer((_, response) => {
      answer(response);
    });
    await new Promise<void>((done) => server?.listen(socket, done));
    const said: string[] = [];
    const progress = createProgress({ write: (text) => said.push(text) });
    const there = await pulled(dockerOn(socket), "debian:trixie-slim", progress, { first: 300, whole: 900 });
    return { there, said: said.join("") };
  }
  const news = (response: ServerResponse): void => {
    response.write(`${JSON.stringify({ status: "Downloading" })}\n`);
  };

  it("may take longer than its first answer", async () => {
    const { there } = await pull((response) => {
      news(response);
      setTimeout(() => response.end(`${JSON.stringify({ status: "Pull complete" })}\n`), 600);
    });
    assert.equal(there, true);
  });

  it("is given up where no answer comes", async () => {
    const { there, said } = await pull(() => undefined);
    assert.equal(there, false);
    assert.match(said, /can't be pulled \(no answer from the registry within 0\.3 s\)/);
  });

  it("is given up where it doesn't end", async () => {
    const { there, said } = await pull(news);
    assert.equal(there, false);
    assert.match(said, /can't be pulled \(not complete within 0\.9 s\)/);
  });

  it("is given up with the registry's reason where that refuses it", async () => {
    const { there, said } = await pull((response) => {
      response.end(`${JSON.stringify({ error: "manifest unknown" })}\n`);
    });
    assert.equal(there, false);
    assert.match(said, /manifest unknown/);
  });
});
