/** A platform of nothing but resources, for what is laid on one. */
import * as pulumi from "@pulumi/pulumi";
import { publicImages } from "../../components/images/public";
import type { HostSpec } from "../../plan/placement";
import type { LoadBalancer, Platform } from "../../components/platform/types";
import { directConnection, fromBastion } from "../../components/ssh/connection";
import type { SshKeys } from "../../components/ssh/keys";

/** A host of a platform that is nothing but a resource. */
class TestResource extends pulumi.CustomResource {
  declare public readonly identity: pulumi.Output<string>;
  declare public readonly address: pulumi.Output<string>;

  public constructor(name: string, opts?: pulumi.CustomResourceOptions) {
    super("test:index:TestResource", name, { identity: undefined, address: undefined }, opts);
  }
}

/** Has these hosts, and load balancers that are nothing but their names. */
export function fakePlatform(hosts: readonly HostSpec[], keys: SshKeys): Platform {
  const lifetime = new TestResource("network");
  const bastion = new TestResource("bastion");
  const connection = directConnection({
    host: "127.0.0.1",
    port: 22022,
    privateKey: keys.client.privateKeyOpenssh,
    hostKey: keys.hostKey("bastion").publicKeyOpenssh,
  });
  return {
    lifetime,
    bastion: { identity: bastion.identity, connection, ready: [bastion] },
    hosts: hosts.map((spec) => {
      const host = new TestResource(spec.name);
      const address = spec.address === undefined ? host.address : pulumi.output(spec.address);
      return {
        ...spec,
        identity: host.identity,
        address,
        connection: fromBastion(connection, {
          name: spec.name,
          host: address,
          privateKey: keys.client.privateKeyOpenssh,
          hostKey: keys.hostKey(spec.name).publicKeyOpenssh,
        }),
        ready: [host],
      };
    }),
    loadBalancers: { manager: loadBalancer("manager"), registry: loadBalancer("registry"), app: loadBalancer("app") },
    registryName: pulumi.output("registry.swarm.localhost:25000"),
    registryStorage: { kind: "folder", path: "/srv/registry", shared: true },
    images: publicImages({}),
    httpsPort: 28443,
    protectsData: false,
  };
}

function loadBalancer(name: LoadBalancer["name"]): LoadBalancer {
  return {
    name,
    endpoint: pulumi.output("127.0.0.1:22376"),
    stats: pulumi.output("http://10.0.0.2:8404/stats;csv"),
    sources: ["10.0.0.2/32"],
    dnsNames: [`${name}.swarm.localhost`],
    ipAddresses: ["127.0.0.1"],
  };
}
