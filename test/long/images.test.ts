import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { baseImage, ensureBaseImage } from "../../cli/workstation/base-image";
import { findProgram } from "../../cli/workstation/command";
import { hasImage } from "../../cli/workstation/docker-client";
import { dockerOn } from "../../components/docker";
import { ensureImage } from "../../cli/workstation/host-image";
import { startDockerd } from "../../cli/workstation/dockerd";
import { createProgress } from "../../cli/terminal/progress";
import { besideAnotherEngine, prepareEngine, removeEngine } from "../support/engine-beside";

/** On a Docker engine that has nothing yet, beside the workstation's own. It takes half a minute, and Debian's packages. */
describe("images on a new engine", function () {
  const place = besideAnotherEngine(join(tmpdir(), "swarm-ha-test-images"));
  let docker: Docker;
  const said: string[] = [];
  const progress = createProgress({ write: (text) => said.push(text) });
  const cache = process.env["XDG_CACHE_HOME"];
  const canRun =
    process.getuid?.() === 0 && findProgram("dockerd") !== undefined && findProgram("apt-get") !== undefined;

  before(async function () {
    if (!canRun) this.skip();
    await removeEngine(place);
    await prepareEngine(place);
    process.env["XDG_CACHE_HOME"] = join(place.directory, "cache");
    await startDockerd(place, progress);
    docker = dockerOn(place.socket);
  });

  after(async () => {
    if (cache === undefined) Reflect.deleteProperty(process.env, "XDG_CACHE_HOME");
    else process.env["XDG_CACHE_HOME"] = cache;
    if (canRun) await removeEngine(place);
  });

  it("the base is made from Debian's packages where it can't be pulled", async () => {
    assert.equal(process.env["SWARM_HA_DOWNLOADS"], "never");
    await ensureBaseImage(docker, progress);
    assert.ok(await hasImage(docker, baseImage()), said.join(""));
    assert.match(said.join(""), /mmdebstrap/);
    said.length = 0;
    await ensureBaseImage(docker, progress);
    assert.deepEqual(said, [], "the second time there is nothing to do");
  });

  it("an image is built from its folder, packages included, once for two runs", async () => {
    const folder = join(place.directory, "image");
    mkdirSync(join(folder, "sub"), { recursive: true });
    writeFileSync(join(folder, "sub", "file"), "content\n");
    writeFileSync(
      join(folder, "Dockerfile"),
      `FROM ${baseImage()}\nCOPY sub/file /file\nRUN apt-get update && grep content /file\n`,
    );
    const wish = { name: "swarm-ha-test/image:1", folder };
    await Promise.all([ensureImage(docker, wish, progress), ensureImage(docker, wish, progress)]);
    assert.ok(await hasImage(docker, wish.name));
    assert.equal(said.filter((line) => line.startsWith("Building")).length, 1, said.join(""));
  });

  it("a build that fails leaves no image and says why", async () => {
    const folder = join(place.directory, "broken");
    mkdirSync(folder);
    writeFileSync(join(folder, "Dockerfile"), `FROM ${baseImage()}\nRUN echo it is so && exit 9\n`);
    const wish = { name: "swarm-ha-test/broken:1", folder };
    await assert.rejects(ensureImage(docker, wish, progress), /Building .* failed:.*code: 9[\s\S]*it is so/);
    assert.ok(!(await hasImage(docker, wish.name)));
  });
});
