import assert from "node:assert/strict";
import { DIALS, keyPair, SshServers } from "./ssh-servers";
import { Project } from "./project";
import type { CommandSpec, Spec } from "./program";

describe("offline kit: remote commands", () => {
  let servers: SshServers;
  let project: Project;
  const one = (command: Partial<CommandSpec>): Spec => ({
    commands: { step: { connection: servers.behind(), ...command } },
  });
  before(async () => {
    servers = await SshServers.start();
  });
  after(() => servers.remove());
  beforeEach(async () => {
    project = await Project.make();
  });
  afterEach(() => {
    project.remove();
  });

  it("creates, updates, replaces and deletes, as its inputs say", async () => {
    const note = (word: string): string => `echo ${word} >>/tmp/journal`;
    const step = { create: note("create"), update: note("update"), delete: note("delete"), triggers: ["1"] };
    assert.deepEqual(await project.up(one(step)), { create: 2 });
    const [id] = Object.values(project.ids()).filter((candidate) => candidate.startsWith("step"));
    assert.deepEqual(await project.preview(one(step)), {});
    assert.deepEqual(await project.up(one({ ...step, stdin: "other" })), { update: 1 });
    assert.ok(Object.values(project.ids()).includes(id ?? ""), "an update keeps the id");
    const withoutUpdate = { create: step.create, delete: step.delete, triggers: step.triggers };
    assert.deepEqual(await project.up(one({ ...withoutUpdate, stdin: "third" })), { update: 1 });
    assert.deepEqual(await project.up(one({ ...step, stdin: "third", triggers: ["2"] })), { replace: 1 });
    assert.deepEqual(await servers.journal(), ["create", "update", "create", "create", "delete"]);
    assert.deepEqual(await project.destroy(), { delete: 2 });
    assert.deepEqual(await servers.journal(), ["delete"]);
  });

  it("hands over secret input, and leaves no secret in the state or the output", async () => {
    const stdin = "a-secret-that-nobody-may-read";
    const step = { create: "sha256sum", stdin, logging: "none" } as const;
    assert.deepEqual(await project.preview(one(step)), { create: 2 });
    await project.up(one(step));
    assert.match(String((await project.outputs())["stdout"]?.["step"]), /^[0-9a-f]{64} /);
    const key = servers.client.privateKey.split("\n")[2] ?? "";
    assert.ok(key.length > 40);
    for (const secret of [stdin, key]) assert.ok(!project.state().includes(secret), "a secret is in the state");
  });

  it("previews what depends on values that aren't known yet", async () => {
    const connection = servers.behind();
    const chain = (first: string): Spec => ({
      commands: { first: { connection, create: first }, second: { connection, create: "cat", stdinFrom: "first" } },
    });
    assert.deepEqual(await project.preview(chain("echo 1")), { create: 3 });
    await project.up(chain("echo 1"));
    assert.deepEqual(await project.preview(chain("echo 1")), {});
    assert.deepEqual(await project.preview(chain("echo 2")), { update: 2 });
    assert.deepEqual(await project.up(chain("echo 2")), { update: 2 });
    assert.equal((await project.outputs())["stdout"]?.["second"], "2");
  });

  it("tells what failed: exit code, command and what it printed", async () => {
    const output = await project.upFails(one({ create: "echo out; echo err >&2; exit 7" }));
    assert.match(output, /Process exited with status 7: running "echo out; echo err >&2; exit 7":\s+out\s+err/);
    assert.ok(!Object.keys(project.ids()).some((name) => name.includes("remote:Command")), "it isn't in the state");
  });

  it("refuses a wrong host key on both hops, and runs nothing", async () => {
    const { publicKey } = keyPair();
    const create = "echo ran >>/tmp/journal";
    const target = await project.upFails(
      one({ connection: servers.behind("target", 3, { hostKey: publicKey }), create }),
    );
    // The official provider's words: the host key isn't named, for what fails last is a handshake on a closed connection.
    assert.match(target, /proxy: after 2 failed attempts: ssh: handshake failed: EOF/);
    const proxy = servers.bastion({ hostKey: publicKey });
    const bastion = await project.upFails(one({ connection: servers.behind("target", 3, { proxy }), create }));
    assert.match(bastion, /proxy: after 2 failed attempts: ssh: handshake failed: ssh: host key mismatch/);
    assert.deepEqual(await servers.journal(), []);
  });

  it("gives a dead server up at its limit", async () => {
    const started = Date.now();
    const nobody = servers.behind("nobody", 99);
    const output = await project.upFails(one({ connection: nobody, create: "true" }));
    assert.match(output, /proxy: after 2 failed attempts: ssh: rejected: connect failed \(No route to host\)/);
    // All dials, and a minute for the Pulumi engine on a busy workstation; the kernel's own limit is two minutes for each.
    const limit = (DIALS.dialErrorLimit + 1) * DIALS.perDialTimeout + 60;
    assert.ok(Date.now() - started < limit * 1000, `took ${Date.now() - started} ms`);
    const refused = servers.bastion({ port: 1, perDialTimeout: 1 });
    assert.match(
      await project.upFails(one({ connection: refused, create: "true" })),
      /after 2 failed attempts: .*127\.0\.0\.1:1/,
    );
  });

  it("notices a server that dies, also while its connection is kept open", async () => {
    await servers.add("mortal", 9, "MaxSessions 500");
    const connection = servers.behind("mortal", 9);
    await project.up(one({ connection, create: "true", delete: "true" }));
    await servers.kill("mortal");
    const { code, stdout } = await project.run("destroy", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(stdout, /after 2 failed attempts/);
  });

  it("shares connections, and gets along with a server that allows few sessions on one", async () => {
    const connection = servers.bastion();
    const first = { connection, create: "echo 1" };
    const logins = async (): Promise<number> => (await servers.log("bastion")).split("Accepted publickey").length;
    const before = await logins();
    const second = { connection, create: "cat", stdinFrom: "first" };
    assert.deepEqual(await project.up({ commands: { first, second } }), { create: 3 });
    assert.equal((await logins()) - before, 1, "one login is enough for both");
    const many = Array.from({ length: 12 }, (_, n) => [`step-${n}`, { connection, create: `sleep 0.5; echo ${n}` }]);
    assert.deepEqual(await project.up({ commands: Object.fromEntries(many) as Record<string, CommandSpec> }), {
      create: 12,
      delete: 2,
    });
    assert.equal((await project.outputs())["stdout"]?.["step-11"], "11");
  });

  it("sets variables that sshd accepts, and doesn't start a command without the others", async () => {
    const create = "echo ${ACCEPTED-none}";
    await project.up(one({ create, environment: { ACCEPTED: "yes" } }));
    assert.equal((await project.outputs())["stdout"]?.["step"], "yes");
    const output = await project.upFails(one({ create: "echo ran >>/tmp/journal", environment: { REFUSED: "x" } }));
    assert.match(output, /could not set environment variable "REFUSED"/);
    assert.match(output, /AcceptEnv/);
    assert.deepEqual(await servers.journal(), []);
  });

  it("says clearly what it doesn't have", async () => {
    const output = await project.upFails({ copy: servers.behind() });
    assert.match(output, /has no command:remote:CopyToRemote, only command:remote:Command/);
  });
});
