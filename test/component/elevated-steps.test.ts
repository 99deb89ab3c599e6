import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { directConnection, fromBastion } from "../../components/ssh/connection";
import { elevation } from "../../components/ssh/elevate";
import { bastionStep, hostStep } from "../../components/ssh/remote-step";
import { dataIn, forHost, installed, readScript } from "../../components/ssh/script";
import { answer } from "../support/answers";
import { record, type Registered } from "../support/recording-mocks";

const PASSWORD = "pass-that-must-not-show";

/** The login of a host that isn't the default one. */
interface Other {
  readonly user?: string;
  readonly sudoPassword?: string;
}

/** A step on the bastion with a delete, and one on a host. */
async function steps(bastion: Other, host: Other): Promise<readonly [Registered, Registered]> {
  const secret = ({ sudoPassword, ...login }: Other): object => ({
    ...login,
    ...(sudoPassword === undefined ? {} : { sudoPassword: pulumi.secret(sudoPassword) }),
  });
  const registered = await record(
    () => {
      const keys = { privateKey: pulumi.secret("key"), hostKey: "ssh-ed25519 AAAA comment\n" };
      const connection = directConnection({ host: "127.0.0.1", ...keys, ...secret(bastion) });
      const opts = {};
      bastionStep("on-bastion", { connection, script: "token", input: { word: "b" }, onDelete: "remove-node" }, opts);
      const at = fromBastion(connection, { name: "web-1", host: "10.0.0.7", ...keys, ...secret(host) });
      hostStep("on-host", { connection: at, script: "join", input: { word: "h" } }, opts);
      return Promise.resolve();
    },
    { stack: "unit", preview: false, answer },
  );
  const find = (name: string): Registered => {
    const found = registered.find((one) => one.name === name);
    assert.ok(found !== undefined, name);
    return found;
  };
  return [find("on-bastion"), find("on-host")];
}

describe("steps of users that aren't root", () => {
  it("don't differ from root's where the login is root's, whatever password is given", async () => {
    const [bastion, host] = await steps({}, {});
    assert.deepEqual(await steps({ user: "root", sudoPassword: PASSWORD }, { user: "root", sudoPassword: PASSWORD }), [
      bastion,
      host,
    ]);
    assert.equal(bastion.inputs["create"], installed(readScript("token")));
    assert.equal(bastion.inputs["delete"], installed(readScript("remove-node")));
    assert.equal(bastion.inputs["stdin"], "given=(['word']='b')\n");
    assert.equal(host.inputs["create"], forHost(readScript("join")));
    const way =
      "given=(['name']='web-1' ['address']='10.0.0.7' ['port']='22' ['hostKey']='ssh-ed25519 AAAA' ['key']='key' ['limit']='45')\n";
    assert.equal(host.inputs["stdin"], `${way.length}\n${way}given=(['word']='h')\n`);
    assert.deepEqual(Object.keys(bastion.inputs["connection"] as object).sort(), [
      "dialErrorLimit",
      "host",
      "hostKey",
      "perDialTimeout",
      "port",
      "privateKey",
      "user",
    ]);
  });

  it("run by sudo on the bastion, and have its password only on standard input", async () => {
    const login = { user: "admin", sudoPassword: PASSWORD };
    const { start = "", prefix = "" } = elevation(login) ?? {};
    const [rootBastion, rootHost] = await steps({}, {});
    const [bastion, host] = await steps(login, {});
    for (const [step, root] of [
      [bastion, rootBastion],
      [host, rootHost],
    ] as const) {
      for (const property of ["create", "delete"]) {
        const own = root.inputs[property];
        if (typeof own !== "string") continue;
        assert.equal(step.inputs[property], `${start} '${own.replaceAll("'", `'\\''`)}'`);
      }
      assert.equal(step.inputs["stdin"], prefix + String(root.inputs["stdin"]));
      assert.deepEqual(step.inputs["connection"], { ...(root.inputs["connection"] as object), user: "admin" });
      assert.ok(step.secretInputs.includes("stdin"));
      assert.ok(!JSON.stringify({ ...step.inputs, stdin: "" }).includes(PASSWORD));
    }
  });

  it("tell the bastion user and password of the host", async () => {
    const login = { user: "admin", sudoPassword: PASSWORD };
    const [, root] = await steps({}, {});
    const [, host] = await steps({}, login);
    assert.equal(host.inputs["create"], root.inputs["create"]);
    const given = Object.fromEntries(dataIn(String(host.inputs["stdin"])));
    const { start, prefix } = elevation(login) ?? {};
    assert.deepEqual([given["user"], given["sudo.start"], given["sudo.prefix"]], ["admin", start, prefix]);
    assert.ok(host.secretInputs.includes("stdin"));
  });
});
