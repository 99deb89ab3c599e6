/** What `npm run trust` explains to people. */
import { shellQuote } from "../../components/shell-quote";

/** What the explanation is about. */
export interface TrustSubject {
  readonly stack: string;
  /** Where the authority's certificate was written to. */
  readonly file: string;
  /** SHA-256 of the certificate, as browsers show it: `AB:CD:…`. */
  readonly fingerprint: string;
  /** Until when the authority is valid, for people. */
  readonly validUntil: string;
  /** `host:port` in image references. @default the stack has no registry */
  readonly registry?: string;
  /** Domain that applications answer below: `app.<domain>`. @default the stack has no ingress */
  readonly apps?: string;
}

type Section = readonly [title: string, lines: readonly string[]];

/** How to trust the stack's authority, system by system, as commands that work. Pure. */
export function trustText(subject: TrustSubject): string {
  const { stack, file, fingerprint, validUntil } = subject;
  const head = [
    `The certificate authority of the stack ${stack} is now in`,
    "",
    `  ${file}`,
    `  SHA-256  ${fingerprint}`,
    `  valid until ${validUntil}`,
    "",
    "This command has changed nothing else on this workstation. Whoever trusts the authority believes every certificate that",
    "it has signed, for any name: compare the fingerprint with what the stack's owner says. Then, for what you use:",
  ];
  const sections = [...systems(stack, file), ...programs(subject), ...names(subject)];
  return [
    ...head,
    ...sections.flatMap(([title, lines]) => ["", `${title}:`, ...lines.map((line) => `  ${line}`)]),
  ].join("\n");
}

function systems(stack: string, file: string): Section[] {
  const name = `swarm-ha-${stack}`;
  return [
    [
      "Debian, Ubuntu, Alpine",
      [`sudo cp ${quote(file)} /usr/local/share/ca-certificates/${name}.crt && sudo update-ca-certificates`],
    ],
    [
      "Fedora, RHEL and their kin",
      [`sudo cp ${quote(file)} /etc/pki/ca-trust/source/anchors/${name}.pem && sudo update-ca-trust`],
    ],
    ["openSUSE", [`sudo cp ${quote(file)} /etc/pki/trust/anchors/${name}.pem && sudo update-ca-certificates`]],
    ["Arch", [`sudo trust anchor --store ${quote(file)}`]],
    ["macOS", [`sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${quote(file)}`]],
    [
      "Windows, in a shell of the administrator's, with the file copied there",
      [`certutil -addstore -f Root ${name}.pem`],
    ],
  ];
}

function programs({ stack, file, registry, apps }: TrustSubject): Section[] {
  const folder = `/etc/docker/certs.d/${registry ?? ""}`;
  return [
    [
      "Firefox, which has a store of its own",
      [
        "Settings, Privacy & Security, View Certificates, Authorities, Import: that file, “Trust this CA to identify websites”.",
        "(On macOS and Windows it also takes the system's: about:config, security.enterprise_roots.enabled.)",
      ],
    ],
    [
      "Chrome and Chromium on Linux, likewise (certutil is in libnss3-tools)",
      [`certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n swarm-ha-${stack} -i ${quote(file)}`],
    ],
    ...(registry === undefined
      ? []
      : ([
          [
            "A Docker engine, for the stack's registry (no restart; Docker Desktop: the same folder below ~/.docker, then restart it)",
            [`sudo mkdir -p ${folder} && sudo cp ${quote(file)} ${folder}/ca.crt`],
          ],
        ] satisfies Section[])),
    ...(apps === undefined
      ? []
      : ([
          ["Without trusting it, for one call", [`curl --cacert ${quote(file)} https://hello.${apps}`]],
        ] satisfies Section[])),
  ];
}

function names({ registry, apps }: TrustSubject): Section[] {
  const host = registry?.replace(/:\d+$/, "");
  const used = [
    ...(host === undefined ? [] : [host]),
    ...(apps === undefined ? [] : [`hello.${apps.replace(/:\d+$/, "")}`]),
  ];
  if (used.length === 0) return [];
  if (!used.every((name) => name.endsWith(".localhost"))) {
    return [
      [
        "Names",
        [`DNS has to lead ${used.join(" and ")} to the load balancers; docs/architecture.md says which name to which.`],
      ],
    ];
  }
  return [
    [
      "Names below localhost lead to this workstation by themselves in browsers and with systemd-resolved. Where others find none (getent hosts says nothing), this line in /etc/hosts does it, with the names of your own services",
      [`127.0.0.1 ${used.join(" ")}`],
    ],
  ];
}

/** A path as a shell takes it. */
function quote(path: string): string {
  return /^[\w./~:@+-]+$/.test(path) ? path : shellQuote(path);
}
