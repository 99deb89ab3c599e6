/** Let's Encrypt's test server for ACME and the DNS server that it asks, in a container of the host image. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { hostImage } from "../../../components/platform/local/image";
import { UserError } from "../../../cli/terminal/errors";
import { ensureProgram, type GoProgram } from "../../../cli/workstation/go-program";
import { createProgress } from "../../../cli/terminal/progress";
import { stranger } from "../../support/authority";
import { TEST_LABEL } from "../../support/unmanaged";
import { until } from "../../support/run";

const VERSION = "2.10.1";
const WRAPPER = join(__dirname, "pebble");

/** Validity of its certificates in days: the same as Let's Encrypt's. */
export const LIFE = 90;

const CONFIG = JSON.stringify({
  pebble: {
    listenAddress: "0.0.0.0:14000",
    managementListenAddress: "0.0.0.0:15000",
    certificate: "/run/pebble.crt",
    privateKey: "/run/pebble.key",
    httpPort: 80,
    tlsPort: 443,
    retryAfter: { authz: 1, order: 1 },
    keyAlgorithm: "ecdsa",
    profiles: { default: { description: "the only one", validityPeriod: LIFE * 86_400 } },
  },
});

const START = `
set -eu
umask 077
printf '%s' "$CERTIFICATE" >/run/pebble.crt
printf '%s' "$KEY" >/run/pebble.key
printf '%s' "$CONFIG" >/run/pebble.json
/opt/pebble-challtestsrv -http01 '' -https01 '' -tlsalpn01 '' -doh '' -dnsserver :53 -management :8055 -defaultIPv6 '' &
exec /opt/pebble -config /run/pebble.json -dnsserver 127.0.0.1:53
`;

/** The authority, running. */
export interface Authority {
  /** Its ACME directory. */
  readonly directory: string;
  /** Who signed the directory's own certificate, PEM. */
  readonly ca: string;
  /** What it has logged. */
  log(): Promise<string>;
}

/** Starts it at an address of a network of the test's own. */
export async function startAuthority(
  docker: Docker,
  { network, address }: { readonly network: string; readonly address: string },
): Promise<Authority> {
  const { Os: os, Arch: arch } = await docker.version();
  const progress = createProgress();
  const programs = [program("pebble", { os, arch }), program("pebble-challtestsrv", { os, arch })];
  const binds: string[] = [];
  for (const each of programs) binds.push(`${await ensureProgram(each, progress)}:/opt/${each.file}:ro`);
  const sign = await stranger();
  const { cert, key } = await sign({ name: "acme", use: "server", names: [{ type: "ip", value: address }] });
  const container = await docker.createContainer({
    Image: hostImage(),
    name: `${network}-authority`,
    Labels: { [TEST_LABEL]: network },
    Entrypoint: ["/bin/bash", "-c", START],
    Env: [
      `CERTIFICATE=${cert}`,
      `KEY=${key}`,
      `CONFIG=${CONFIG}`,
      // It looks at the DNS at once, refuses no request at random, and asks for a challenge for each certificate.
      "PEBBLE_VA_NOSLEEP=1",
      "PEBBLE_WFE_NONCEREJECT=0",
      "PEBBLE_AUTHZREUSE=0",
    ],
    HostConfig: { NetworkMode: network, Binds: binds, Tmpfs: { "/run": "" } },
    NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: address } } } },
  });
  await container.start();
  const log = async (): Promise<string> => (await container.logs({ stdout: true, stderr: true })).toString();
  await until("the ACME authority to listen", 30, async () => {
    const said = await log();
    return said.includes("ACME directory available") ? undefined : said;
  });
  return { directory: `https://${address}:14000/dir`, ca: sign.pem, log };
}

function program(file: string, target: { readonly os: string; readonly arch: string }): GoProgram {
  const lists = ["go.mod", "go.sum"].map((name) => readFileSync(join(WRAPPER, name)));
  const digest = createHash("sha256").update(JSON.stringify(target));
  for (const list of lists) digest.update(list);
  return {
    what: `${file} ${VERSION}`,
    place: ["programs", `${file}-${VERSION}-${digest.digest("hex").slice(0, 12)}`],
    file,
    wrapper: WRAPPER,
    package: `github.com/letsencrypt/pebble/v2/cmd/${file}`,
    stamp: {},
    usually: "20 to 60 s",
    target,
    noGo: (reason) => new UserError(`The ACME authority of this test is built from its Go module, and ${reason}.`),
  };
}
