import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Registry } from "../../components/registry";
import { stackOutputs } from "../../components/stack-outputs";
import { answer, SECRET } from "../support/answers";
import { fakeSwarm } from "../support/fake-swarm";
import { record } from "../support/recording-mocks";

/** Members of an output that the SDK's types don't declare. */
interface Known {
  /** Everything that it comes from. */
  allResources(): Promise<ReadonlySet<pulumi.Resource>>;
}

describe("the outputs", () => {
  it("have the unlock key only with autolock, as a secret", async () => {
    const unlockKey = async (autolock?: boolean): Promise<unknown> => {
      let found: unknown;
      await record(
        async () => {
          const parts = fakeSwarm(autolock === undefined ? {} : { autolock });
          const registry = new Registry("registry", { ...parts, certificate: parts.pki.registry });
          const outputs = stackOutputs({ ...parts, registry });
          if (!("unlockKey" in outputs)) return;
          const key = outputs.unlockKey as pulumi.Output<string>;
          const value = await new Promise((known) => void key.apply(known));
          found = { value, secret: await pulumi.isSecret(key) };
        },
        { stack: "unit", preview: false, answer },
      );
      return found;
    };
    assert.deepEqual(await unlockKey(true), { value: `SWMKEY-1-${SECRET}`, secret: true });
    assert.equal(await unlockKey(false), undefined);
    assert.equal(await unlockKey(), undefined);
  });

  it("let the tools in although a host can't be made: nothing that they need comes from one", async () => {
    const behind: string[] = [];
    await record(
      async () => {
        const parts = fakeSwarm({});
        const registry = new Registry("registry", { ...parts, certificate: parts.pki.registry });
        const { access } = stackOutputs({ ...parts, registry });
        for (const { urn } of await (access as unknown as Known).allResources())
          behind.push(await new Promise((known) => void urn.apply(known)));
      },
      { stack: "unit", preview: false, answer },
    );
    const names = behind.map((urn) => urn.split("::").at(-1) ?? "");
    assert.ok(names.includes("client-bastion-key"), names.join(" "));
    assert.deepEqual(
      names.filter((name) => /^(prepare-|join-.*-|node-)?(manager|registry|worker)-\d+$/.test(name)),
      [],
    );
  });
});
