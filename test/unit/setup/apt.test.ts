import assert from "node:assert/strict";
import { debianRepositories, debianSources, isDebianLike, proxySettings } from "../../../tools/setup/apt";
import { mmdebstrapArguments } from "../../../tools/setup/base-image";

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

describe("this machine's apt", () => {
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
    assert.deepEqual(mmdebstrapArguments("/x.tar", [], []).slice(-2), ["bookworm", "/x.tar"]);
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
