import assert from "node:assert/strict";
import { FakeHost } from "./fake-host";
import { bash } from "../../support/bash";

/** A line of HAProxy's `show servers state`: 2 back-end, 4 name, 5 address, 6 state, 19 port. */
const line = (name: string, address: string, state: number): string =>
  `2 port-443 1 ${name} ${address} ${String(state)} 0 1 1 9 6 3 4 6 0 0 0 - 443 - 0 0 - - 0`;

describe("a load balancer whose members are all new", () => {
  let host: FakeHost;
  beforeEach(() => {
    host = new FakeHost(["debian", "13"]);
    host.program("haproxy", "");
    host.write(
      "haproxy.cfg",
      "listen port-443\n  bind :443\n  server web-1 10.0.0.21:443\n  server web-2 10.0.0.22:443\n",
    );
  });
  afterEach(() => {
    host.remove();
  });

  /** Applies the settings. `states`: what HAProxy knows of its members. @returns how often it was reloaded */
  const apply = (
    states: readonly string[],
    tooLate: string,
  ): { reloads: number; code: number | null; stderr: string } => {
    const { code, stdout, stderr } = bash(
      `set -Eeuo pipefail; shopt -s inherit_errexit lastpipe
      PATH=${host.folder}; sleep() { SECONDS=$((SECONDS + 100)); }
      settings=${host.folder}/haproxy.cfg; state=${host.folder}/states; PATIENCE=10; too_late=${tooLate}
      . scripts/lib/balancer.sh
      ask() { case $1 in *state*) printf '1\\n# be_id\\n%s\\n' "$states" ;; *) echo "Pid: $RANDOM" ;; esac; }
      reload_haproxy() { echo reloaded; }
      apply_settings`,
      { env: { folder: host.folder, states: states.join("\n"), "BASH_FUNC_note%%": "() { :; }" } },
    );
    return { reloads: stdout.match(/reloaded/g)?.length ?? 0, code, stderr };
  };
  const before = line("app-1", "10.0.0.11", 2);

  it("uses those before while none of them serves, and tells of it", () => {
    const { reloads, code, stderr } = apply([before], "keep");
    assert.deepEqual([reloads, code], [1, 0], stderr);
    assert.match(
      stderr,
      /no new member of .* serves yet; these from before serve until one does: port-443 app-1 10\.0\.0\.11:443/,
    );
    assert.match(host.read("haproxy.cfg"), /server web-2 10\.0\.0\.22:443\n {2}server app-1 10\.0\.0\.11:443 backup\n/);
  });

  it("has no backups where somebody waits for the new ones", () => {
    const { code } = apply([before], "fail");
    assert.equal(code, 1);
    assert.match(host.read("haproxy.cfg"), /server app-1 10\.0\.0\.11:443\n/);
  });

  it("lets those before go once a new one serves", () => {
    const { reloads, code, stderr } = apply([before, line("web-1", "10.0.0.21", 2)], "keep");
    assert.deepEqual([reloads, code], [1, 0], stderr);
    assert.doesNotMatch(host.read("haproxy.cfg"), /app-1/);
  });

  it("has nobody to keep where none served before", () => {
    const { reloads, code, stderr } = apply([], "keep");
    assert.deepEqual([reloads, code], [1, 0], stderr);
    assert.doesNotMatch(host.read("haproxy.cfg"), /app-1|backup/);
  });
});
