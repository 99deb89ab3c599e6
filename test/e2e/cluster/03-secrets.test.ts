import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { succeed } from "../../support/run";
import { assertNoSecret, assertNoSecretBelow, filesBelow, knownSecrets, ProcessSampler } from "../../support/secrets";
import { CLUSTER, firstStart, useSharedStack } from "../../support/shared-stack";

describe("no secret of the cluster", function () {
  this.timeout(300_000);
  const stack = useSharedStack(CLUSTER);
  let secrets: string[] = [];

  before(async () => {
    secrets = await knownSecrets(stack);
  });

  it("stands in plain text in the state and its history", () => {
    const backend = join(stack.home, "state");
    assert.ok(filesBelow(backend).some((file) => file.endsWith(`${stack.name}.json`)));
    assertNoSecretBelow(backend, secrets);
  });

  it("is left in a file that others may read", () => {
    for (const file of filesBelow(join(stack.home, "state", "swarm-ha"))) {
      if (/passphrase|config\//.test(file)) assert.equal(statSync(file).mode & 0o077, 0, file);
    }
  });

  it("is in the output of the first up", async () => {
    const { output } = await firstStart(CLUSTER);
    assertNoSecret("the output of npm start", output, secrets);
  });

  it("is in a preview of changes, with all their details", async () => {
    stack.configure({
      managers: { count: 5 },
      workers: { worker: { count: 4, labels: { "com.example.storage": "hdd" } } },
    });
    try {
      const { output } = await stack.pulumi("preview", "--diff");
      assert.match(output, /manager-5/);
      assertNoSecret("the output of preview --diff", output, secrets);
    } finally {
      stack.configure();
    }
  });

  it("is in a container's settings, or in what the containers have logged", async () => {
    const ids = (await stack.containers()).map((container) => container.ID);
    assertNoSecret("docker inspect", await succeed("docker", ["inspect", ...ids], { limit: 30 }), secrets);
    for (const id of ids) {
      const log = await succeed("bash", ["-c", `docker logs ${id} 2>&1`], { limit: 30 });
      assertNoSecret(`the log of ${id}`, log, secrets);
    }
  });

  it("is on the bastion's disk", async () => {
    const files = await stack.exec("bastion", ["grep", "-rlE", "PRIVATE KEY|SWMTKN", "/etc", "/root", "/tmp", "/var"]);
    assert.deepEqual(files.trim().split("\n"), ["/etc/ssh/ssh_host_ed25519_key"]);
  });

  it("is on a command line, or left in a file of the bastion, while it runs steps of hosts", async () => {
    stack.configure({ workers: { worker: { count: 3, labels: { "com.example.storage": "tape" } } } });
    const hosts = ["bastion", "worker-1"];
    const sampler = new ProcessSampler(
      hosts.map((host) => stack.container(host)),
      120,
    );
    try {
      await stack.pulumi("up", "--yes", "--skip-preview");
    } finally {
      stack.configure();
      for (const [where, lines] of await sampler.stop()) {
        assertNoSecret(`a process list of ${where}`, [...lines].join("\n"), secrets);
        if (where === stack.container("bastion")) assert.match([...lines].join("\n"), /^ssh-agent |^ssh -F none /m);
      }
    }
    // /dev/shm and /run are memory, but what is left there would stay until the bastion is started again.
    const folders = ["/etc", "/root", "/tmp", "/var", "/run", "/dev/shm"];
    const find = ["grep", "-rlF", "--devices=skip", "-f", "-", ...folders];
    const found = await stack.exec("bastion", find, secrets.join("\n"));
    assert.deepEqual(found.trim().split("\n"), ["/etc/ssh/ssh_host_ed25519_key"]);
    await stack.pulumi("up", "--yes", "--skip-preview");
  });
});
