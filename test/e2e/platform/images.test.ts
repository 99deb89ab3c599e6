import assert from "node:assert/strict";
import { IMAGES } from "../../../components/images";
import { localImage } from "../../../components/platform/local/image";
import type { ContainerFile } from "../../../components/platform/local/container-spec";
import { createHostImage, readHostImage } from "../../../components/platform/local/provider/host-image";
import type { ContainerState } from "../../../components/platform/local/provider/container-resource";
import { ensureProgramImages } from "../../../cli/workstation/program-images";
import { pause } from "../../support/pause";
import { Stack, until } from "./containers";

/** A host whose Docker engine starts with it. */
const FILES: readonly ContainerFile[] = [{ path: "/etc/swarm-ha/prepared", mode: "0644", content: "" }];

describe("images on the local platform", () => {
  const stack = new Stack("swha-t-images", 4);
  const program = localImage(IMAGES.traefik);
  let host: ContainerState;

  before(async () => {
    await stack.start();
    await ensureProgramImages(stack.engine);
  });
  after(() => stack.remove());

  const run = (...command: string[]): Promise<string> => stack.run(host.identity, ...command);
  const has = async (image: string): Promise<boolean> =>
    !(await run("docker", "image", "inspect", "-f", "{{.Id}}", image)).includes("exit code");
  const engineAnswers = (): Promise<void> =>
    until(60, async () => {
      const said = await run("docker", "info", "-f", "{{.ServerVersion}}");
      return said.includes("exit code") ? said : true;
    });

  describe("in a host's Docker engine", () => {
    before(async () => {
      host = await stack.create("host", {
        address: stack.address(20),
        nested: true,
        files: [...stack.inputs("host").files, ...FILES],
      });
      await engineAnswers();
    });
    const of = (image: string): Parameters<typeof createHostImage>[0] => ({
      host: "host",
      identity: host.identity,
      image,
    });

    it("are given to it by this workstation, and seen there", async () => {
      assert.ok(!(await has(program)));
      assert.deepEqual(await readHostImage(of(program)), { kind: "gone" });
      const { outs } = await createHostImage(of(program));
      assert.ok(await has(program));
      assert.deepEqual(await readHostImage(outs), { kind: "there", state: outs });
    });

    it("that are there already stay: this workstation isn't asked for them", async () => {
      await run("docker", "tag", program, "only-there:1");
      await createHostImage(of("only-there:1"));
    });

    it("come with the version that another host of the tier runs, and no other one", async () => {
      const repo = "swarm-ha.invalid/test/former";
      const versions = ["1", "2", "3"].map((tag) => `${repo}:${tag}`);
      const [former = "", unused = "", now = ""] = versions;
      for (const tag of ["1", "2", "3"]) await stack.engine.getImage(program).tag({ repo, tag });
      const peer = await stack.create("peer", { nested: true, files: [...stack.inputs("peer").files, ...FILES] });
      try {
        await until(60, async () => {
          const said = await stack.run(peer.identity, "docker", "info");
          return said.includes("exit code") ? said : true;
        });
        for (const image of [former, unused])
          await createHostImage({ ...of(image), host: "peer", identity: peer.identity });
        await stack.run(peer.identity, "docker", "run", "--detach", "--entrypoint", "sleep", former, "300");
        await createHostImage(of(now));
        assert.deepEqual([await has(former), await has(unused), await has(now)], [true, false, true]);
      } finally {
        await stack.delete(peer);
        for (const version of versions) await stack.engine.getImage(version).remove();
        await run("docker", "image", "rm", former, now);
      }
    });

    it("that this workstation doesn't have are an error that says what makes them", async () => {
      await assert.rejects(createHostImage(of("nobody/has:this")), /nobody\/has:this is not on this .*`npm start`/);
    });

    it("aren't known to be lost while the host's Docker engine doesn't answer, and can't be given to it", async () => {
      await run("sv", "-w", "30", "force-stop", "/etc/service/docker");
      try {
        assert.equal((await readHostImage(of(program))).kind, "unknown");
        await assert.rejects(
          createHostImage(of(program)),
          /host's Docker engine can't load the image .*Cannot connect to the Docker daemon/,
        );
      } finally {
        await run("sv", "up", "/etc/service/docker");
      }
      await engineAnswers();
    });

    it("aren't known to be lost while the host is paused, and it is told as paused", async () => {
      const container = stack.engine.getContainer(host.identity);
      await pause(host.identity);
      try {
        assert.deepEqual(await readHostImage(of(program)), {
          kind: "unknown",
          who: "host",
          why: "its container is paused",
        });
        await assert.rejects(createHostImage(of(program)), /host is paused, .*`npm run repair -- swha-t-images`/);
      } finally {
        await container.unpause();
      }
    });

    it("aren't known to be lost while the host's Docker engine hangs", async () => {
      await run("pkill", "-STOP", "-x", "dockerd");
      try {
        const seen = await readHostImage(of(program));
        assert.equal(seen.kind, "unknown");
        assert.match("why" in seen ? seen.why : "", /docker image inspect.* didn't end within/);
      } finally {
        await run("pkill", "-CONT", "-x", "dockerd");
      }
      await engineAnswers();
    });

    describe("that is lost", () => {
      it("can't be had, and are gone with it", async () => {
        await stack.engine.getContainer(host.identity).kill();
        assert.equal((await readHostImage(of(program))).kind, "unknown");
        await assert.rejects(createHostImage(of(program)), /host is stopped, .*`npm run repair -- swha-t-images`/);
        await stack.delete(host);
        assert.deepEqual(await readHostImage(of(program)), { kind: "gone" });
        await assert.rejects(createHostImage(of(program)), /host is gone/);
      });
    });
  });
});
