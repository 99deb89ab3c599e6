import assert from "node:assert/strict";
import { RegistryClient } from "../../support/registry";
import { figure, until } from "../../support/run";
import { APPLICATIONS, useSharedStack } from "../../support/shared-stack";

const REPLICAS = ["registry-1", "registry-2", "registry-3"];

describe("the registry", function () {
  this.timeout(300_000);
  const stack = useSharedStack(APPLICATIONS);
  let registry: RegistryClient;
  /** What `status` says of the load balancer's members. */
  const sick = async (): Promise<readonly string[]> => {
    const { status } = await stack.status();
    return status.loadBalancers.registry?.unhealthy ?? ["no answer"];
  };

  before(async () => {
    registry = new RegistryClient(stack, await stack.outputs());
  });

  it("refuses whoever has no right, with the right status, from a host of the cluster", async () => {
    const ask = (args: string, signed = false): Promise<string> => registry.status("worker-1", args, signed);
    const asked = {
      "with the password": await ask(`"https://$R/v2/"`, true),
      "without one": await ask(`--cacert "$CA" "https://$R/v2/"`),
      "with a wrong one": await ask(`--cacert "$CA" -u swarm-ha:wrong "https://$R/v2/"`),
      "a push without one": await ask(`--cacert "$CA" -X POST "https://$R/v2/any/blobs/uploads/"`),
      "a delete without one": await ask(
        `--cacert "$CA" -X DELETE "https://$R/v2/any/manifests/sha256:${"0".repeat(64)}"`,
      ),
      "plain HTTP": await ask(`"http://$R/v2/"`),
      // Exit codes of curl: 60 the certificate isn't trusted, 35 no handshake.
      "without the stack's CA": await ask(`"https://$R/v2/"`),
      "TLS 1.1": await ask(`--cacert "$CA" --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 "https://$R/v2/"`),
    };
    assert.deepEqual(asked, {
      "with the password": "200",
      "without one": "401",
      "with a wrong one": "401",
      "a push without one": "401",
      "a delete without one": "401",
      "plain HTTP": "400",
      "without the stack's CA": "curl 60",
      "TLS 1.1": "curl 35",
    });
    // And as docker says it.
    const docker = "docker --config /tmp/nobody";
    const { code, output } = await registry.script(
      "worker-1",
      `printf wrong | ${docker} login -u swarm-ha --password-stdin "$R" && exit
       tar c -T /dev/null | docker import - "$R/any:1" >/dev/null && ${docker} push "$R/any:1"`,
    );
    assert.notEqual(code, 0);
    assert.match(output, /unauthorized|401/);
    assert.match(output, /no basic auth credentials/);
  });

  it("isn't trusted by a Docker engine that has another CA for it", async () => {
    const { code, output } = await registry.script(
      "worker-2",
      `login || exit 1
       cp "$CA" /root/right.crt; trap 'mv /root/right.crt "$CA"' EXIT
       openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj "/CN=somebody else" -out "$CA" 2>/dev/null
       docker pull "$R/any:1"`,
    );
    assert.notEqual(code, 0);
    assert.match(output, /x509: certificate signed by unknown authority/);
  });

  it("takes a push through which a replica is killed half way, and has the same at every replica", async () => {
    const image = "drill/killed:1";
    await registry.makeImage("worker-1", image, 120);
    const pushing = registry.push("worker-1", image);
    let victim = "";
    try {
      await until("the upload to be half way", 60, async () => {
        const { bytes, at } = await registry.upload("drill/killed", REPLICAS);
        if (bytes > 30_000_000) victim = at;
        return victim === "" ? `${bytes} bytes` : undefined;
      });
      await stack.kill(victim);
      let push = await pushing;
      console.log(`        killed: ${victim}; docker's own attempts ended with ${String(push.code)}`);
      // docker repeats a layer by itself; a person repeats the push. Until the load balancer has noticed, which takes it
      // 13 s at the most, each connection may meet the dead replica, and a push makes several.
      const repeated = await until("the push to be repeated with success", 40, async () => {
        if (push.code !== 0) push = await registry.push("worker-1", image);
        return push.code === 0 ? undefined : push.output;
      });
      if (repeated > 0.1) figure("the push repeated until it succeeded", repeated);
      const digest = /digest: (sha256:\w+)/.exec(push.stdout)?.[1];
      assert.ok(digest !== undefined, push.stdout);
      for (const replica of REPLICAS.filter((each) => each !== victim)) {
        assert.equal(await registry.readFrom(replica, "worker-3", image), digest, replica);
      }
      // No garbage is collected now: a replica that is away can't be told to refuse pushes.
      await until("the managers to have noticed", 60, async () => {
        const node = (await stack.nodes()).find(({ Hostname }) => Hostname === victim);
        return node?.Status === "Down" ? undefined : node?.Status;
      });
      const { code, output } = await stack.tool("registry-gc", [stack.name], 60);
      assert.equal(code, 1, output);
      assert.match(output, new RegExp(`nothing is collected while ${victim} is down`));
      await stack.revive(victim);
      figure(
        "a killed replica takes part again",
        await until(`${victim} to be sent connections again`, 90, async () => {
          const out = await sick();
          return out.includes(victim) ? out.join(" ") : undefined;
        }),
      );
      assert.equal(await registry.readFrom(victim, "worker-3", image), digest, `${victim}, restored`);
      assert.equal(await registry.pull("worker-3", image), digest);
    } finally {
      await pushing.catch(() => undefined);
      if (victim !== "") await stack.revive(victim);
    }
    await stack.untilHealthy();
  });

  it("takes ten pushes and gives ten pulls at once, and nothing is lost", async () => {
    const images = Array.from({ length: 10 }, (_, i) => `drill/many-${String(i)}:1`);
    for (const image of images) await registry.makeImage("worker-1", image, 1);
    const pushed = await Promise.all(images.map((image) => registry.push("worker-1", image)));
    const digests = pushed.map(({ code, stdout, output }) => {
      assert.equal(code, 0, output);
      return /digest: (sha256:\w+)/.exec(stdout)?.[1];
    });
    const hosts = ["worker-2", "worker-3", "registry-1", "manager-1"];
    const pulled = images.map((image, i) => registry.pull(hosts[i % hosts.length] ?? "", image));
    assert.deepEqual(await Promise.all(pulled), digests);
  });

  it("names the garbage of a deleted image, and a dry run leaves it", async () => {
    const [layer = "no layer"] = await registry.leaveGarbage("worker-1", "drill/gone:1", 1);
    const before = await registry.size("registry-1");
    const { output } = await stack.good("registry-gc", [stack.name, "--dry-run"], 120);
    assert.ok(output.includes(`blob eligible for deletion: ${layer}`), output);
    assert.equal(await registry.size("registry-1"), before);
  });

  it("names the file and the repository of damage, to the collector and to status, and leaves no task behind", async () => {
    const replica = "registry-1";
    const repository = "drill/many-0";
    const file = await registry.damageLayer(replica, repository);
    try {
      const named = new RegExp(
        `${repository}: the link of a layer .*${file}.*npm run registry:gc -- ${stack.name} --mend`,
      );
      const collected = await stack.tool("registry-gc", [stack.name, "--dry-run"], 120);
      assert.equal(collected.code, 1, collected.output);
      assert.match(collected.stderr, named);
      const { code, stdout } = await stack.tool("status", [stack.name, "--json", "--deep"], 120);
      assert.equal(code, 1, stdout);
      const { problems } = JSON.parse(stdout) as { problems: string[] };
      assert.match(problems.join("\n"), named);
      const tasks = await stack.onManager(["docker", "node", "ps", "registry-1", "registry-2", "registry-3"]);
      assert.doesNotMatch(tasks, /registry-gc/);
    } finally {
      await registry.writeLink(replica, file, `sha256:${/sha256\/(\w+)\/link$/.exec(file)?.[1] ?? ""}`);
    }
    await registry.pull("worker-2", "drill/many-0:1");
  });

  it("loses its storage on one replica, which gets no connections until it is back", async () => {
    const replica = "registry-3";
    await registry.storage(replica, false);
    try {
      const seconds = await until("the replica to be out", 30, async () => {
        const out = await sick();
        return out.includes(replica) ? undefined : "it is sent connections";
      });
      figure("a replica without its storage is out", seconds);
      const { problems } = (await stack.status()).status;
      assert.ok(
        problems.some((text) => text.includes(replica) && text.includes("L7STS")),
        problems.join("\n"),
      );
      // Not 404, which would tell clients that an image isn't there.
      await assert.rejects(registry.readFrom(replica, "worker-3", "drill/many-0:1"), /503/);
      for (let i = 0; i < 6; i++) await registry.pull("worker-3", "drill/many-0:1");
    } finally {
      await registry.storage(replica, true);
    }
    figure("it is in again with its storage", await stack.untilHealthy());
  });
});
