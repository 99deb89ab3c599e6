import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../cli/paths";
import { lossStackIsGone, useLossStack, workerBefore } from "../support/hosts/loss-hosts";
import { HostsStack } from "../support/hosts/hosts-stack";
import { differences, snapshot } from "../support/hosts/snapshot";
import { figure } from "../support/run";

/** Hosts of the lost stack that another one takes. */
const TAKEN = [
  { name: "worker-1", role: "manager" },
  { name: "registry-1", role: "registry" },
  { name: "worker-2", role: "worker" },
] as const;

/** What stays on a host that was released by hand (docs/hosts.md). */
const STAYS: readonly RegExp[] = [
  // sudo notes a user's first command.
  /^\+ \/home\/admin\/\.sudo_as_admin_successful$/,
  // The login of the tests' own pushes.
  /^\+ \/root\/\.docker(\/config\.json)?$/,
  // Packages that the stack installed are listed for the next one.
  /^\+ \/etc\/swarm-ha(\/packages)?$/,
];

/** The page's commands for a release by hand. */
function commands(): string[] {
  const page = readFileSync(join(root, "docs/hosts.md"), "utf8");
  const [, section = ""] = page.split("### Release a host by hand\n");
  const [, block = ""] = /```console\n(.*?)```/s.exec(section) ?? [];
  return block.split("\n").flatMap((line) => (line.startsWith("# ") ? [line.slice(2)] : []));
}

describe("a host whose stack is gone for good", function () {
  this.timeout(900_000);
  const { stack, hosts } = useLossStack();
  const next = new HostsStack("hosts-loss-next", hosts, {
    zones: ["rack-1"],
    loadBalancers: { manager: "10.224.0.41:2376", registry: "10.224.0.31:5000", app: "10.224.0.42:443" },
    inventory: TAKEN.map((host) => ({ ...host, zone: "rack-1" })),
  });

  it("is refused to another stack", async () => {
    lossStackIsGone();
    rmSync(stack.home, { recursive: true, force: true });
    await next.reset();
    const { code, output } = await next.tool("preflight", [next.name], 120);
    assert.equal(code, 1, output);
    for (const { name } of TAKEN) assert.match(output, new RegExp(`${name}.*hosts-loss`));
  });

  it("is as it was before, once it is released by hand as the page says, and another stack takes it", async () => {
    const list = commands();
    assert.ok(list.length > 5, list.join("\n"));
    for (const { name } of TAKEN)
      for (const command of list) {
        const { code, output } = await hosts.tryExec(name, ["bash", "-c", command], "", 120);
        // A command whose unit or file isn't there fails, which does no harm.
        if (code !== 0)
          console.log(`        ${name}: ${command.slice(0, 60)}… ended with ${String(code)}: ${output.trim()}`);
      }
    const left = differences(workerBefore(), await snapshot(hosts, "worker-1"));
    assert.deepEqual(
      left.filter((one) => !STAYS.some((pattern) => pattern.test(one))),
      [],
    );
    const { seconds } = await next.up();
    figure("pulumi up of another stack on 3 hosts that were released by hand", seconds);
    await next.untilHealthy();
    await next.good("destroy", [next.name, "--yes"], 300);
  });
});
