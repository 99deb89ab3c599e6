/** cfssl, as a company would run it: a CA outside of the swarm, in a container on the workstation, which hosts reach by their gateway. */
import "reflect-metadata";
import { createHash, createPrivateKey, webcrypto as crypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import type Docker from "dockerode";
import { hostImage } from "../../components/platform/local/image";
import { createProgress } from "../../cli/terminal/progress";
import { UserError } from "../../cli/terminal/errors";
import { ensureProgram, type GoProgram } from "../../cli/workstation/go-program";
import { TEST_LABEL } from "./unmanaged";
import { until } from "./run";

x509.cryptoProvider.set(crypto as never);

const VERSION = "1.6.5";
const WRAPPER = join(__dirname, "cfssl");
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 86_400_000;

/** What cfssl signs: nodes' certificates, and with the profile CA the root that the swarm goes back to. */
const CONFIG = JSON.stringify({
  signing: {
    default: { usages: ["signing", "key encipherment", "server auth", "client auth"], expiry: "2160h" },
    profiles: { CA: { usages: ["cert sign", "crl sign"], expiry: "8760h", ca_constraint: { is_ca: true } } },
  },
});

const START = `
set -eu
umask 077
for file in ROOT ROOT_KEY CERTIFICATE KEY TRUSTED CONFIG; do printf '%s' "\${!file}" >"/run/$file"; done
mutual=()
[ -z "$TRUSTED" ] || mutual=(-mutual-tls-ca /run/TRUSTED)
exec /opt/cfssl serve -address 0.0.0.0 -port "$PORT" -ca /run/ROOT -ca-key /run/ROOT_KEY -config /run/CONFIG \\
  -tls-cert /run/CERTIFICATE -tls-key /run/KEY "\${mutual[@]}"
`;

/** A root CA of the test's own, PEM. */
export interface OwnRoot {
  readonly certificate: string;
  readonly key: string;
  /** Signs a server's certificate for an address. */
  readonly server: (address: string) => Promise<{ readonly certificate: string; readonly key: string }>;
}

/** Creates one that is valid since two days ago. @param days how long from now on */
export async function ownRoot(name: string, days = 3650): Promise<OwnRoot> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - 2 * DAY),
    notAfter: new Date(Date.now() + days * DAY),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificate: `${certificate.toString("pem")}\n`,
    key: await pemOf(keys.privateKey),
    server: async (address) => {
      const own = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
      const signed = await x509.X509CertificateGenerator.create({
        subject: "CN=ca",
        issuer: certificate.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        notBefore: new Date(Date.now() - DAY),
        notAfter: new Date(Date.now() + 30 * DAY),
        extensions: [
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension([{ type: "ip", value: address }]),
        ],
      });
      return { certificate: `${signed.toString("pem")}\n`, key: await pemOf(own.privateKey) };
    },
  };
}

async function pemOf(key: crypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", key));
  // The older form: swarmkit and cfssl read it as well.
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" })
    .export({ type: "sec1", format: "pem" })
    .toString();
}

/** Where and how cfssl runs. */
interface CaPlace {
  /** Name of its container. */
  readonly name: string;
  /** The address by which the hosts reach the workstation. */
  readonly address: string;
  readonly port: number;
  /** The CA that it signs with. */
  readonly root: OwnRoot;
  /** The CA that has signed its own server's certificate. @default root */
  readonly serverRoot?: OwnRoot;
  /** Roots of the clients that it accepts, PEM. @default it accepts anybody */
  readonly trusted?: string;
}

/** Starts it, in the place of one that runs there. @returns its URL for the swarm */
export async function startCa(docker: Docker, place: CaPlace): Promise<string> {
  await stopCa(docker, place.name);
  const { Os: os, Arch: arch } = await docker.version();
  const binary = await ensureProgram(program({ os, arch }), createProgress());
  const { certificate, key } = await (place.serverRoot ?? place.root).server(place.address);
  const container = await docker.createContainer({
    Image: hostImage(),
    name: place.name,
    Labels: { [TEST_LABEL]: place.name },
    Entrypoint: ["/bin/bash", "-c", START],
    Env: [
      `ROOT=${place.root.certificate}`,
      `ROOT_KEY=${place.root.key}`,
      `CERTIFICATE=${certificate}`,
      `KEY=${key}`,
      `TRUSTED=${place.trusted ?? ""}`,
      `CONFIG=${CONFIG}`,
      `PORT=${String(place.port)}`,
    ],
    HostConfig: { NetworkMode: "host", Binds: [`${binary}:/opt/cfssl:ro`], Tmpfs: { "/run": "" } },
  });
  await container.start();
  await until("cfssl to listen", 30, async () => {
    const said = (await container.logs({ stdout: true, stderr: true })).toString();
    return said.includes("Now listening") ? undefined : said;
  });
  return `https://${place.address}:${String(place.port)}/api/v1/cfssl/sign`;
}

/** Removes its container, if there is one. */
export async function stopCa(docker: Docker, name: string): Promise<void> {
  for (const { Id, Names } of await docker.listContainers({ all: true }))
    if (Names.includes(`/${name}`)) await docker.getContainer(Id).remove({ force: true });
}

function program(target: { readonly os: string; readonly arch: string }): GoProgram {
  const digest = createHash("sha256").update(JSON.stringify(target));
  for (const list of ["go.mod", "go.sum"]) digest.update(readFileSync(join(WRAPPER, list)));
  return {
    what: `cfssl ${VERSION}`,
    place: ["programs", `cfssl-${VERSION}-${digest.digest("hex").slice(0, 12)}`],
    file: "cfssl",
    wrapper: WRAPPER,
    package: "github.com/cloudflare/cfssl/cmd/cfssl",
    stamp: {},
    usually: "30 to 90 s",
    target,
    noGo: (reason) => new UserError(`The external CA of this test is built from its Go module, and ${reason}.`),
  };
}
