import assert from "node:assert/strict";
import { addRelease, assertReleased, dropHosts } from "../../support/hosts/inventory";
import { addToInventory, FIRST_ENGINE, hosts, stack, underLoad, useLife } from "../../support/hosts/life";
import { figure } from "../../support/run";

const OLD = "worker-5";

/** Debian 12 has Docker engine 20.10.24, and no other. */
describe("a host with Docker engine 20.10 in a swarm of a newer one", function () {
  this.timeout(600_000);
  const { hello } = useLife();

  const refused = async (...args: string[]): Promise<string> => {
    const { code, stdout } = await stack.tool("upgrade", [stack.name, "--json", ...args], 300);
    assert.equal(code, 1, stdout);
    return (JSON.parse(stdout) as { refused?: string }).refused ?? "";
  };
  const engine = async (): Promise<string> => (await stack.status()).status.engines[OLD] ?? "";

  it("joins as it is", async () => {
    await addToInventory({ name: OLD, at: 45, image: "old" });
    const { seconds } = await underLoad(hello(), "a worker joins", () => stack.up());
    figure("pulumi up that adds a worker", seconds);
    assert.match(await engine(), /^20\.10\./);
    await stack.untilHealthy();
  });

  it("isn't upgraded past major versions unless that is accepted, nor where no repository has the version", async () => {
    assert.match(await refused(), /worker-5 \(20\.10\.\d+.*--skip-major/);
    assert.match(await refused("--skip-major"), /worker-5: no package repository has Docker engine 26\.1\.5/);
    assert.match(await engine(), /^20\.10\./);
  });

  it("is upgraded in place once a repository has it, serves on, and keeps a Docker client", async () => {
    await addRelease(hosts, OLD, "trixie");
    const ids = async (): Promise<string | undefined> =>
      (await stack.nodes()).find(({ Hostname }) => Hostname === OLD)?.ID;
    const before = await ids();
    const { seconds } = await underLoad(hello(), "20.10 to 26.1", () =>
      stack.good("upgrade", [stack.name, "--skip-major"], 400),
    );
    figure("upgrade of a worker from 20.10 to 26.1", seconds);
    assert.ok((await engine()).startsWith(FIRST_ENGINE), await engine());
    assert.equal(await ids(), before);
    assert.match(await hosts.exec(OLD, ["docker", "version", "-f", "{{.Client.Version}}"]), /^26\.1\.5/);
    assert.match(await hosts.exec(OLD, ["apt-mark", "showhold"]), /^containerd\ndocker-cli\ndocker\.io$/m);
    // Nothing else came from that release.
    assert.match(await hosts.exec(OLD, ["dpkg-query", "-W", "-f", "${Version}", "libc6"]), /deb12/);
    await stack.untilHealthy();
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("leaves, and is cleaned", async () => {
    dropHosts(stack, OLD);
    const { seconds } = await underLoad(hello(), "a worker leaves", () => stack.up());
    figure("pulumi up that removes a worker", seconds);
    await assertReleased(hosts, OLD);
    await hosts.lose(OLD);
    await stack.untilHealthy();
  });
});
