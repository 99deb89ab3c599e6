import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import fc from "fast-check";
import { asRoot, callAsRoot, elevation, type Sudoer } from "../../../components/ssh/elevate";
import { forHost, installed, readScript, sent } from "../../../components/ssh/script";
import { bash, type BashRan } from "../../support/bash";

/**
 * A sudo without root. It asks for the password in $asks, unless that is empty; with `-k -S` it asks again, and with `-n` it doesn't
 * ask. It appends its arguments to $log.
 */
const SUDO = `#!/bin/bash
printf '%s\\n' "$*" >>"$log"
never="" password=""
while [[ $1 == -* ]]; do
  case $1 in -n) never=yes ;; -p) shift ;; --) shift; break ;; esac
  shift
done
[ -z "$refuses" ] || { echo "$refuses" >&2; exit 1; }
if [ -n "$asks" ]; then
  [ -z "$never" ] || { echo "sudo: a password is required" >&2; exit 1; }
  IFS= read -r password
  [ "$password" = "$asks" ] || { echo "Sorry, try again." >&2; echo "sudo: 1 incorrect password attempt" >&2; exit 1; }
fi
exec "$@"
`;

describe("a command as root", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-sudo-"));
    writeFileSync(path.join(folder, "sudo"), SUDO);
    chmodSync(path.join(folder, "sudo"), 0o755);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a command by the fake sudo, which asks for this password. */
  function run(command: string, input: string, login: Sudoer, asks = "", refuses = "", shell = "bash"): BashRan {
    const call = callAsRoot({ command, input }, login);
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}`, log: path.join(folder, "log"), HOME: folder };
    return bash(`exec ${shell} -c "$line"`, { env: { ...env, asks, refuses, line: call.command }, input: call.input });
  }

  it("is the command itself for root", () => {
    for (const sudoPassword of [undefined, "x"]) {
      assert.deepEqual(asRoot("anything 'at' all", { user: "root", sudoPassword }), {
        command: "anything 'at' all",
        prefix: "",
      });
      assert.equal(elevation({ user: "root", sudoPassword }), undefined);
    }
  });

  it("has its own input, output and exit code, with and without a password", () => {
    const command = `cat; echo "$1" >&2; exit 7`;
    for (const [sudoPassword, asks] of [
      [undefined, ""],
      ["unneeded", ""],
      ["it's $(exit 3) \\ €", "it's $(exit 3) \\ €"],
    ] as const) {
      for (const shell of ["bash", "sh"]) {
        const { code, stdout, stderr } = run(
          `exec bash -c '${command}' step "it is"`,
          "one\n\nsecret\n  two",
          { user: "ann", sudoPassword },
          asks,
          "",
          shell,
        );
        assert.deepEqual({ code, stdout, stderr }, { code: 7, stdout: "one\n\nsecret\n  two", stderr: "it is\n" });
      }
    }
  });

  it("gets any text as it is, also one that looks like the password", function () {
    this.timeout(60_000);
    const text = fc.oneof(
      fc.string().map((any) => any.replaceAll("\0", "")),
      fc.constantFrom("pass", "pass\n", "pass\nmore"),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("", "pass"), (input, asks) => {
        assert.equal(run("cat", input, { user: "ann", sudoPassword: "pass" }, asks).stdout, input);
      }),
      { numRuns: 25 },
    );
  });

  it("has the umask, the HOME and the folder of root's login, and what serves the connection", () => {
    const { stdout, stderr } = run('echo "$(umask) $PWD $((SWARM_HA_CALLER > 1))"', "", { user: "ann" });
    assert.equal(stdout, `0022 ${folder} 1\n`, stderr);
  });

  it("ends although its input doesn't", () => {
    const { command, prefix } = asRoot("echo done", { user: "ann", sudoPassword: "pass" });
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}`, log: path.join(folder, "log"), HOME: folder };
    // The sleeping process outlives the command.
    const script = `bash -c "$line" < <(printf %s "$prefix"; exec sleep 15 >&- 2>&-)`;
    const begun = Date.now();
    assert.equal(bash(script, { env: { ...env, asks: "pass", refuses: "", line: command, prefix } }).stdout, "done\n");
    assert.ok(Date.now() - begun < 10_000);
  });

  it("doesn't run when sudo refuses: one line names user and host", () => {
    const refused = (sudoPassword: string | undefined, asks: string, refuses = ""): string => {
      const { code, stdout, stderr } = run("cat", "input\n", { user: "ann", sudoPassword }, asks, refuses);
      assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
      return stderr;
    };
    assert.match(
      refused(undefined, "pass"),
      /^\S+ may not use sudo on \S+ without a password: set hosts\.ssh\.sudoPassword or NOPASSWD\n$/,
    );
    assert.match(refused("wrong", "pass"), /^sudo on \S+ refused the password of \S+\n$/);
    assert.match(
      refused("pass", "pass", "ann is not in the sudoers file."),
      /^sudo on \S+ refused \S+: ann is not in the sudoers file\.\n$/,
    );
    assert.match(
      refused("pass", "pass", "sudo: sorry, you must have a tty to run sudo"),
      /^sudo on \S+ wants a terminal of \S+: remove requiretty/,
    );
  });

  it("says so where there is no sudo", () => {
    rmSync(path.join(folder, "sudo"));
    // (bash's own words for a missing program.)
    writeFileSync(
      path.join(folder, "sudo"),
      "#!/bin/bash\necho 'bash: line 1: sudo: command not found' >&2\nexit 127\n",
      {
        mode: 0o755,
      },
    );
    assert.match(run("cat", "", { user: "ann" }).stderr, /^\S+ has no sudo, which \S+ needs to become root/);
  });

  it("has no secret in its command line, and looks the same with and without a password", () => {
    const [without, withOne] = [undefined, "hunter2"].map((sudoPassword) =>
      asRoot("cat", { user: "ann", sudoPassword }),
    );
    assert.equal(without?.command, withOne?.command);
    assert.ok(!withOne?.command.includes("hunter2"));
    assert.match(withOne?.prefix ?? "", /\nhunter2\n$/);
    assert.throws(() => asRoot("cat", { user: "ann", sudoPassword: "a\nb" }), /line break/);
  });

  it("is one word for any login shell: no backslash is in our command lines", () => {
    const script = readScript("token");
    for (const command of [sent(script), installed(script), forHost(script)]) {
      assert.ok(!asRoot(command, { user: "ann" }).command.replaceAll(`'\\''`, "").includes("\\"), command);
    }
  });
});
