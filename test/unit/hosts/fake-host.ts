/** A host that exists already, as scripts see it: fakes of its programs and folders. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { dataText, readScript, type StepData } from "../../../components/ssh/script";
import { bash, type BashRan } from "../../support/bash";

/** Programs of every system, which scripts may use from the workstation. */
const SYSTEM =
  "awk basename bash cat chmod chown cmp diff cp cut date dirname echo env find flock grep head hostname id install mkdir mktemp mv paste rm rmdir sed sh sleep sort stat tail timeout touch tr uname wc xargs";

/** What the fakes do. Each call is noted in the file `calls`. */
const FAKES: Readonly<Record<string, string>> = {
  "apt-get": `[[ "$*" != *" autoremove "* ]] || { sed 's/.*/Remv & [1]/' "$folder/unneeded" 2>/dev/null; exit 0; }
[ ! -e "$folder/apt-says" ] || { cat "$folder/apt-says"; exit 100; }
words=() remove=false
for word in "$@"; do
  case $word in remove|purge) remove=true ;; -*|install|update|Acquire*|DPkg*) ;; *) words+=("\${word%%=*}") ;; esac
done
for word in "\${words[@]}"; do
  if [[ "$*" == *--simulate* ]]; then
    if $remove; then echo "Remv $word [1]"; else echo "Inst $word (1 Debian [amd64])"; fi
  elif $remove; then
    sed -i "/^$word$/d" "$folder/installed"
  else
    echo "$word" >>"$folder/installed"
    for program in $(awk -v package="$word" '$1 == package { $1 = ""; print }' "$folder/programs"); do
      cp "$folder/any" "$folder/$program"
    done
  fi
done`,
  "apt-cache": `case $1 in
policy) if grep -qxF "$2" "$folder/candidates"; then echo "  Candidate: 1"; fi ;;
madison) cat "$folder/madison" 2>/dev/null || true ;;
esac`,
  "apt-mark": `[ "$1" != showhold ] || cat "$folder/held" 2>/dev/null || true`,
  "dpkg-query": `grep -qxF "\${*: -1}" "$folder/installed" && printf installed`,
  dpkg: "",
  systemctl: `case $1 in is-active) grep -qxF "\${*: -1}" "$folder/active" ;; is-enabled) echo enabled ;; esac`,
  hostname: "echo host-1",
};

/** Which programs a package brings. */
const PROGRAMS = `docker-ce dockerd
docker-ce-cli docker
containerd.io containerd
docker-cli docker
containerd containerd
curl curl
jq jq
haproxy haproxy
keepalived keepalived
gpg gpg
iproute2 ip ss
iptables iptables
kmod modprobe
openssh-client ssh ssh-add ssh-agent
openssl openssl
perl-base perl
procps ps sysctl
util-linux flock
`;

/** See the top of this file. */
export class FakeHost {
  /** Where all of it is. */
  public readonly folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-fake-"));

  /** @param system `ID` and `VERSION_ID` of /etc/os-release */
  public constructor([id, version]: readonly [string, string]) {
    for (const program of SYSTEM.split(" ")) {
      const real = bash(`type -P ${program}`).stdout.trim();
      if (FAKES[program] === undefined && real !== "") symlinkSync(real, path.join(this.folder, program));
    }
    for (const [name, text] of Object.entries(FAKES)) this.program(name, text);
    this.program(
      "any",
      `[ "\${0##*/}" != gpg ] || printf 'pub:\\nfpr:::::::::9DC858229FC7DD38854AE2D88D81803C0EBFCD88:\\n'
[ "\${0##*/}" != curl ] || for word in "$@"; do [ -z "\${out-}" ] || { : >"$word"; break; }; [ "$word" != -o ] || out=1; done
echo "Docker version 26.1.5, build 1"`,
    );
    this.write("os-release", `ID=${id}\nVERSION_ID="${version}"\nVERSION_CODENAME=trixie\n`);
    this.write(
      "programs",
      `${PROGRAMS}docker.io dockerd containerd ${this.clientApart(id, version) ? "" : "docker"}\n`,
    );
    this.write("candidates", `docker.io\n${this.clientApart(id, version) ? "docker-cli\n" : ""}docker-ce\n`);
    for (const empty of ["installed", "active", "calls", "ca-certificates.crt"]) this.write(empty, "");
    mkdirSync(path.join(this.folder, "apt"));
  }

  /** Removes it. */
  public remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes a file. */
  public write(name: string, text: string): void {
    mkdirSync(path.dirname(path.join(this.folder, name)), { recursive: true });
    writeFileSync(path.join(this.folder, name), text);
  }

  /** What a file holds; nothing if there is none. */
  public read(name: string): string {
    const file = path.join(this.folder, name);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** Makes a program. */
  public program(name: string, text: string): void {
    this.write(name, `#!${process.env["BASH"] ?? "/bin/bash"}\nnote "\${0##*/}" "$@"\n${text}\n`);
    chmodSync(path.join(this.folder, name), 0o755);
  }

  /** Installs packages, as their owner had before. */
  public has(...packages: readonly string[]): void {
    const all = new Map(
      this.read("programs")
        .split("\n")
        .map((line) => [line.split(" ")[0] ?? "", line.split(" ").slice(1)]),
    );
    for (const each of packages) {
      this.write("installed", `${this.read("installed")}${each}\n`);
      for (const program of all.get(each) ?? []) {
        if (program === "") continue;
        this.write(program, this.read("any"));
        chmodSync(path.join(this.folder, program), 0o755);
      }
    }
  }

  /** Runs a script as root would there. */
  public run(step: string, data: StepData): BashRan {
    const text = readScript(step)
      .text.replace(/^require_root\(\) \{[\s\S]*?^\}$/m, "require_root() { :; }")
      .replaceAll(/(?<![\w/])\/(run|etc|var|usr\/local|proc)\//g, `${this.folder}/root/$1/`);
    for (const folder of [
      "run",
      "etc/docker",
      "etc/apt/sources.list.d",
      "etc/systemd/system",
      "var/lib",
      "usr/local/sbin",
      "proc/sys/net/ipv4",
    ]) {
      mkdirSync(path.join(this.folder, "root", folder), { recursive: true });
    }
    return bash(`sleep() { SECONDS=$((SECONDS + 700)); }; ${text}`, {
      input: dataText(data),
      env: {
        PATH: this.folder,
        folder: this.folder,
        own_folder: path.join(this.folder, "root/etc/swarm-ha"),
        os_release: path.join(this.folder, "os-release"),
        certificates: path.join(this.folder, "ca-certificates.crt"),
        apt_folder: path.join(this.folder, "apt"),
        start_policy: path.join(this.folder, "policy-rc.d"),
        docker_socket: path.join(this.folder, "docker.sock"),
        "BASH_FUNC_note%%": `() { echo "$*" >>"$folder/calls"; }`,
      },
    });
  }

  /** Calls of a program, without apt's own options. */
  public calls(program: RegExp): string[] {
    return this.read("calls")
      .split("\n")
      .filter((line) => program.test(line))
      .map((line) => line.replace(/-qy -o Acquire\S+ -o DPkg\S+ /, ""));
  }

  private clientApart(id: string, version: string): boolean {
    return id === "debian" && Number(version) >= 13;
  }
}
