import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { dataText, readScript, type StepData } from "../../../components/ssh/script";
import { bash, type BashRan } from "../../support/bash";

/** systemd, as far as it counts starts: after too many that failed, it refuses another one until that is forgotten. */
const SYSTEMCTL = `#!/bin/bash
echo "$*" >>"$folder/calls"
case $1 in
reset-failed) rm -f "$folder/limit" ;;
start | restart)
  [ ! -e "$folder/limit" ] || { echo "Start request repeated too quickly." >&2; exit 1; }
  : >"$folder/runs" ;;
is-active) [ -e "$folder/runs" ] ;;
esac
`;

const CURL = `#!/bin/bash
[ -e "$folder/runs" ] || exit 7
case \${*: -1} in
*/info) printf '{"Swarm":{"LocalNodeState":"active"},"LocalNodeState":"active"}\\n200' ;;
*/volumes) printf '{"Volumes":[]}\\n200' ;;
*/version) printf '{"Version":"28.5.2"}\\n200' ;;
*) printf 'OK\\n200' ;;
esac
`;

describe("a Docker engine whose starts have failed too often for systemd", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-host-"));
    mkdirSync(path.join(folder, "systemd/system"), { recursive: true });
    mkdirSync(path.join(folder, "swarm-ha"));
    writeFileSync(path.join(folder, "swarm-ha/prepared"), "worker-1\n");
    writeFileSync(path.join(folder, "limit"), "");
    const fakes = { systemctl: SYSTEMCTL, curl: CURL, ss: "#!/bin/bash\necho LISTEN\n" };
    for (const [name, text] of Object.entries(fakes)) {
      writeFileSync(path.join(folder, name), text);
      chmodSync(path.join(folder, name), 0o755);
    }
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (step: string, data: StepData): BashRan => {
    const text = readScript(step).text.replaceAll(/(?<![\w/])\/(run|etc)\//g, `${folder}/`);
    return bash(text, {
      input: dataText(data),
      env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, folder },
    });
  };

  for (const action of ["start", "restart"]) {
    it(`is started by a repair's ${action}: its reason may be fixed by now`, () => {
      const { code, stdout, stderr } = run("host", { name: "worker-1", action, peers: [] });
      assert.equal(code, 0, stderr);
      assert.equal((JSON.parse(stdout) as { answers: boolean }).answers, true);
    });
  }

  it("is started after an upgrade", () => {
    const { code, stdout, stderr } = run("engine-back", { name: "worker-1" });
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { version: "28.5.2" });
  });

  it("isn't touched by a look", () => {
    const { code, stderr } = run("host", { name: "worker-1", action: "look", peers: [] });
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(readFileSync(path.join(folder, "calls"), "utf8"), /reset-failed|start/);
  });
});
