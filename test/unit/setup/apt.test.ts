import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  debianRepositories,
  debianSources,
  isDebianLike,
  isLockFailure,
  proxySettings,
  removeStalePolicy,
  retryLocked,
} from "../../../cli/workstation/apt";
import { mmdebstrapArguments, releasesIn } from "../../../cli/workstation/base-image";

const root = join(__dirname, "../../..");

const target = (fields: Record<string, string>) =>
  Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");

/** What `apt-get indextargets` prints: a paragraph per index file, several per repository. */
const LISTED = [
  {
    Origin: "Debian",
    Label: "Debian",
    Release: "trixie",
    Component: "main",
    "Repo-URI": "http://mirror.example/debian/",
  },
  {
    Origin: "Debian",
    Label: "Debian",
    Release: "trixie",
    Component: "contrib",
    "Repo-URI": "http://other.example/debian/",
  },
  {
    Origin: "Debian",
    Label: "Debian-Security",
    Release: "trixie-security",
    Component: "main",
    "Repo-URI": "http://mirror.example/security/",
  },
  {
    Origin: "Example",
    Label: "Example",
    Release: "nodistro",
    Component: "main",
    "Repo-URI": "https://example.com/node/",
  },
]
  .map(target)
  .join("\n\n");

describe("the workstation's apt", () => {
  it("waits for another dpkg's lock up to the limit, and for nothing else", async () => {
    const locked = "dpkg: error: dpkg frontend lock was locked by another process with pid 7";
    let tries = 0;
    const work = (message: string, failures: number) => () =>
      ++tries > failures ? Promise.resolve("done") : Promise.reject(new Error(message));
    assert.equal(await retryLocked(work(locked, 2), 5, 0.001), "done");
    assert.equal(tries, 3);
    await assert.rejects(retryLocked(work(locked, Infinity), 0.01, 0.001), /locked by another/);
    tries = 0;
    await assert.rejects(retryLocked(work("E: Unable to locate package x", 1), 5, 0.001), /locate/);
    assert.equal(tries, 1);
    assert.ok(isLockFailure("E: Could not get lock /var/lib/apt/lists/lock. It is held by process 5 (apt-get)"));
  });

  it("lets services start again after a run was killed, and leaves the workstation's own policy", () => {
    const folder = mkdtempSync(join(tmpdir(), "swarm-ha-unit-"));
    const file = join(folder, "policy-rc.d");
    try {
      removeStalePolicy(file);
      writeFileSync(file, "#!/bin/sh\nexit 101\n");
      removeStalePolicy(file);
      assert.ok(existsSync(file));
      writeFileSync(file, "#!/bin/sh\n# swarm-ha: no services while packages are installed\nexit 101\n");
      removeStalePolicy(file);
      assert.ok(!existsSync(file));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("knows Debian, Ubuntu and what is built on them from the rest", () => {
    assert.ok(isDebianLike('NAME="Debian GNU/Linux"\nID=debian\n'));
    assert.ok(isDebianLike('ID=linuxmint\nID_LIKE="ubuntu debian"\n'));
    assert.ok(!isDebianLike('ID="alpine"\nVERSION_ID=3\nHOME_URL="https://debian.example"\n'));
    assert.ok(!isDebianLike(""));
  });

  it("tells where Debian comes from, for another release too", () => {
    assert.deepEqual(debianSources(debianRepositories(LISTED), "bookworm"), [
      "deb http://mirror.example/debian/ bookworm main",
      "deb http://mirror.example/debian/ bookworm-updates main",
      "deb http://mirror.example/security/ bookworm-security main",
    ]);
  });

  it("names the keyring where there is one", () => {
    const lines = debianSources(debianRepositories(LISTED), "bookworm", "/keys.gpg");
    assert.ok(
      lines.every((line) => line.startsWith("deb [signed-by=/keys.gpg] http://mirror.example/")),
      lines.join("\n"),
    );
  });

  it("has no Debian mirror on Ubuntu: the maker's own default is taken then", () => {
    const ubuntu = target({
      Origin: "Ubuntu",
      Label: "Ubuntu",
      Release: "noble",
      Component: "main",
      "Repo-URI": "http://u/",
    });
    assert.deepEqual(debianSources(debianRepositories(ubuntu), "bookworm"), []);
    assert.deepEqual(mmdebstrapArguments("/x.tar", [], []).slice(-2), ["trixie", "/x.tar"]);
  });

  it("serves the release of each Dockerfile that the repository builds", () => {
    const folders = ["image", "offline/images/base", "test/rehearsal/substrate/image"];
    const found = folders.map((folder) => releasesIn(readFileSync(join(root, folder, "Dockerfile"), "utf8")));
    assert.deepEqual(found, [["trixie"], ["trixie"], ["bookworm"]]);
    assert.deepEqual(mmdebstrapArguments("/x.tar", [], [], "bookworm").slice(-2), ["bookworm", "/x.tar"]);
    assert.deepEqual(releasesIn("ARG BASE\nFROM $BASE\n"), []);
  });

  it("hands its proxies on, and nothing else", () => {
    const dump =
      'APT::Architecture "amd64";\nAcquire::http::Proxy "http://p:3128";\nAcquire::https::proxy "";\nAcquire::Retries "3";';
    assert.deepEqual(proxySettings(dump), ['Acquire::http::Proxy "http://p:3128";']);
    assert.ok(
      mmdebstrapArguments("/x", [], proxySettings(dump)).includes('--aptopt=Acquire::http::Proxy "http://p:3128";'),
    );
  });
});
