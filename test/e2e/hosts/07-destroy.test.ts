import assert from "node:assert/strict";
import { filesBefore, sharedHostsAreFree, snapshots, useSharedHosts } from "../../support/hosts/shared-hosts";
import { differences } from "../../support/hosts/snapshot";
import { figure } from "../../support/run";

/** What other programs leave (docs/hosts.md, "Destroy"). */
const STAYS: readonly RegExp[] = [
  // sudo notes a user's first command.
  /^\S+: \+ \/home\/admin\/\.sudo_as_admin_successful$/,
  // keepalived names its protocol for `ip address`.
  /^lb-\d: \+ \/etc\/iproute2(\/rt_addrprotos\.d(\/keepalived\.conf)?)?$/,
  // The Docker engine's packages are removed and not purged: purging docker.io would remove /var/lib/docker.
  /^worker-2: \+ (\/etc\/(cni|containerd|default\/docker|init\.d\/docker|rc\d\.d\/K01docker)\b.*|account docker)$/,
  /^worker-2: \+ (package rc {2}(containerd|docker\.io)|\/etc\/systemd\/system\/multi-user\.target\.wants\/containerd\.service)$/,
  /^worker-2: ~ \/etc\/(passwd|shadow|group|gshadow)-?$/,
  // HAProxy's package leaves the folder that it is confined to.
  /^worker-2: \+ \/var\/lib\/haproxy(\/dev(\/log)?)?$/,
];

describe("destroy of a stack on hosts that exist already", function () {
  this.timeout(300_000);
  const { stack, hosts } = useSharedHosts();

  it("skips a dead host and names it, and on the others removes exactly what the stack wrote", async () => {
    await hosts.kill("worker-1");
    const { code, output, seconds } = await stack.tool("destroy", [stack.name, "--yes"], 300);
    figure("npm run destroy with a dead host", seconds);
    sharedHostsAreFree();
    assert.equal(code, 0, output);
    const lastWords = output.slice(output.lastIndexOf(`The stack ${stack.name} is gone`));
    assert.deepEqual([...new Set(lastWords.match(/[a-z]+-\d/g))], ["worker-1"], lastWords);
    const now = await snapshots(["worker-1"]);
    const left = Object.entries(filesBefore()).flatMap(([host, was]) => {
      if (host === "worker-1") return [];
      const is = now[host];
      assert.ok(is !== undefined, host);
      return differences(was, is).map((one) => `${host}: ${one}`);
    });
    assert.deepEqual(
      left.filter((one) => !STAYS.some((pattern) => pattern.test(one))),
      [],
    );
  });

  it("leaves no host in a swarm, and those Docker engines running that were there before", async () => {
    for (const name of hosts.names) {
      if (name === "worker-1") continue;
      const look = "command -v docker >/dev/null || exit 0; docker info --format '{{.Swarm.LocalNodeState}}'";
      assert.equal((await hosts.bash(name, look)).trim(), name === "worker-2" ? "" : "inactive", name);
    }
  });
});
