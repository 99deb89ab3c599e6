import assert from "node:assert/strict";
import { Pki } from "../../components/pki";
import { answer } from "../support/answers";
import { stranger } from "../support/authority";
import { record, type Registered } from "../support/recording-mocks";

/** All certificates of a stack whose authorities' certificates have this text, and what others are told to trust. */
async function certificates(text: string): Promise<{ readonly resources: Registered[]; readonly trusted: string[] }> {
  const trusted: string[] = [];
  const resources = await record(
    () => {
      const pki = new Pki("pki", {
        stack: "unit",
        validity: { serverDays: 730, personDays: 90, renewalDays: 30 },
        managers: [{ name: "manager-1", address: "10.0.0.1" }],
        dnsNames: ["manager.test"],
        ipAddresses: [],
        app: { dnsNames: ["*.app.test"] },
        registry: { dnsNames: ["registry.test"], ipAddresses: [] },
      });
      return [pki.ca, pki.readOnlyApi.clientAuthority].map((output) => output.apply((pem) => void trusted.push(pem)));
    },
    {
      stack: "unit",
      preview: false,
      answer: (resource) =>
        resource.type === "tls:index/selfSignedCert:SelfSignedCert"
          ? { id: resource.name, outputs: { certPem: text } }
          : answer(resource),
    },
  );
  return { resources, trusted };
}

const signed = (resources: readonly Registered[]): Registered[] =>
  resources.filter(({ type }) => type === "tls:index/locallySignedCert:LocallySignedCert");

describe("the stack's certificates", () => {
  it("are signed by the first one of two authorities, while both are trusted", async () => {
    const [first, second] = [`${(await stranger()).pem}\n`, `${(await stranger()).pem}\n`];
    const { resources, trusted } = await certificates(first + second);
    assert.deepEqual(trusted, [first + second, first + second]);
    for (const { name, inputs } of signed(resources)) assert.equal(inputs["caCertPem"], first, name);
    assert.equal(signed(resources).length, 6);
  });

  it("of a stack that isn't rotated have the authority's text to the letter, and the same resources as during a rotation", async () => {
    const [first, second] = [`${(await stranger()).pem}\n`, `${(await stranger()).pem}\n`];
    const [now, during] = [await certificates(first), await certificates(first + second)];
    for (const { name, inputs } of signed(now.resources)) assert.equal(inputs["caCertPem"], first, name);
    const urns = ({ resources }: { readonly resources: readonly Registered[] }): string[] =>
      resources.map(({ urn }) => urn).sort();
    assert.deepEqual(urns(now), urns(during));
  });
});
