import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { stranger } from "../../support/authority";
import { bash } from "../../support/bash";

const certificate = async (): Promise<string> => `${(await stranger()).pem}\n`;

describe("the check of a host's HAProxy", () => {
  let folder: string;
  let own: string;
  let another: string;
  before(async () => {
    [own, another] = await Promise.all([certificate(), certificate()]);
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-proxy-"));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * Runs the check with an `openssl` whose s_client prints a certificate and ends with 1, as the real one does where the
   * server requires a client certificate.
   *
   * @param shown The certificate that HAProxy shows.
   * @param wanted The certificate that it should show.
   */
  function serves(shown: string, wanted: string): string {
    writeFileSync(path.join(folder, "shown.pem"), shown);
    writeFileSync(path.join(folder, "wanted.pem"), wanted);
    const program = path.join(folder, "openssl");
    writeFileSync(
      program,
      `#!/bin/sh\n[ "$1" = s_client ] || exec /usr/bin/openssl "$@"\ncat ${folder}/shown.pem\nexit 1\n`,
    );
    chmodSync(program, 0o755);
    const { stdout } = bash(`set -Eeuo pipefail; shopt -s inherit_errexit lastpipe
      PATH=${folder}:$PATH
      optional() { echo yes; }
      value() { cat ${folder}/wanted.pem; }
      . scripts/lib/proxy.sh
      if proxy_serves; then echo serves; else echo "sees $seen"; fi`);
    return stdout.trim();
  }

  it("accepts the certificate, although HAProxy ends the connection for want of a client certificate", () => {
    assert.equal(serves(own, own), "serves");
  });

  it("refuses another certificate, and names its fingerprint", () => {
    assert.match(serves(another, own), /^sees sha256 Fingerprint=/);
  });

  it("refuses a port that shows none", () => {
    assert.equal(serves("", own), "sees no certificate");
  });
});
