import assert from "node:assert/strict";
import { bash, type BashRan } from "../../support/bash";

/** Runs a line with the libraries, `apt` and `dpkg-query` being fakes: `simulated` is what a simulation prints. */
function run(line: string): BashRan {
  return bash(`set -Eeuo pipefail; shopt -s inherit_errexit lastpipe
    own_folder=$(mktemp -d)
    fail() { echo "FAIL $*" >&2; exit 3; }
    . scripts/lib/common.sh </dev/null; . scripts/lib/marker.sh; . scripts/lib/packages.sh; . scripts/lib/own-packages.sh
    apt() { if [[ "$*" == *--simulate* ]]; then printf '%s\\n' "$simulated"; else echo "apt $*" >>"$own_folder/calls"; fi; }
    apt-mark() { echo "apt-mark $*" >>"$own_folder/calls"; }
    dpkg-query() { [[ " $there " == *" \${*: -1} "* ]] && printf installed; }
    ${line}`);
}

describe("packages of a host that exists already", () => {
  it("are noted before they are installed: the new ones, not those that get a newer version", () => {
    const { stdout, stderr } = run(`simulated='Inst jq (1.7 Debian [amd64])
Inst libc6 [2.40] (2.41 Debian [amd64])
Inst libjq1 (1.7 Debian [amd64])
Conf jq (1.7 Debian [amd64])'
      install_own jq; cat "$own_packages" "$own_folder/calls"`);
    assert.equal(stdout, "jq\nlibjq1\napt install --no-install-recommends jq\n", stderr);
  });

  it("never take another one's place", () => {
    const { stdout, stderr } = run(`simulated='Remv docker.io [26.1.5]
Inst docker-ce (5:28 Docker [amd64])'
      install_own docker-ce || echo "$refusal"; ls "$own_folder"`);
    assert.match(stdout, /installing docker-ce would remove docker\.io/, stderr);
    assert.doesNotMatch(stdout, /calls/);
  });

  it("are removed where nothing else needs them; the Docker engine's keeps its data, which a purge would remove", () => {
    const { stdout, stderr } = run(`there="docker.io jq curl"
      printf '%s\\n' docker.io jq curl gone >"$own_packages"
      plan='Remv docker.io [26]
Remv jq [1.7]
Remv old-library [1]'
      apt() { case "$*" in
        autoremove*) printf '%s\\n' "$plan" ;;
        remove*--simulate*) printf 'Remv docker.io [26]\\nRemv jq [1.7]\\n' ;;
        *) echo "apt $*" >>"$own_folder/calls"; [[ "$*" != remove* ]] || there=curl ;; esac; }
      remove_own; cat "$own_folder/calls"`);
    assert.equal(
      stdout,
      [
        "curl",
        "apt-mark unhold docker.io jq curl",
        "apt-mark auto docker.io jq curl",
        "apt remove docker.io jq",
        "apt purge jq",
        "",
      ].join("\n"),
      stderr,
    );
  });

  it("are left where another one would go with them", () => {
    const { stdout, stderr } = run(`there="jq"
      printf 'jq\\n' >"$own_packages"
      simulated='Remv jq [1.7]
Remv their-tool [1]'
      remove_own; cat "$own_folder/calls"`);
    assert.match(stdout, /^jq\n/, stderr);
    assert.doesNotMatch(stdout, /apt remove/);
  });

  it("have a policy against starts only as long as they are installed; the host's own comes back", () => {
    const { stdout, stderr } = run(`start_policy=$own_folder/policy; echo theirs >"$start_policy"
      forbid_starts; tail -n 1 "$start_policy"
      forbid_starts; allow_starts; cat "$start_policy"; allow_starts; ls "$own_folder"`);
    assert.equal(stdout, "exit 101\ntheirs\npolicy\n", stderr);
  });

  it("leave no policy of a killed run, and take it for nobody else's", () => {
    const { stdout, stderr } = run(`start_policy=$own_folder/policy
      forbid_starts; forbid_starts; allow_starts; ls "$own_folder"
      echo theirs >"$start_policy"; allow_starts; cat "$start_policy"`);
    assert.equal(stdout, "theirs\n", stderr);
  });

  describe("that a step needs later", () => {
    const onDemand = (line: string): BashRan =>
      run(
        `sleep() { :; }; on_demand_limit=0; . scripts/lib/on-demand.sh
        apt() { case "$*" in
          *--simulate*) printf '%s\\n' "$simulated" ;;
          install*) echo "apt $*" >>"$own_folder/calls"; "\${works:-true}" || { echo "E: no such package"; return 1; } ;; esac; }
        simulated='Inst restic-none (1 Debian [amd64])'
        ${line}`.replace(". scripts/lib/on-demand.sh", "eval \"$(grep -v '^\\. lib/' scripts/lib/on-demand.sh)\""),
      );

    it("are noted on a host that the stack has claimed, and nowhere else", () => {
      const claimed = onDemand(
        `echo name lb-1 >"$marker"; need_program restic-none; cat "$own_packages" "$own_folder/calls"`,
      );
      assert.equal(claimed.stdout, "restic-none\napt install --no-install-recommends restic-none\n", claimed.stderr);
      const made = onDemand(`need_program restic-none; ls "$own_folder"`);
      assert.equal(made.stdout, "calls\n", made.stderr);
      assert.equal(onDemand(`need_program bash; ls "$own_folder"`).stdout, "");
    });

    it("have a remedy that fits the host when they can't be installed", () => {
      const claimed = onDemand(`works=false; echo name lb-1 >"$marker"; need_program restic-none`);
      assert.match(
        claimed.stderr,
        /: restic-none can't be installed: .*Check apt's sources there, or install the package/,
      );
      const made = onDemand(`works=false; need_program restic-none`);
      assert.match(made.stderr, /: restic-none can't be installed: E: no such package\. On a local stack/);
    });
  });
});
