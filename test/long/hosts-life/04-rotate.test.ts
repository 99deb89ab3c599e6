import assert from "node:assert/strict";
import { hosts, stack, underLoad, useLife } from "../../support/hosts/life";
import { figure } from "../../support/run";
import { sshKeyPair } from "../../support/ssh-keys";

describe("secrets of a stack on hosts that exist already are rotated:", function () {
  this.timeout(900_000);
  const { hello } = useLife();

  it("autolock is turned on, for the unlock key", async () => {
    stack.configure({ autolock: true });
    await underLoad(hello(), "autolock", () => stack.up());
    await stack.untilHealthy();
  });

  for (const args of [
    ["join-tokens"],
    ["unlock-key"],
    ["swarm-ca"],
    ["registry-password", "--redeploy"],
    ["certificates"],
    ["ca", "--yes"],
  ]) {
    it(`${args.join(" ")}, and no request fails`, async () => {
      const { seconds } = await underLoad(hello(), args.join(" "), () =>
        stack.good("rotate", [stack.name, ...args], 800),
      );
      figure(`rotate ${args.join(" ")}`, seconds);
      await stack.untilHealthy();
    });
  }

  it("an up has nothing to do afterwards", () => stack.pulumi("preview", "--expect-no-changes"));

  it("the SSH key is the user's: the rotation is refused, and what it says changes the key", async () => {
    const { code, stderr } = await stack.tool("rotate", [stack.name, "ssh-keys"], 120);
    assert.equal(code, 1);
    assert.match(stderr, /authorize the new one .*hosts\.ssh\.privateKey/);

    const key = sshKeyPair();
    const authorized = "/home/admin/.ssh/authorized_keys";
    for (const host of hosts.names) await hosts.bash(host, `echo '${key.public}' >>${authorized}`);
    await stack.setSecret("swarm-ha:hosts.ssh.privateKey", key.private);
    const { seconds } = await underLoad(hello(), "another SSH key", () => stack.up());
    figure("pulumi up with another SSH key", seconds);
    for (const host of hosts.names) await hosts.bash(host, `echo '${key.public}' >${authorized}`);
    hosts.key = key;
    await stack.untilHealthy();
    await stack.pulumi("preview", "--expect-no-changes");
    const { seconds: again } = await stack.good(
      "pulumi",
      ["refresh", "--yes", "--skip-preview", "-s", stack.name],
      200,
    );
    figure("pulumi refresh with the new key alone", again);
  });
});
