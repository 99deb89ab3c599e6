import assert from "node:assert/strict";
import {
  createNetwork,
  deleteNetwork,
  readNetwork,
  removeNetwork,
} from "../../../components/platform/local/provider/network";
import { reconnect, restoreNetwork } from "../../../components/platform/local/restore";
import { hostImage } from "../../../components/platform/local/image";
import { command, findProgram } from "../../../cli/workstation/command";
import { Stack } from "./containers";

describe("networks of the local platform", () => {
  const stack = new Stack("swha-t-net", 3);

  beforeEach(() => stack.start());
  afterEach(() => stack.remove());

  it("are taken over from an interrupted run when nobody is on them", async () => {
    const { id } = await createNetwork(stack.network);
    assert.deepEqual(await readNetwork(stack.network, id), { kind: "there", state: stack.network });
    await removeNetwork(id);
    assert.deepEqual(await readNetwork(stack.network, id), { kind: "gone" });
    await removeNetwork(id);
  });

  it("with containers on them that no state knows are an error that says how to remove those", async () => {
    await stack.create("a");
    await assert.rejects(createNetwork(stack.network), /npm run destroy -- swha-t-net/);
  });

  it("that were pruned while their containers were stopped are recreated, and the containers connected to them", async () => {
    const made = await stack.create("a", { address: stack.address(9) });
    const container = stack.engine.getContainer(made.identity);
    await container.kill();
    await removeNetwork(stack.name);
    await assert.rejects(container.start(), /network .* not found/);
    await restoreNetwork(stack.engine, stack.network);
    await reconnect(stack.engine, made.identity, { network: stack.name, address: stack.address(9), hostname: "a" });
    await container.start();
    const { NetworkSettings } = await container.inspect();
    assert.equal(NetworkSettings.Networks[stack.name]?.IPAddress, stack.address(9));
    assert.deepEqual(await readNetwork(stack.network, "gone"), { kind: "there", state: stack.network });
    // The state has the former id, and its delete removes the network all the same.
    await deleteNetwork("gone", stack.network);
    assert.deepEqual(await readNetwork(stack.network, "gone"), { kind: "gone" });
  });

  it("of somebody else are left alone", async () => {
    const name = `${stack.name}-other`;
    const foreign = await stack.engine.createNetwork({ Name: name });
    try {
      await assert.rejects(createNetwork({ ...stack.network, name }), /isn't part of this stack/);
      await foreign.inspect();
    } finally {
      await foreign.remove();
    }
  });

  it("whose range is taken say so", async () => {
    const name = `${stack.name}-second`;
    await assert.rejects(createNetwork({ ...stack.network, name }), /set swarm-ha:network.hosts to a free one/);
  });

  it("whose members' addresses a rule of a Docker engine that was killed would replace name the rule, and what removes it", async function () {
    if (process.getuid?.() !== 0 || findProgram("iptables") === undefined) this.skip();
    await stack.remove();
    const rule = ["POSTROUTING", "-s", stack.network.subnet, "!", "-o", "br-00000000dead", "-j", "MASQUERADE"];
    const nat = (action: string): Promise<string> =>
      command("iptables", ["-w", "5", "-t", "nat", action, ...rule], { timeout: 10_000 });
    await nat("-A");
    try {
      let said = "";
      await assert.rejects(createNetwork(stack.network), (error: Error) => (said = error.message) !== "");
      const [, removal = ""] = /\(as root\): (iptables .*? MASQUERADE)\. /.exec(said) ?? [];
      assert.notEqual(removal, "", said);
      await command("sh", ["-c", removal], { timeout: 10_000 });
      await assert.rejects(nat("-C"), "the rule is still there");
    } finally {
      await nat("-D").catch(() => undefined);
    }
    await createNetwork(stack.network);
  });

  it("give guests no address of the plan", async () => {
    const guest = await stack.engine.createContainer({
      name: `${stack.name}-guest`,
      Image: hostImage(),
      Entrypoint: ["sleep", "60"],
      Labels: { "swarm-ha.stack": stack.name },
      HostConfig: { NetworkMode: stack.name },
    });
    await guest.start();
    const { NetworkSettings } = await guest.inspect();
    const last = Number(NetworkSettings.Networks[stack.name]?.IPAddress.split(".")[3]);
    assert.ok(last >= 24 && last < 32, `it got ${String(last)}`);
  });

  it("take along at their end what the state has forgotten", async () => {
    const forgotten = await stack.create("forgotten", { nested: true });
    const lost = await stack.create("lost", { nested: true });
    await stack.engine.getContainer(lost.identity).remove({ force: true });
    assert.equal((await stack.left()).length, 3);
    await deleteNetwork(stack.name, stack.network);
    assert.deepEqual(await stack.left(), []);
    assert.ok(!(await stack.has("container", forgotten.identity)));
  });
});
