import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { bastionStateOf } from "./support";
import { redactedArchive } from "../../../cli/diagnose/archive";
import { knownSecrets } from "../../../cli/diagnose/known-secrets";
import { reachOfState } from "../../../cli/diagnose/access";
import { instancesOf } from "../../../cli/cluster/deployment";
import { failedTasks, withoutValues } from "../../../cli/diagnose/swarm";

const PLANTED = "pLantedValue0123456789abcdef";

describe("what a diagnosis takes from the swarm", () => {
  it("has no value of an environment variable, of a label with a secret's name, no argument, and no join token", () => {
    const clean = withoutValues([
      {
        Spec: {
          Name: "web",
          Labels: { "com.example.token": PLANTED, "traefik.http.middlewares.a.basicauth.users": PLANTED, tier: "web" },
          TaskTemplate: {
            ContainerSpec: {
              Env: [`LICENSE=${PLANTED}`, "EMPTY="],
              Secrets: [{ SecretName: "db", SecretID: "1" }],
              Command: ["/usr/bin/mysqld", PLANTED],
              Args: [`-p${PLANTED}`, "verbose"],
              Healthcheck: { Test: ["CMD", "mysqladmin", "ping", `-p${PLANTED}`], Retries: 3 },
            },
          },
        },
        PreviousSpec: { TaskTemplate: { ContainerSpec: { Args: ["serve", `-p${PLANTED}`] } } },
        JoinTokens: { Worker: PLANTED },
      },
    ]);
    const text = JSON.stringify(clean);
    assert.ok(!text.includes(PLANTED), text);
    const commands = [
      '"Command":["/usr/bin/mysqld","[redacted]"]',
      '"Args":["[redacted]","[redacted]"]',
      '"Test":["CMD","[redacted]","[redacted]","[redacted]"]',
      '"Args":["serve","[redacted]"]',
    ];
    for (const kept of ['"Name":"web"', '"tier":"web"', "LICENSE=[redacted]", '"SecretName":"db"', ...commands]) {
      assert.ok(text.includes(kept), `${kept} isn't in ${text}`);
    }
  });

  it("lists failed tasks with their host and error, the newest first", () => {
    const task = (at: string, more: object): object => ({
      ...{ ServiceID: "s", NodeID: "n", Slot: 2, CreatedAt: at, DesiredState: "shutdown" },
      Status: {
        State: "failed",
        Timestamp: at,
        Err: "task: non-zero exit (3)",
        ContainerStatus: { ExitCode: 3 },
        ...more,
      },
    });
    const text = failedTasks(
      [
        task("2030-01-01", {}),
        task("2030-01-02", { Err: "no suitable node" }),
        task("2030-01-03", { State: "running", Err: "" }),
      ],
      [{ ID: "s", Spec: { Name: "web" } }],
      [{ ID: "n", Description: { Hostname: "worker-1" }, Status: { State: "ready" } }],
    );
    assert.match(text, /^2030-01-02 web\.2 on worker-1: .*no suitable node.*\n2030-01-01 .*exit code 3\n$/s);
    assert.match(failedTasks([], [], []), /No task has failed/);
    assert.match(failedTasks({ odd: 1 }, [], []), /can't be read/);
  });
});

describe("a diagnosis's archive", () => {
  it("has no secret of the state, by name or by value, and none by its form", async () => {
    const known = knownSecrets(bastionStateOf());
    const files = {
      "a.txt": `odd (${bastionStateOf.password}) and ${Buffer.from(bastionStateOf.password).toString("base64")}`,
      "b.txt": `user ${Buffer.from(`swarm-ha:${bastionStateOf.password}`).toString("base64")}`,
      "c.txt": `${bastionStateOf.keyLine} and http secret ${bastionStateOf.httpSecret}`,
      "d.txt": `PASSWORD=${PLANTED}`,
      "e.txt": `lego: "${bastionStateOf.dnsToken}"; found ${bastionStateOf.phrase} (${bastionStateOf.wideCode})`,
    };
    const tar = gunzipSync(await redactedArchive("folder", files, known, new Date())).toString();
    const { password, keyLine, httpSecret, dnsToken, phrase, wideCode } = bastionStateOf;
    for (const secret of [password, keyLine, httpSecret, dnsToken, phrase, wideCode, PLANTED]) {
      assert.ok(!tar.includes(secret) && !tar.includes(Buffer.from(secret).toString("base64")), secret);
    }
    assert.ok(!tar.includes(Buffer.from(`swarm-ha:${bastionStateOf.password}`).toString("base64")));
    for (const name of Object.keys(files)) assert.ok(tar.includes(`folder/${name}`));
    // What isn't secret stays: names, addresses and public keys, also beside a secret that is marked with them.
    const names = ["manager-1", "10.0.0.1", "manager-1.example.com", "ingress-authority", "eu-central-1"];
    for (const kept of [...names, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIpublic", "/run/secret/path"]) {
      assert.ok(!known.includes(kept), kept);
    }
  });
});

describe("the unlock key of an autolocked swarm", () => {
  it("is a known secret, whatever form its text has, from the stack's output and from the step that reads it", () => {
    const key = "SWMKEY-1-pLantedValue0123456789abcdefABCDEFGHIJKLMNO";
    const secret = (value: unknown) => ({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      plaintext: JSON.stringify(value),
    });
    const output = { urn: "urn::stack", type: "pulumi:pulumi:Stack", outputs: { unlockKey: secret(key) } };
    const stdout = secret(JSON.stringify({ certificateExpiry: 2160, autolock: true, unlockKey: key }));
    const step = { urn: "urn::swarm-settings", type: "command:remote:Command", outputs: { stdout } };
    for (const resources of [[output], [step]])
      assert.ok(knownSecrets({ deployment: { resources } }).includes(key), JSON.stringify(resources));
  });
});

describe("the hosts of a stack whose first up failed", () => {
  it("are those of its state, reached as its steps were", () => {
    const deployment = bastionStateOf();
    const reach = reachOfState({ stack: "local", deployment, instances: instancesOf(deployment) });
    assert.deepEqual(reach.targets, [{ name: "manager-1", role: "manager", address: "10.0.0.1" }]);
    assert.deepEqual([reach.bastion?.host, reach.bastion?.port, reach.bastion?.user], ["127.0.0.1", 22022, "root"]);
    assert.ok(reach.outputs.access.bastion.privateKey.includes(bastionStateOf.keyLine));
  });

  it("are reached as operations reach them once there are outputs", () => {
    const { deployment } = bastionStateOf();
    const bastion = { host: "bastion.example.com", port: 22, user: "admin", privateKey: "key", hostKey: "host key" };
    const output = { urn: "urn::stack", type: "pulumi:pulumi:Stack", outputs: { access: { bastion } } };
    const others = (deployment?.resources ?? []).filter(({ type }) => type !== output.type);
    const state = { deployment: { resources: [...others, output] } };
    assert.deepEqual(reachOfState({ stack: "local", deployment: state, instances: [] }).bastion, bastion);
  });
});
