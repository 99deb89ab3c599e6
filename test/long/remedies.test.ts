import assert from "node:assert/strict";
import { followStatus } from "../support/remedy";
import { figure, succeed, until } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

/** Remedies of `status` that test/e2e has no test for: each is run as it is printed. */
describe("what status tells people to do", function () {
  this.timeout(600_000);
  const stack = new TestStack("e2e-remedies", { hosts: "10.227.0.0/20", ports: portsFrom(23270) });

  before(() => stack.reset().then(() => stack.start()));
  after(() => stack.destroy());

  /** Waits until status names a problem. @returns its text */
  const told = async (what: RegExp): Promise<string> => {
    let text: string | undefined;
    await until(`status to tell ${String(what)}`, 60, async () => {
      const { status } = await stack.status();
      text = status.problems.find((problem) => what.test(problem));
      return text === undefined ? status.problems.join("\n") : undefined;
    });
    return text ?? "";
  };

  it("gives a Docker engine its labels again by a replacement", async () => {
    await stack.exec("worker-2", [
      "sed",
      "-i",
      "s/com.example.storage=ssd/com.example.storage=tape/",
      "/etc/docker/daemon.json",
    ]);
    await stack.exec("worker-2", ["sv", "-w", "60", "restart", "docker"]);
    const fault = /^worker-2 .*'s Docker engine lacks label com\.example\.storage/;
    await told(fault);
    await until("nothing else to be wrong", 60, async () => {
      const { problems } = (await stack.status()).status;
      return problems.length === 1 ? undefined : problems.join("\n");
    });
    const { seconds } = await followStatus(stack, [fault]);
    figure("replacement for a label of the Docker engine", seconds);
  });

  it("makes a manager of one again that somebody demoted", async () => {
    await stack.onManager(["docker", "node", "demote", "manager-3"]);
    const fault = /^manager-3 .* is in the swarm as a worker instead of a manager/;
    await told(fault);
    const { seconds } = await followStatus(stack, [fault]);
    figure("repair of a demoted manager", seconds);
  });

  it("removes a service that takes the ingress's own route", async () => {
    const label = "traefik.http.routers.swarm-ha-ping.rule=Path(`/x`)";
    await stack.onManager(
      ["docker", "service", "create", "--quiet", "--detach", "--name", "thief", "--replicas", "0"].concat(
        ["--label", label, "--no-resolve-image"],
        ["swarm-ha/none:1"],
      ),
    );
    const problem = await told(/^thief defines Traefik's router or service swarm-ha-ping/);
    await stack.good("context", [stack.name]);
    const [remedy] = /docker --context \S+ service rm \S+$/.exec(problem) ?? [];
    assert.ok(remedy !== undefined, problem);
    await succeed("bash", ["-c", remedy], { limit: 60, env: stack.env });
    await stack.untilHealthy();
  });

  it("replaces a worker whose tasks have no room with a spare one beside it", async () => {
    const inspect = ["docker", "service", "inspect", "swarm-ha-ingress_traefik", "--format"];
    const image = (await stack.onManager([...inspect, "{{.Spec.TaskTemplate.ContainerSpec.Image}}"])).trim();
    await stack.onManager(
      ["docker", "service", "create", "--detach", "--quiet", "--no-resolve-image", "--name", "fill"].concat(
        ["--replicas", "3", "--replicas-max-per-node", "1"],
        ["--constraint", "node.labels.swarm-ha.role==worker", image],
      ),
    );
    const list = ["docker", "service", "ls", "--filter", "name=fill", "--format", "{{.Replicas}}"];
    const filled = async (): Promise<string | undefined> => {
      const listed = await stack.onManager(list);
      return listed.startsWith("3/3") ? undefined : listed;
    };
    await until("the service to run", 90, filled);
    const before = await stack.nodes();
    const refused = await stack.tool("replace", [stack.name, "worker-1"]);
    assert.equal(refused.code, 1);
    const [, args = ""] = /npm run replace -- (.* --surge)$/m.exec(refused.output) ?? [];
    const { seconds } = await stack.good("replace", args.split(" "), 600);
    figure("replacement with a spare worker", seconds);
    const after = await stack.nodes();
    const names = (nodes: typeof after): string[] => nodes.map(({ Hostname }) => Hostname).sort();
    assert.deepEqual(names(after), names(before));
    const changed = after.filter(({ ID }) => !before.some((node) => node.ID === ID));
    assert.deepEqual(names(changed), ["worker-1"]);
    await until("the service to run again", 90, filled);
    await stack.onManager(["docker", "service", "rm", "fill"]);
    await stack.untilHealthy();
  });
});
