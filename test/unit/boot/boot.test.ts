import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { userData } from "../../../components/platform/aws/user-data";
import { bash, type BashRan } from "../../support/bash";

const DOCKER = "9DC858229FC7DD38854AE2D88D81803C0EBFCD88";

describe("the wait for a first boot", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-boot-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * Runs `await_boot` on a host whose cloud-init ends with this code.
   *
   * @param script What the host's own first boot does. @default it has none
   */
  function wait(code: number, script?: string): BashRan {
    const file = (name: string): string => path.join(folder, name);
    writeFileSync(file("cloud-init"), `#!/bin/sh\necho "status: what cloud-init says"\nexit ${String(code)}\n`);
    chmodSync(file("cloud-init"), 0o755);
    if (script !== undefined) {
      writeFileSync(file("boot.sh"), `#!/bin/bash\n${script}\n`);
      chmodSync(file("boot.sh"), 0o755);
    }
    return bash(
      `set -Eeuo pipefail; fail() { echo "FAIL $*" >&2; exit 3; }
      . scripts/lib/booted.sh; await_boot; echo done`,
      {
        env: {
          PATH: `${folder}:${process.env["PATH"] ?? ""}`,
          first_boot: file("boot.sh"),
          first_boot_done: file("booted"),
          first_boot_log: file("log"),
        },
      },
    );
  }

  it("ends when cloud-init is done, with errors that it has recovered from, too", () => {
    for (const code of [0, 2]) assert.equal(wait(code).stdout, "done\n");
  });

  it("fails with cloud-init's own words where there is nothing to resume", () => {
    const { code, stderr } = wait(1);
    assert.equal(code, 3);
    assert.match(stderr, /cloud-init failed \(1\): status: what cloud-init says/);
  });

  it("leaves a boot alone that is done, whatever cloud-init says", () => {
    writeFileSync(path.join(folder, "booted"), "");
    assert.equal(wait(1, "exit 9").stdout, "done\n");
  });

  it("resumes a boot that failed, once, although a reboot has cloud-init report no failure", () => {
    for (const code of [0, 1]) {
      const { stdout, stderr } = wait(code, "echo resumed");
      assert.equal(stdout, "done\n");
      assert.match(stderr, /the first boot failed; resuming it/);
    }
    assert.equal(readFileSync(path.join(folder, "log"), "utf8"), "resumed\nresumed\n");
  });

  it("reports the last lines of its log when it fails again", () => {
    const { code, stderr } = wait(1, "echo no such package; exit 7");
    assert.equal(code, 3);
    assert.match(stderr, /the first boot failed again \(7\).*no such package/s);
  });
});

describe("packages", () => {
  const run = (line: string): BashRan =>
    bash(`set -Eeuo pipefail; . scripts/lib/packages.sh; sleep() { echo "slept $1"; }\n${line}`);

  it("are tried again with growing pauses, until they are there", () => {
    const { stdout, code } = run(`n=0; third() { ((++n == 3)); }; repeated 60 third`);
    assert.deepEqual([code, stdout], [0, "slept 5\nslept 10\n"]);
  });

  it("are given up when the time is over", () => {
    assert.equal(run("repeated 0 false").code, 1);
  });

  it("are signed by exactly one key: a file with another one beside it is refused", () => {
    const key = (...prints: readonly string[]): number | null =>
      run(
        `gpg() { ${prints.map((print) => `printf 'pub:x\\nfpr:::::::::${print}:\\nsub:x\\nfpr:::::::::0SUBKEY0:\\n'`).join("; ") || ":"}; }
        only_key ${DOCKER} file`,
      ).code;
    assert.equal(key(DOCKER), 0);
    assert.equal(key(DOCKER, "0000"), 1);
    assert.equal(key("0000", DOCKER), 1);
    assert.equal(key("0000"), 1);
    assert.equal(key(), 1);
  });
});

describe("user data", () => {
  const text = userData({
    stack: "x",
    region: "eu-central-1",
    name: "manager-1",
    engine: "28.5.2",
    node: true,
    forwards: false,
    client: "ssh-ed25519 it's",
  });

  it("is a script that stores another one, both without errors of syntax", () => {
    assert.equal(bash(text, { options: ["-n"] }).code, 0);
    const boot = /cat >\/var\/lib\/swarm-ha\/boot.sh <<'(.*)'\n([\s\S]*?)\n\1\n/.exec(text)?.[2] ?? "";
    assert.match(boot, /^#!\/bin\/bash\nregion='eu-central-1'\n/);
    assert.equal(bash(boot, { options: ["-n"] }).code, 0);
  });

  it("begins again on an image that was made from a host, and is resumed after a reboot", () => {
    assert.ok(text.indexOf("rm -f /var/lib/swarm-ha/booted") < text.indexOf("boot.sh 2>&1"));
    assert.match(text, /ConditionPathExists=!\/var\/lib\/swarm-ha\/booted/);
  });

  it("finishes what an interrupted installation has left before it asks apt, which would refuse everything", () => {
    const calls = bash(
      `set -Eeuo pipefail; dpkg() { echo "dpkg $*"; rm "$journal"; }; apt-get() { echo "apt-get $*"; [ ! -e "$journal" ]; }
      curl() { false; }; journal=$(mktemp)
      ${/^finish_packages\(\)[\s\S]*?^}$/m.exec(text)?.[0] ?? ""}
      ${/^apt\(\)[\s\S]*?^}$/m.exec(text)?.[0] ?? ""}
      ${/^install_all\(\)[\s\S]*?^}$/m.exec(text)?.[0] ?? ""}
      engine=1 node=yes; install_all || echo "after apt: $?"`,
    );
    assert.equal(calls.code, 0, calls.stderr);
    const [first = "", second = "", third = ""] = calls.stdout.split("\n");
    assert.match(first, /^dpkg .*--configure -a$/);
    assert.match(second, /^apt-get .*update$/);
    assert.equal(third, "after apt: 1");
  });

  it("disables Ubuntu's other entry point, and stops its updates before it installs", () => {
    assert.match(text, /ln -sf \/dev\/null \/etc\/systemd\/system\/ssh.service.d\/ec2-instance-connect.conf/);
    assert.ok(text.indexOf("systemctl stop") < text.indexOf("apt update"));
  });
});
