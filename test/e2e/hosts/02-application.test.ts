import assert from "node:assert/strict";
import { AppClient } from "../../support/app-client";
import { dockerOutside } from "../../support/docker-context";
import { useSharedHosts } from "../../support/hosts/shared-hosts";
import { Load } from "../../support/load";
import { RegistryClient } from "../../support/registry";
import { figure, until } from "../../support/run";
import { IMAGE, WebService } from "../../support/web-service";

/** Seconds without an answer when the load balancers' active host dies: three missed VRRP advertisements, and the takeover. */
const GAP = 5;

describe("an application on hosts that exist already", function () {
  this.timeout(240_000);
  const { stack, hosts } = useSharedHosts();
  let registry: RegistryClient;
  let client: AppClient;

  const context = async (...args: string[]): Promise<string> => {
    const { code, output } = await dockerOutside(stack, ["--context", `swarm-ha-${stack.name}`, ...args]);
    assert.equal(code, 0, output);
    return output;
  };

  before(async () => {
    const outputs = await stack.outputs();
    registry = new RegistryClient(stack, outputs);
    client = new AppClient(outputs, stack.virtualAddress);
    await stack.good("context", [stack.name], 60);
  });

  after(async () => {
    await dockerOutside(stack, ["--context", `swarm-ha-${stack.name}`, "service", "rm", "web"]);
    for (const host of ["worker-1", "worker-2"]) await hosts.exec(host, ["rm", "-rf", "/root/.docker"]);
  });

  it("is pushed to the registry from one host, and pulled on another", async () => {
    await new WebService(stack).load("worker-1");
    const tag = `docker tag ${IMAGE} "$R/web:1" && login && docker push --quiet "$R/web:1"`;
    await registry.good("worker-1", tag, 120);
    assert.match(await registry.pull("worker-2", "web:1"), /^sha256:/);
  });

  it("is deployed through the managers' endpoint, and answers at the applications'", async () => {
    const { username = "", password = "" } = (await stack.outputs()).registryCredentials ?? {};
    // The workstation has no record for the registry's name; the nodes have.
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    stack.dockerLogin(registry.name, auth);
    const labels = {
      "traefik.enable": "true",
      "swarm-ha.name": "web",
      "traefik.http.services.web.loadbalancer.server.port": "8080",
    };
    await context(
      ...["service", "create", "--name", "web", "--detach", "--no-resolve-image", "--with-registry-auth"],
      ...["--replicas", "2", "--network", "apps", "--constraint", "node.labels.swarm-ha.role==worker"],
      ...Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]),
      `${registry.name}/web:1`,
    );
    const seen = new Set<string>();
    await until("both replicas to answer", 90, async () => {
      const { status, body } = await client.ask("web", "/");
      if (status === 200) seen.add(body.trim());
      return seen.size === 2 ? undefined : `${String(status)} ${body}; ${[...seen].join()}`;
    });
  });

  it("answers again within seconds when the active host of the load balancers dies", async () => {
    const [active = "", ...more] = await stack.balancersWithAddress();
    assert.deepEqual(more, []);
    const load = new Load(async () => {
      const { status } = await client.ask("web", "/");
      if (status !== 200) throw new Error(`HTTP ${String(status)}`);
    });
    const begun = Date.now();
    await hosts.kill(active);
    try {
      await until("the other host to have the virtual address", 30, async () => {
        const now = (await stack.balancersWithAddress()).filter((name) => name !== active);
        return now.length === 1 ? undefined : `it is on ${now.join() || "none"}`;
      });
      await new Promise((resolve) => setTimeout(resolve, 5000));
    } finally {
      await load.stop();
      await hosts.start(active);
    }
    const { longestGap, requests } = load.report(begun);
    figure("the application didn't answer while the virtual address moved, for", longestGap);
    assert.ok(requests > 50);
    assert.ok(longestGap <= GAP, `${longestGap.toFixed(1)} s without an answer`);
    await stack.untilHealthy();
    // The host that is back doesn't take the address away again.
    assert.equal((await stack.balancersWithAddress()).includes(active), false);
  });
});
