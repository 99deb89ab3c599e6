import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { BASE_IMAGE, ensureBaseImage } from "../../cli/workstation/base-image";
import { command, findProgram } from "../../cli/workstation/command";
import { hasImage } from "../../cli/workstation/docker-client";
import { dockerOn } from "../../components/docker";
import { ensureImage } from "../../cli/workstation/host-image";
import { startOwnEngine, stopOwnEngine, type OwnEnginePlace } from "../../cli/workstation/own-engine";
import { createProgress } from "../../cli/terminal/progress";
import { besideAnotherEngine, removeBridge } from "../support/engine-beside";

/** On an engine that has nothing yet, beside the machine's own. It takes half a minute, and Debian's packages. */
describe("images on a new engine", function () {
  let place: Required<OwnEnginePlace>;
  let docker: Docker;
  const said: string[] = [];
  const progress = createProgress({ write: (text) => said.push(text) });
  const cache = process.env["XDG_CACHE_HOME"];

  const clean = async (): Promise<void> => {
    await stopOwnEngine(place);
    await command("umount", [join(place.directory, "data")], { timeout: 5000 }).catch(() => undefined);
    rmSync(place.directory, { recursive: true, force: true });
    await removeBridge();
  };

  before(async function () {
    if (process.getuid?.() !== 0 || findProgram("dockerd") === undefined || findProgram("apt-get") === undefined)
      this.skip();
    // Always the same, so that an engine of an interrupted run is found and stopped.
    const directory = join(tmpdir(), "swarm-ha-test-images");
    place = { directory, socket: join(directory, "docker.sock"), extraArgs: [] };
    await clean();
    place = { ...place, extraArgs: await besideAnotherEngine() };
    mkdirSync(directory, { recursive: true });
    process.env["XDG_CACHE_HOME"] = join(directory, "cache");
    await startOwnEngine(place, progress);
    docker = dockerOn(place.socket);
  });

  after(async () => {
    if (cache === undefined) Reflect.deleteProperty(process.env, "XDG_CACHE_HOME");
    else process.env["XDG_CACHE_HOME"] = cache;
    if ((place as OwnEnginePlace | undefined) === undefined) return;
    await clean();
  });

  it("the base is made from Debian's packages where it can't be pulled", async () => {
    await ensureBaseImage(docker, progress, false);
    assert.ok(await hasImage(docker, BASE_IMAGE), said.join(""));
    said.length = 0;
    await ensureBaseImage(docker, progress, false);
    assert.deepEqual(said, [], "the second time there is nothing to do");
  });

  it("an image is built from its folder, packages included, once for two runs", async () => {
    const folder = join(place.directory, "image");
    mkdirSync(join(folder, "sub"), { recursive: true });
    writeFileSync(join(folder, "sub", "file"), "content\n");
    writeFileSync(
      join(folder, "Dockerfile"),
      `FROM ${BASE_IMAGE}\nCOPY sub/file /file\nRUN apt-get update && grep content /file\n`,
    );
    const wish = { name: "swarm-ha-test/image:1", folder };
    await Promise.all([ensureImage(docker, wish, progress), ensureImage(docker, wish, progress)]);
    assert.ok(await hasImage(docker, wish.name));
    assert.equal(said.filter((line) => line.startsWith("Building")).length, 1, said.join(""));
  });

  it("a build that fails leaves no image and says why", async () => {
    const folder = join(place.directory, "broken");
    mkdirSync(folder);
    writeFileSync(join(folder, "Dockerfile"), `FROM ${BASE_IMAGE}\nRUN echo it is so && exit 9\n`);
    const wish = { name: "swarm-ha-test/broken:1", folder };
    await assert.rejects(ensureImage(docker, wish, progress), /Building .* failed:.*code: 9[\s\S]*it is so/);
    assert.ok(!(await hasImage(docker, wish.name)));
  });
});
