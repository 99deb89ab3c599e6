import type { RequestListener } from "node:http";
import { until } from "../../support/run";
import type { CloudServices, PacketRule } from "../cloud/substrate";
import type { ContainerSubstrate } from ".";

/** A world that lets everything pass, with as much of AWS's services as a first boot asks for. */
export class TestCloud implements CloudServices {
  public readonly region = "eu-central-1";
  public readonly vpc = "vpc-1";
  public hostKey = "";
  private readonly instances = new Map<string, Record<string, string>>();
  private substrate: ContainerSubstrate | undefined;

  public constructor(
    private readonly cidr: string,
    private readonly natAddress = "198.51.100.10",
    private readonly elasticIp = "198.51.100.20",
  ) {}

  /** Everything in and out. */
  public static readonly ALL: readonly PacketRule[] = [
    { direction: "in", protocol: "-1", peers: ["0.0.0.0/0"] },
    { direction: "out", protocol: "-1", peers: ["0.0.0.0/0"] },
  ];

  public async createVpc(substrate: ContainerSubstrate): Promise<void> {
    this.substrate = substrate;
    await substrate.createVpc(this.vpc, this.cidr);
    await this.route(substrate);
  }

  /** One subnet behind an internet gateway, and one that gets out as it is told. */
  public async route(substrate: ContainerSubstrate, out: "nat" | "none" = "nat"): Promise<void> {
    const base = this.cidr.split(".").slice(0, 2).join(".");
    const { natAddress } = this;
    await substrate.route(this.vpc, {
      subnets: [
        { cidr: `${base}.0.0/24`, out: "internet" },
        out === "nat" ? { cidr: `${base}.1.0/24`, out, natAddress } : { cidr: `${base}.1.0/24`, out },
      ],
      publicAddresses: { [this.elasticIp]: `${base}.0.20` },
    });
  }

  public async launch(
    substrate: ContainerSubstrate,
    id: string,
    address: string,
    userData: string,
    rules: readonly PacketRule[] = TestCloud.ALL,
    metadataHops = 1,
  ): Promise<void> {
    const meta = "/latest/meta-data/";
    this.instances.set(id, {
      [meta]: "ami-id\nhostname\niam/\ninstance-id\nlocal-hostname\nlocal-ipv4\nmac\nplacement/",
      [`${meta}ami-id`]: "ami-1",
      [`${meta}hostname`]: `ip-${address.replaceAll(".", "-")}.${this.region}.compute.internal`,
      [`${meta}local-hostname`]: `ip-${address.replaceAll(".", "-")}.${this.region}.compute.internal`,
      [`${meta}instance-id`]: id,
      [`${meta}local-ipv4`]: address,
      [`${meta}mac`]: "02:42:0a:e7:01:0a",
      [`${meta}placement/`]: "availability-zone\nregion",
      [`${meta}placement/availability-zone`]: `${this.region}a`,
      [`${meta}placement/region`]: this.region,
      [`${meta}iam/`]: "security-credentials/",
      [`${meta}iam/security-credentials/`]: "role",
      [`${meta}iam/security-credentials/role`]: JSON.stringify({
        Code: "Success",
        AccessKeyId: "ASIAREHEARSAL",
        SecretAccessKey: "secret",
        Token: "token",
        Expiration: new Date(Date.now() + 3_600_000).toISOString(),
      }),
      "/latest/user-data": userData,
      "/latest/dynamic/": "instance-identity/",
      "/latest/dynamic/instance-identity/": "document",
      "/latest/dynamic/instance-identity/document": JSON.stringify({ instanceId: id, region: this.region }),
    });
    await substrate.filter(id, rules);
    await substrate.launch({
      id,
      vpc: this.vpc,
      address,
      architecture: "amd64",
      metadataHops,
      labels: { "swarm-ha.host": id },
    });
  }

  /** Waits for the end of a first boot. @returns what cloud-init says */
  public booted(substrate: ContainerSubstrate, id: string, limit: number): Promise<string> {
    let said = "";
    return until(`the first boot of ${id}`, limit, async () => {
      said = await substrate
        .execute(id, ["sh", "-c", "cloud-init status --long || true"])
        .catch((error: unknown) => String(error));
      return /status: (done|error)/.test(said) ? undefined : said;
    }).then(() => said);
  }

  public resolve(_vpc: string, name: string): readonly string[] | undefined {
    return name.endsWith(".amazonaws.com") ? [this.substrate?.servicesAddress ?? ""] : undefined;
  }

  public metadata(instance: string, path: string): string | undefined {
    return this.instances.get(instance)?.[path];
  }

  public https(host: string): RequestListener | undefined {
    if (host === `caller.${this.region}.amazonaws.com`) {
      return (request, response) => {
        response.end(request.socket.remoteAddress);
      };
    }
    if (host !== `ssm.${this.region}.amazonaws.com`) return undefined;
    return (request, response) => {
      request.resume();
      const signed = request.headers.authorization?.startsWith("AWS4-HMAC-SHA256 Credential=ASIAREHEARSAL/") === true;
      response.writeHead(signed ? 200 : 403).end(JSON.stringify({ Parameter: { Value: this.hostKey } }));
    };
  }
}
