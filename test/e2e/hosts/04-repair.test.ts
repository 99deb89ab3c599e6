import assert from "node:assert/strict";
import { useSharedHosts } from "../../support/hosts/shared-hosts";
import { followStatus } from "../../support/remedy";
import { figure, until } from "../../support/run";

describe("repair of hosts that exist already", function () {
  this.timeout(300_000);
  const { stack, hosts } = useSharedHosts();

  const isDown = (host: string): Promise<number> =>
    until(`${host} to be down`, 60, async () => {
      const { Status = "gone" } = (await stack.nodes()).find(({ Hostname }) => Hostname === host) ?? {};
      return Status === "Down" ? undefined : Status;
    });

  it("a Docker engine that was stopped by hand is started by what status names", async () => {
    await hosts.exec("worker-2", ["systemctl", "stop", "docker.socket", "docker.service"]);
    await isDown("worker-2");
    const { seconds } = await followStatus(stack, [/^worker-2 /]);
    figure("npm run repair of a stopped Docker engine", seconds);
    assert.equal((await hosts.exec("worker-2", ["systemctl", "is-active", "docker"])).trim(), "active");
  });
});
