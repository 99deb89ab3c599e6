import assert from "node:assert/strict";
import { figure, until } from "../../support/run";
import { APPLICATIONS, useSharedStack } from "../../support/shared-stack";

/** A service whose replicas fill every worker, one that is pinned by a person's label, and one that no node takes. */
const [FILL, PINNED, NOWHERE] = ["test-fill", "test-pinned", "test-nowhere"];

describe("a worker whose tasks have no room elsewhere", function () {
  this.timeout(300_000);
  const stack = useSharedStack(APPLICATIONS);
  const docker = (...args: string[]): Promise<string> => stack.onManager(["docker", ...args], 60);
  const running = async (service: string, replicas: number): Promise<string | undefined> => {
    const listed = (await docker("service", "ls", "--filter", `name=${service}`, "--format", "{{.Replicas}}")).trim();
    return listed.startsWith(`${replicas}/${replicas}`) ? undefined : listed;
  };
  const worker = async () => (await stack.nodes()).find((node) => node.Hostname === "worker-1");

  before(async () => {
    // An image that every worker has.
    const inspect = [
      "service",
      "inspect",
      "swarm-ha-ingress_traefik",
      "--format",
      "{{.Spec.TaskTemplate.ContainerSpec.Image}}",
    ];
    const image = (await docker(...inspect)).trim();
    const create = (name: string, ...args: string[]): Promise<string> =>
      docker("service", "create", "--detach", "--quiet", "--no-resolve-image", "--name", name, ...args, image);
    await stack.exec("worker-1", ["docker", "volume", "create", "precious"]);
    await docker("node", "update", "--label-add", "com.example.disk=fast", "worker-1");
    const workers = ["--constraint", "node.labels.swarm-ha.role==worker"];
    await create(FILL, "--replicas", "3", "--replicas-max-per-node", "1", ...workers);
    await create(PINNED, "--constraint", "node.labels.com.example.disk==fast");
    await until("the services to run", 90, async () => (await running(FILL, 3)) ?? (await running(PINNED, 1)));
  });
  after(async () => {
    for (const service of [FILL, PINNED, NOWHERE]) await docker("service", "rm", service).catch(() => undefined);
    await docker("node", "update", "--label-rm", "com.example.disk", "worker-1").catch(() => undefined);
    await stack.untilHealthy();
  });

  it("isn't drained: replace and up say which services, and why, and change nothing", async () => {
    const before = await stack.identities();
    const replaced = await stack.tool("replace", [stack.name, "worker-1"]);
    figure("refusal of replace for lack of room", replaced.seconds);
    assert.equal(replaced.code, 1);
    assert.match(
      replaced.output,
      /service test-fill \(1 task\): its limit of 1 per node is reached on worker-2, worker-3/,
    );
    assert.match(replaced.output, /service test-pinned \(1 task\): node\.labels\.com\.example\.disk==fast excludes/);
    assert.match(replaced.output, /--surge[^]*--force/);

    stack.configure({ workers: { worker: { count: 2, labels: { "com.example.storage": "ssd" } } } });
    const up = await stack.tool("pulumi", ["up", "--yes", "--skip-preview", "--color", "never", "-s", stack.name]);
    figure("refusal of a scale-down for lack of room", up.seconds);
    stack.configure();
    assert.notEqual(up.code, 0);
    assert.match(up.output, /worker-3 is not drained, because its tasks have no room elsewhere\. Nothing was changed/);
    for (const node of await stack.nodes()) {
      if (node.Hostname.startsWith("worker-")) assert.equal(node.Availability, "Active", node.Hostname);
    }
    assert.deepEqual(await stack.identities(), before);
    await stack.pulumi("up", "--yes", "--skip-preview");
  });

  it("is replaced when the gap and the loss of its volume are accepted, and has its labels again", async () => {
    const former = await worker();
    const asked = await stack.tool("replace", [stack.name, "worker-1", "--force"]);
    assert.equal(asked.code, 1);
    assert.match(asked.output, /loses the volume precious on worker-1\. To accept that: .* --yes/);
    assert.equal((await worker())?.ID, former?.ID);
    const { seconds } = await stack.good("replace", [stack.name, "worker-1", "--force", "--yes"]);
    figure("replace of a worker whose tasks wait meanwhile", seconds);
    assert.notEqual((await worker())?.ID, former?.ID);
    const labels = await docker("node", "inspect", "worker-1", "--format", "{{json .Spec.Labels}}");
    assert.equal((JSON.parse(labels) as Record<string, string>)["com.example.disk"], "fast");
    assert.equal((await docker("config", "ls", "--filter", "name=swarm-ha.labels", "--quiet")).trim(), "");
    await until("the services to run again", 90, async () => (await running(FILL, 3)) ?? (await running(PINNED, 1)));
  });

  it("is what status looks for: a service that can't be placed is a problem", async () => {
    const [image = ""] = (
      await docker("service", "inspect", FILL, "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}")
    ).split("\n");
    await docker(
      "service",
      "create",
      "--detach",
      "--quiet",
      "--no-resolve-image",
      "--name",
      NOWHERE,
      "--constraint",
      "node.labels.com.example.disk==none",
      image,
    );
    await until("status to name it", 60, async () => {
      const { code, status } = await stack.status();
      const found = status.problems.some((text) => /test-nowhere can't be placed.*no suitable node/.test(text));
      return code === 1 && found ? undefined : status.problems.join("\n");
    });
  });
});
