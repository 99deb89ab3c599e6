import assert from "node:assert/strict";
import { trustText, type TrustSubject } from "../../../cli/workstation/trust-text";

const subject: TrustSubject = {
  stack: "local",
  file: "/home/me/.local/state/swarm-ha/trust/local.pem",
  fingerprint: "AB:CD",
  validUntil: "Nov 18 12:52:44 2036 GMT",
  registry: "registry.swarm.localhost:25000",
  apps: "app.swarm.localhost:28443",
};

describe("npm run trust", () => {
  it("names file, fingerprint and end, and every system's way", () => {
    const text = trustText(subject);
    for (const what of [subject.file, "AB:CD", "2036", "update-ca-certificates", "update-ca-trust", "trust anchor"]) {
      assert.ok(text.includes(what), what);
    }
    for (const what of ["security add-trusted-cert", "certutil -addstore", "Firefox", "nssdb"]) {
      assert.ok(text.includes(what), what);
    }
  });

  it("puts the authority where a Docker engine looks for the registry's name and port", () => {
    assert.match(
      trustText(subject),
      /cp \S+local\.pem \/etc\/docker\/certs\.d\/registry\.swarm\.localhost:25000\/ca\.crt/,
    );
  });

  it("gives one line for /etc/hosts below localhost, without ports, and none where there is DNS", () => {
    assert.match(trustText(subject), /^ +127\.0\.0\.1 registry\.swarm\.localhost hello\.app\.swarm\.localhost$/m);
    const cloud = trustText({ ...subject, registry: "registry.example.com:5000", apps: "app.example.com" });
    assert.doesNotMatch(cloud, /127\.0\.0\.1/);
    assert.match(cloud, /DNS has to lead registry\.example\.com and hello\.app\.example\.com/);
  });

  it("leaves out what a stack doesn't have", () => {
    const { registry, apps, ...rest } = subject;
    assert.doesNotMatch(trustText(rest), new RegExp(`certs\\.d|curl|${registry ?? ""}|${apps ?? ""}`));
  });

  it("quotes a path with blanks", () => {
    assert.match(trustText({ ...subject, file: "/my home/it's.pem" }), /sudo cp '\/my home\/it'\\''s\.pem' /);
  });
});
