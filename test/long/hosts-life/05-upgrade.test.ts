import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { isVersion } from "../../../plan/engine-version";
import { addRelease } from "../../support/hosts/inventory";
import { FIRST_ENGINE, hosts, stack, underLoad, useLife } from "../../support/hosts/life";
import { figure } from "../../support/run";

const NEW = "28.5.2";
/** Its Docker engine won't start with the new packages. */
const BAD = "worker-2";

/** Seconds that an upgrade of 3 managers, 2 registry nodes and 4 workers may take. */
const LIMIT = 1800;

/** What `--json` prints. */
interface Report {
  readonly done: readonly { readonly hosts: readonly string[]; readonly outcome: string }[];
  readonly left: readonly string[];
  readonly refused?: string;
  readonly error?: string;
}

/** Debian 13's docker.io, then that of Debian testing: real packages, in place. */
describe("the Docker engines of hosts that exist already are upgraded in place", function () {
  this.timeout(2_400_000);
  const { hello } = useLife();
  const nodes = async (): Promise<string[]> => (await stack.nodes()).map(({ Hostname }) => Hostname).sort();
  const upgrade = async (...args: string[]) => {
    const ran = await stack.tool("upgrade", [stack.name, "--skip-major", "--json", ...args], LIMIT);
    return { ...ran, report: JSON.parse(ran.stdout) as Report };
  };
  const orderOf = ({ done }: Report): string[] =>
    done.flatMap((step) => (step.outcome === "done" ? [...step.hosts] : []));
  const withEngine = async (version: string): Promise<string[]> => {
    const { status } = await stack.status();
    return Object.entries(status.engines).flatMap(([name, engine]) => (isVersion(engine, version) ? [name] : []));
  };
  const leader = async (): Promise<string> =>
    (await stack.nodes()).find(({ ManagerStatus }) => ManagerStatus === "Leader")?.Hostname ?? "";

  before(async () => {
    for (const host of await nodes()) await addRelease(hosts, host, "forky");
    stack.edit(({ engine }) => {
      (engine as { version: string }).version = NEW;
    });
  });

  it("is refused while a major version is left out, and nothing is changed", async () => {
    const { code, stdout } = await stack.tool("upgrade", [stack.name, "--json"], 300);
    assert.equal(code, 1);
    assert.match((JSON.parse(stdout) as Report).refused ?? "", /--skip-major/);
    assert.deepEqual((await withEngine(FIRST_ENGINE)).sort(), await nodes());
  });

  it("it stops at a host that doesn't come back, says how to go on, and no manager was touched", async () => {
    const folder = "/etc/systemd/system/docker.service.d";
    await hosts.bash(
      BAD,
      `mkdir -p ${folder}
      printf '[Service]\\nExecStartPre=/bin/sh -c "! dockerd --version | grep -q version.28"\\n' >${folder}/bad.conf
      systemctl daemon-reload`,
    );
    const { code, report, output, seconds } = await underLoad(hello(), "until the bad host", () => upgrade());
    figure(`upgrade until ${BAD}, which doesn't come back`, seconds);
    assert.equal(code, 1, output);
    assert.ok(!orderOf(report).some((host) => host.startsWith("manager-")), output);
    assert.match(
      output,
      new RegExp(`${BAD} could not be upgraded\\. Fix that, then run: npm run upgrade -- ${stack.name}`),
    );
    assert.match(output, new RegExp(`${BAD}: .*Docker engine`));
    assert.match(output, new RegExp(`npm run repair -- ${stack.name}`));
    const held = await hosts.exec(BAD, ["apt-mark", "showhold"]);
    assert.match(held, /^containerd\ndocker-cli\ndocker\.io$/m);
    // The administrator finds the reason.
    await hosts.bash(BAD, `rm ${folder}/bad.conf; systemctl daemon-reload`);
    const repaired = await stack.good("repair", [stack.name], 300);
    figure(`repair of ${BAD}`, repaired.seconds);
  });

  it("run again, it takes the rest: managers one at a time, the leader last, and no request fails", async () => {
    const [before, ids] = [await leader(), await stack.swarmIds()];
    let going = true;
    let fewest = 3;
    const watch = async (): Promise<void> => {
      while (going) {
        const seen = await stack.nodes().catch(() => []);
        const present = seen.filter(({ ManagerStatus }) => /^(Leader|Reachable)$/.test(ManagerStatus)).length;
        if (seen.length > 0) fewest = Math.min(fewest, present);
        await sleep(1000);
      }
    };
    const watching = watch();
    const { code, report, output, seconds } = await underLoad(hello(), "the rest", () => upgrade());
    going = false;
    await watching;
    figure("upgrade of the others", seconds);
    assert.equal(code, 0, output.slice(-4000));
    const managers = orderOf(report).filter((host) => host.startsWith("manager-"));
    assert.equal(managers.length, 3, managers.join());
    assert.equal(managers.at(-1), before);
    assert.ok(
      report.done.every((step) => step.hosts.length === 1 || !step.hosts.some((host) => managers.includes(host))),
    );
    assert.ok(fewest >= 2, `at some moment ${String(fewest)} managers were reachable`);
    assert.deepEqual(await stack.swarmIds(), ids);
    assert.deepEqual((await withEngine(NEW)).sort(), await nodes());
    for (const host of await nodes()) {
      assert.match(await hosts.exec(host, ["apt-mark", "showhold"]), /^containerd\ndocker-cli\ndocker\.io$/m, host);
      assert.match(await hosts.exec(host, ["docker", "version", "-f", "{{.Client.Version}}"]), /^28\.5\.2/);
    }
    assert.ok(
      (await stack.nodes()).every(({ Hostname, Availability }) =>
        /^worker-|^registry-/.test(Hostname) ? Availability === "Active" : Availability === "Drain",
      ),
    );
    await stack.untilHealthy();
  });

  it("again there is nothing to do, and an up changes nothing that runs", async () => {
    assert.match((await stack.good("upgrade", [stack.name], 200)).stdout, /nothing to do/);
    const processes = async (): Promise<string[]> =>
      Promise.all((await nodes()).map((host) => hosts.exec(host, ["systemctl", "show", "-P", "MainPID", "docker"])));
    const before = await processes();
    await stack.up();
    assert.deepEqual(await processes(), before);
    await stack.pulumi("preview", "--expect-no-changes");
  });
});
