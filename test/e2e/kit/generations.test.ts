import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { certificatesIn } from "../../../components/pki/bundle";
import type { Deployment } from "../../../cli/cluster/deployment";
import {
  makeAuthorities,
  phaseOf,
  withNewSigner,
  withNewTrust,
  withoutOld,
} from "../../../cli/operations/rotate/ca-state";
import { Project } from "./project";

interface Certificates {
  readonly ca: string;
  readonly clientAuthority: string;
  readonly leaves: readonly string[];
  readonly ingress: string;
}

/** What the Pulumi engine makes of a state that `npm run rotate -- <stack> ca` has changed. */
describe("two generations of an authority, for the Pulumi engine", () => {
  let project: Project;
  before(async () => {
    project = await Project.make();
  });
  after(() => {
    project.remove();
  });

  const spec = { pki: true };
  const certificates = async (): Promise<Certificates> => (await project.outputs())["pki"] as unknown as Certificates;
  const assertSigned = ({ ca, clientAuthority, leaves, ingress }: Certificates): void => {
    for (const leaf of leaves) assert.ok(new X509Certificate(leaf).verify(new X509Certificate(ca).publicKey));
    assert.ok(new X509Certificate(ingress).verify(new X509Certificate(clientAuthority).publicKey));
  };

  it("change only what they have to, in three steps", async () => {
    await project.up(spec);
    const old = await certificates();
    assertSigned(old);
    let exported: Deployment = {};
    await project.rewrite((all) => (exported = all as Deployment));
    assert.equal(phaseOf(exported), "single");
    assert.deepEqual(await project.preview(spec), {}, "a state that was written back as it was");
    const next = await makeAuthorities(exported);

    await project.rewrite((all) => withNewTrust(all, next));
    assert.deepEqual(await project.up(spec), {}, "a second one is trusted: no certificate is issued");
    const trusting = await certificates();
    assert.deepEqual(certificatesIn(trusting.ca), [old.ca, next["ca"]?.pem]);
    assert.deepEqual(trusting.leaves, old.leaves);
    assertSigned(trusting);

    await project.rewrite((all) => withNewSigner(all, next));
    assert.deepEqual(await project.preview(spec), { replace: 6 }, "all certificates, and no key");
    assert.deepEqual(await project.up(spec), { replace: 6 });
    const issuing = await certificates();
    assert.deepEqual(certificatesIn(issuing.ca), [next["ca"]?.pem, old.ca]);
    assertSigned(issuing);

    await project.rewrite((all) => withoutOld(all));
    assert.deepEqual(await project.up(spec), {});
    const after = await certificates();
    assert.deepEqual([after.ca, after.leaves], [next["ca"]?.pem, issuing.leaves]);
    await project.refresh();
    assert.deepEqual(await project.preview(spec), {});
    for (const text of Object.values(next)) {
      assert.ok(!project.state().includes(text.key.privateKeyPem.split("\n")[1] ?? "?"), "a key in plain text");
    }
  });
});
