import assert from "node:assert/strict";
import { IMAGES } from "../../../components/images";
import { Ingress } from "../../../components/ingress";
import { createPlatform } from "../../../components/platform";
import { Pki } from "../../../components/pki";
import { Registry } from "../../../components/registry";
import { SshKeys } from "../../../components/ssh/keys";
import { Swarm } from "../../../components/swarm";
import { managersOf } from "../../../components/swarm/bastion";
import { AddressRanges } from "../../../components/swarm/ranges";
import { parseConfig } from "../../../config";
import { planHosts } from "../../../plan/placement";
import { answer } from "../../support/answers";
import { awsAnswer, awsCall } from "../../support/aws/answers";
import { lean, stackValues } from "../../support/aws/stack";
import { record, type Registered } from "../../support/recording-mocks";

/** Everything that the program registers on aws, as index.ts does it. */
function run(stack: string, changes: Record<string, unknown> = {}): Promise<Registered[]> {
  const config = parseConfig({ ...stackValues(stack), ...changes }, stack);
  const hosts = planHosts(config);
  return lean(() =>
    record(
      () => {
        const ranges = new AddressRanges("ranges", config);
        const keys = new SshKeys("ssh", { hosts: ["bastion", ...hosts.map(({ name }) => name)] });
        const platform = createPlatform({ config, hosts, keys, ranges });
        const managers = managersOf(hosts);
        const { manager, app, registry: registryLoadBalancer } = platform.loadBalancers;
        const { dnsNames, ipAddresses } = manager;
        const validity = config.certificates;
        const pki = new Pki("pki", {
          stack,
          validity,
          managers,
          dnsNames,
          ipAddresses,
          app,
          registry: registryLoadBalancer,
        });
        const swarm = new Swarm("swarm", { config, platform, pki, managers, ranges });
        const registry = new Registry("registry", { platform, swarm, certificate: pki.registry });
        return new Ingress("ingress", { config, platform, pki, swarm, registry }).stack.urn;
      },
      {
        stack,
        preview: false,
        answer: (resource) => (resource.type.startsWith("aws:") ? awsAnswer(resource) : answer(resource)),
        call: awsCall,
      },
    ),
  );
}

/** What a step gives to its script, texts within texts as they are. */
function given(resources: readonly Registered[], step: string): string {
  const found = resources.find(({ type, name }) => type === "command:remote:Command" && name === step);
  assert.ok(found !== undefined, `there is no step ${step}`);
  return JSON.stringify(found.inputs);
}

describe("the program on aws", () => {
  const MIRROR = {
    registry: `mirror.example.com/registry:3.0.0@sha256:${"1".repeat(64)}`,
    traefik: `mirror.example.com/traefik:v3.6.7@sha256:${"2".repeat(64)}`,
  };
  const STEPS = { registry: "stack-registry", traefik: "stack-ingress" } as const;

  it("runs its services from the public images, or from the ones that `images` names", async () => {
    const [plain, mirrored] = [await run("test"), await run("test", { images: MIRROR })];
    for (const [image, step] of Object.entries(STEPS) as [keyof typeof STEPS, string][]) {
      assert.ok(given(plain, step).includes(IMAGES[image].public), image);
      assert.ok(given(mirrored, step).includes(MIRROR[image]), image);
      assert.ok(!given(mirrored, step).includes(IMAGES[image].public), image);
    }
  });

  for (const [scheme, expected] of [
    ["internal", true],
    ["public", false],
  ] as const)
    it(`${expected ? "has" : "doesn't have"} 127.0.0.1 in the managers' certificates where their load balancer is ${scheme}`, async () => {
      const { aws } = stackValues("test") as { aws: { loadBalancers?: Record<string, unknown> } };
      const loadBalancers = { ...aws.loadBalancers, manager: scheme };
      const resources = await run("test", { aws: { ...aws, loadBalancers } });
      const requests = resources.filter(
        ({ type, name }) => type === "tls:index/certRequest:CertRequest" && /manager-\d/.test(name),
      );
      assert.ok(requests.length > 0);
      for (const { name, inputs } of requests) {
        const addresses = inputs["ipAddresses"] as readonly string[];
        assert.equal(addresses.includes("127.0.0.1"), expected, `${name}: ${addresses.join(" ")}`);
      }
    });
});
