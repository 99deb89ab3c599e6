import assert from "node:assert/strict";
import { connect } from "node:net";
import {
  deleteContainer,
  readContainer,
  updateContainer,
} from "../../../components/platform/local/provider/container-resource";
import { restoreContainer } from "../../../components/platform/local/restore";
import { container as provider } from "../../../components/platform/local/provider";
import { freePort, PRIVATE_KEYS, Stack, takenPort, until } from "./containers";

const GREETING = /^SSH-2\.0-/;

/** The first that a port says. */
function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => undefined);
    socket.setTimeout(5000, () => socket.destroy(new Error("silence")));
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString("utf8"));
    });
    socket.once("error", reject);
  });
}

describe("containers of the local platform", () => {
  const stack = new Stack("swha-t-container", 1);

  before(() => stack.start());
  after(() => stack.remove());

  it("serve as soon as they are made, on their address and published port, with no key to be read from the Docker engine", async () => {
    const port = await freePort();
    const made = await stack.create("bastion", { address: stack.address(8), ports: [`${String(port)}:22`] });
    assert.equal(made.address, stack.address(8));
    assert.match(await greeting(port), GREETING);
    const found = await stack.engine.getContainer(made.identity).inspect();
    assert.equal(found.Config.Hostname, "bastion");
    assert.equal(found.NetworkSettings.Networks[stack.name]?.IPAddress, stack.address(8));
    assert.equal(found.HostConfig.RestartPolicy?.Name, "unless-stopped");
    for (const key of PRIVATE_KEYS) {
      const line = key.split("\n")[2] ?? "";
      assert.ok(line.length > 20);
      assert.ok(!JSON.stringify(found).includes(line), "a private key is in the container's description");
    }
    assert.match(await stack.run(made.identity, "stat", "-c", "%a %U", "/etc/ssh/ssh_host_ed25519_key"), /600 root/);
  });

  it("get different addresses of their range when many are made at once, and give them back", async () => {
    const made = await Promise.all(["a", "b", "c", "d"].map((name) => stack.create(name)));
    const addresses = made.map(({ address }) => address).sort();
    assert.deepEqual(
      addresses,
      [100, 101, 102, 103].map((last) => stack.address(last)),
    );
    await Promise.all(made.map((container) => stack.delete(container)));
    const again = await stack.create("a");
    assert.equal(again.address, stack.address(100));
    await stack.delete(again);
  });

  it("leave an address alone that somebody else's container took in the meantime", async () => {
    const first = await stack.create("a");
    await stack.delete(first);
    const guest = await stack.engine.createContainer({
      name: `${stack.name}-guest`,
      Image: first.image,
      Entrypoint: ["sleep", "60"],
      Labels: first.labels,
      NetworkingConfig: { EndpointsConfig: { [stack.name]: { IPAMConfig: { IPv4Address: stack.address(100) } } } },
    });
    await guest.start();
    const second = await stack.create("a");
    assert.equal(second.address, stack.address(101));
    await stack.delete(second);
    await guest.remove({ force: true });
  });

  it("are still there when they are stopped, and gone when they are removed", async () => {
    const made = await stack.create("read", { nested: true });
    assert.deepEqual(await readContainer(made, made.identity), { kind: "there", state: made });
    await stack.engine.getContainer(made.identity).kill();
    assert.deepEqual(await readContainer(made, made.identity), { kind: "there", state: made });
    await stack.engine.getContainer(made.identity).remove({ v: true });
    assert.deepEqual(await readContainer(made, made.identity), { kind: "gone" });
    assert.deepEqual(await provider.read?.(made.identity, made), { id: "" });
    await deleteContainer(made.identity, made);
    assert.ok(!(await stack.has("volume", `${made.container}-engine`)), "its volume goes, though it went before");
  });

  it("that were removed are recreated on the same data, with the same identity", async () => {
    const made = await stack.create("lost", { nested: true, address: stack.address(9) });
    await stack.run(made.identity, "touch", "/var/lib/docker/kept");
    await stack.engine.getContainer(made.identity).remove({ force: true, v: true });
    await restoreContainer(stack.engine, made, [{ path: "/etc/swarm-ha/joined", mode: "0644", content: "node 1\n" }]);
    assert.deepEqual(await readContainer(made, made.identity), { kind: "there", state: made });
    const [id] = await stack.containersOf(made.identity);
    assert.ok(id !== undefined && id !== made.identity);
    assert.doesNotMatch(await stack.run(id, "ls", "/var/lib/docker/kept"), /exit code/);
    assert.match(await stack.run(id, "cat", "/etc/swarm-ha/joined"), /^node 1/);
    const { NetworkSettings } = await stack.engine.getContainer(id).inspect();
    assert.equal(NetworkSettings.Networks[stack.name]?.IPAddress, stack.address(9));
    const extra = { path: "/etc/ssh/sshd_config.d/more.conf", mode: "0644", content: "MaxSessions 7\n" };
    await updateContainer(made.identity, made, { ...made, files: [...made.files, extra] });
    assert.match(await stack.run(id, "sshd", "-T"), /maxsessions 7/);
    await deleteContainer(made.identity, made);
    assert.deepEqual(await stack.containersOf(made.identity), []);
    assert.ok(!(await stack.has("volume", `${made.container}-engine`)));
  });

  it("are recreated over what an interrupted run left, with nothing of its data", async () => {
    const left = await stack.create("again", { nested: true });
    await stack.run(left.identity, "touch", "/var/lib/docker/old");
    await stack.engine.getContainer(left.identity).kill();
    const made = await stack.create("again", { nested: true });
    assert.notEqual(made.identity, left.identity);
    assert.match(await stack.run(made.identity, "ls", "/var/lib/docker/old"), /exit code/);
    await stack.delete(made);
    await stack.delete(made);
    assert.ok(!(await stack.has("container", made.container)));
    assert.ok(!(await stack.has("volume", `${made.container}-engine`)));
  });

  it("never take the place of a container that is somebody else's", async () => {
    const { container, image } = stack.inputs("foreign");
    const foreign = await stack.engine.createContainer({ name: container, Image: image });
    await assert.rejects(stack.create("foreign"), /exists, and it isn't part of this stack; rename or remove it/);
    assert.ok(await stack.has("container", container));
    await foreign.remove();
  });

  it("leave nothing behind when they can't be made, and say why and what to do", async () => {
    const before = await stack.left();
    await assert.rejects(
      stack.create("image", { image: "swarm-ha/host:none" }),
      /the image swarm-ha\/host:none is not on this Docker engine; `npm start` builds it/,
    );
    const { port, server } = await takenPort();
    await assert.rejects(
      provider.create(stack.inputs("port", { ports: [`${String(port)}:22`] })),
      new RegExp(`port .*${String(port)}.*swarm-ha:local\\.ports`, "s"),
    );
    server.close();
    await assert.rejects(
      stack.create("dies", {
        files: [{ path: "/usr/local/sbin/entrypoint", mode: "0755", content: "#!/bin/sh\necho no >&2\n" }],
      }),
      /can't be created: it stopped at once; its last output: no/,
    );
    assert.deepEqual(await stack.left(), before);
  });

  it("take a changed file without a restart, and refuse one that the service can't read", async () => {
    const made = await stack.create("update");
    const { files } = made;
    const extra = { path: "/etc/ssh/sshd_config.d/more.conf", mode: "0644", content: "MaxSessions 7\n" };
    const updated = await updateContainer(made.identity, made, { ...made, files: [...files, extra] });
    assert.equal(updated.identity, made.identity);
    assert.match(await stack.run(made.identity, "sshd", "-T"), /maxsessions 7/);
    const wrong = { ...extra, content: "NoSuchKeyword 7\n" };
    await assert.rejects(updateContainer(made.identity, made, { ...made, files: [wrong] }), /can't read its new files/);
    await stack.delete(made);
    await assert.rejects(updateContainer(made.identity, made, made), /is gone; `npm run repair -- swha-t-container/);
  });

  it("bring their Docker engine back by themselves once it was started: after a kill of it, of them, and a stop", async () => {
    const made = await stack.create("engine", { nested: true });
    const id = made.identity;
    const engineAnswers = async (): Promise<string | true> => {
      const said = await stack.run(id, "docker", "info", "--format", "{{.Driver}}").catch(String);
      return said.includes("overlay2") ? true : said;
    };
    assert.match(await stack.run(id, "sv", "status", "/etc/service/docker"), /^down/);
    await stack.run(
      id,
      "sh",
      "-c",
      "mkdir -p /etc/swarm-ha; touch /etc/swarm-ha/prepared; sv start /etc/service/docker",
    );
    await until(20, engineAnswers);
    const before = await stack.run(id, "pgrep", "-x", "dockerd");
    await stack.run(id, "pkill", "-KILL", "-x", "dockerd");
    await until(20, async () =>
      (await stack.run(id, "pgrep", "-x", "dockerd")) === before ? before : engineAnswers(),
    );
    const container = stack.engine.getContainer(id);
    await container.kill();
    await container.start();
    await until(20, engineAnswers);
    const stopping = Date.now();
    await container.stop();
    assert.ok(Date.now() - stopping < 8000, `the stop took ${String(Date.now() - stopping)} ms`);
    assert.equal((await container.inspect()).State.ExitCode, 0, "it ended by itself");
    await container.start();
    await until(20, engineAnswers);
    await stack.delete(made);
  });
});
