import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { root } from "../../../cli/paths";
import { bash } from "../../support/bash";

/** What the steps write where release-host.sh removes it by other means than the list, or that isn't a host's. */
const ELSEWHERE: readonly (readonly [path: RegExp, why: string])[] = [
  [/^\/etc\/swarm-ha\//, "the folder goes last, with the marker"],
  [/^\/etc\/docker\/certs\.d\//, "found by the certificate's name"],
  [/^\/run\//, "gone with a reboot"],
  [/^\/etc\/service/, "runit's, in containers of the local platform"],
  [/^\/etc\/(haproxy\/haproxy\.cfg|docker\/daemon\.json|keepalived\/keepalived\.conf)$/, "copies are put back"],
  [/^\/var\/lib\/docker\/swarm/, "the Docker engine's own: it leaves the swarm"],
  [/^\/etc\/ssh\//, "only where a platform makes the hosts"],
];

/** Text of all scripts that run on hosts, but those of instances in a cloud and of the release itself. */
function texts(): string[] {
  const folder = path.join(root, "scripts");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sh") && !["boot.sh", "release-host.sh", "lib/written.sh"].includes(name))
    .map((name) => readFileSync(path.join(folder, name), "utf8"));
}

/** Paths that scripts write with `write_file`; a variable stands for the value that the same script gives it. */
function written(): string[] {
  return texts().flatMap((text) => {
    const values = new Map(
      [...text.matchAll(/(?:^|\s)(\w+)=(?:\$\{\w+:-)?([\w/.-]+)\}?(?=\s|$)/gm)].map(([, name = "", value = ""]) => [
        name,
        value,
      ]),
    );
    const resolved = (word: string): string =>
      word
        .replaceAll('"', "")
        .replace(/\$\{\w+:-([^}]*)\}/g, "$1")
        .replace(/\$\{?(\w+)\}?/g, (whole, name: string) => values.get(name) ?? whole);
    return [...text.matchAll(/write_file ("[^"]*"|\S+)/g)].map(([, word = ""]) => resolved(word));
  });
}

describe("what the steps write on a host that exists already", () => {
  const { stdout } = bash(
    `set -Eeuo pipefail; . scripts/lib/marker.sh; . scripts/lib/written.sh; printf '%s\\n' "\${written_files[@]}"`,
  );
  const removed = stdout.trim().split("\n");

  it("is removed again: each file is in the list, or has a reason not to be", () => {
    const paths = written().filter((file) => file.startsWith("/"));
    assert.ok(paths.length > 15, "the scripts' files aren't found any more");
    const left = paths.filter(
      (file) =>
        !ELSEWHERE.some(([known]) => known.test(file)) &&
        !removed.some((gone) => file === gone || file.startsWith(`${gone}/`)),
    );
    assert.deepEqual(left, [], "scripts/lib/written.sh lacks these");
  });

  it("is removed from places of ours alone", () => {
    for (const file of removed) assert.match(file, /swarm-ha|^\/etc\/haproxy\/haproxy\.cfg\.\w+$/);
  });

  it("is all removed by the commands for a release by hand", () => {
    const page = readFileSync(path.join(root, "docs/hosts.md"), "utf8");
    const section = /### Release a host by hand\n[^]*?```console\n([^]*?)```/.exec(page)?.[1] ?? "";
    const patterns = section
      .split("\n")
      .filter((line) => line.startsWith("# rm -rf "))
      .flatMap((line) => line.slice("# rm -rf ".length).split(" "));
    const { stdout } = bash(
      `. scripts/lib/marker.sh; . scripts/lib/written.sh; printf '%s\\n' "\${replaced_files[@]}" "\${written_files[@]}"; printf '%s\\n' "\${replaced_units[@]}" >&2`,
    );
    const paths = stdout.trim().split("\n");
    assert.ok(paths.length > 10);
    const fits = (file: string, pattern: string): boolean =>
      new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`).test(file);
    assert.deepEqual(
      paths.filter((file) => !patterns.some((pattern) => fits(file, pattern))),
      [],
    );
    assert.match(section, /docker swarm leave --force/);
    assert.match(section, /disable --now haproxy keepalived/);
  });
});
