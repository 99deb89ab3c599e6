import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { dataText, readScript, type StepData } from "../../../components/ssh/script";
import { bash, type BashRan } from "../../support/bash";

describe("claiming a host that exists already", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-claim-"));
    program("uname", "echo manager-1");
    program("hostname", "echo manager-1");
    program("hostnamectl", "echo manager-1");
    program("docker", "exit 1");
    program("systemctl", "exit 0");
    mkdirSync(path.join(folder, "systemd"));
    write("machine-id", "0123456789abcdef0123456789abcdef\n");
    write("os-release", 'ID=debian\nVERSION_ID="13"\n');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  };
  const program = (name: string, text: string): void => {
    write(name, `#!/bin/bash\n${text}\n`);
    chmodSync(path.join(folder, name), 0o755);
  };
  const run = (step: string, data: StepData): BashRan =>
    bash(
      `require_root() { :; }; readonly -f require_root; ${readScript(step).text.replace(/^require_root\(\) \{[\s\S]*?^\}$/m, "")}`,
      {
        input: dataText(data),
        env: {
          PATH: `${folder}:${process.env["PATH"] ?? ""}`,
          own_folder: path.join(folder, "own"),
          machine_id_file: path.join(folder, "machine-id"),
          os_release: path.join(folder, "os-release"),
          systemd_folder: path.join(folder, "systemd"),
          swarm_state_file: path.join(folder, "swarm/docker-state.json"),
          containers_folder: path.join(folder, "containers"),
          docker_socket: path.join(folder, "docker.sock"),
          engine_settings: path.join(folder, "daemon.json"),
          claim_lock: path.join(folder, "lock"),
          service_settings: path.join(folder, "etc"),
          snap_docker: path.join(folder, "snap"),
        },
      },
    );
  const HOST = { stack: "prod", name: "manager-1", role: "manager", node: true, adopt: false, identity: "one" };
  const claim = (data: Partial<typeof HOST> = {}): BashRan => run("claim-host", { ...HOST, ...data });
  const look = (data: StepData): unknown => JSON.parse(run("look-host", data).stdout);
  const refused = (data: Partial<typeof HOST>, message: RegExp): void => {
    const marker = path.join(folder, "own/host");
    const before = existsSync(marker) ? readFileSync(marker, "utf8") : undefined;
    const { code, stderr } = claim(data);
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.equal(existsSync(marker) ? readFileSync(marker, "utf8") : undefined, before, "it was changed");
  };

  it("writes the marker that a look reads", () => {
    const { code, stdout, stderr } = claim();
    assert.equal(code, 0, stderr);
    const id = "0123456789abcdef0123456789abcdef";
    assert.deepEqual(JSON.parse(stdout), { identity: "one", machineId: id, os: "debian 13", adopted: false });
    assert.deepEqual(look({ stack: "prod", name: "manager-1" }), {
      identity: "one",
      machineId: id,
      stack: "prod",
      name: "manager-1",
    });
  });

  it("is lost with another machine id, for another name, or for another stack", () => {
    claim();
    assert.deepEqual(look({ stack: "prod", name: "manager-2" }), { identity: "" });
    assert.deepEqual(look({ stack: "test", name: "manager-1" }), { identity: "" });
    write("machine-id", "fedcba9876543210fedcba9876543210\n");
    assert.deepEqual(look({ stack: "prod", name: "manager-1" }), { identity: "" });
  });

  it("refuses another host name, with the command that sets it", () => {
    refused({ name: "manager-2" }, /calls itself 'manager-1'.*hostnamectl hostname manager-2/);
    program("hostnamectl", "echo localhost");
    refused({}, /ends with the next reboot/);
  });

  it("refuses a host of another stack, and takes its own again", () => {
    claim();
    refused({ stack: "test" }, /belongs to the stack 'prod' as 'manager-1'.*npm run destroy -- prod/);
    write("swarm/docker-state.json", "{}");
    assert.equal(claim({ identity: "two" }).code, 0, "a member by an interrupted run");
    assert.deepEqual((look({ stack: "prod", name: "manager-1" }) as { identity: string }).identity, "two");
  });

  it("refuses a swarm and containers that it didn't make, unless it adopts them", () => {
    write("swarm/docker-state.json", "{}");
    write("containers/0123456789abcdef/config.v2.json", "{}");
    refused({}, /has a swarm \(member\) and 1 containers \(first: 0123456789ab\).*Nothing was changed.*adopt: true/);
    const { code, stdout, stderr } = claim({ adopt: true });
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as { adopted: boolean }).adopted, true);
  });

  it("adopts no Docker engine with a TCP listener of its own", () => {
    write("swarm/docker-state.json", "{}");
    write("daemon.json", '{ "hosts": ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2376"] }');
    refused({ adopt: true }, /TCP listener/);
  });

  it("refuses a host whose HAProxy or keepalived serves already, unless it adopts it", () => {
    write("etc/haproxy/haproxy.cfg", "global\ndefaults\n");
    assert.equal(claim({ role: "load-balancer", node: false }).code, 0, "a distribution's own settings serve nobody");
    rmSync(path.join(folder, "own"), { recursive: true });
    for (const [file, text, service] of [
      ["haproxy/haproxy.cfg", "global\nfrontend web\n", "haproxy"],
      ["keepalived/keepalived.conf", "vrrp_instance one {\n", "keepalived"],
    ] as const) {
      write(`etc/${file}`, text);
      refused(
        {},
        new RegExp(`${service} runs on the host with settings that this stack didn't make.*Nothing was changed`),
      );
      refused({ role: "load-balancer", node: false }, new RegExp(`systemctl disable --now ${service}`));
      rmSync(path.join(folder, "etc"), { recursive: true });
    }
    write("etc/haproxy/haproxy.cfg", "frontend web\n");
    assert.equal(claim({ adopt: true }).code, 0);
  });

  it("refuses Docker as a snap, and data of a Docker engine elsewhere", () => {
    write("snap/x", "");
    refused({}, /Docker as a snap.*snap remove --purge docker/);
    rmSync(path.join(folder, "snap"), { recursive: true });
    write("daemon.json", '{ "data-root": "/data/docker" }');
    refused({}, /has its data in \/data\/docker, but \/var\/lib\/docker is needed/);
  });

  it("waits for no other claim for long", () => {
    const { code, stderr } = bash(
      `exec 9>"$lock"; flock 9
      PATH=$folder:$PATH own_folder=$folder/own claim_lock=$lock bash -c "$text" claim-host <<<"$data"`,
      {
        env: {
          folder,
          lock: path.join(folder, "lock"),
          data: dataText(HOST),
          text: readScript("claim-host")
            .text.replace(/^require_root\(\) \{[\s\S]*?^\}$/m, "require_root() { :; }")
            .replace("flock -w 20 9", "flock -n 9"),
          machine_id_file: path.join(folder, "machine-id"),
          os_release: path.join(folder, "os-release"),
          systemd_folder: path.join(folder, "systemd"),
        },
      },
    );
    assert.equal(code, 1);
    assert.match(stderr, /another step has held the lock of claims of manager-1/);
  });

  it("asks of a load balancer's host neither", () => {
    write("swarm/docker-state.json", "{}");
    assert.equal(claim({ role: "load-balancer", node: false }).code, 0);
  });
});
