import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { Registry } from "../../components/registry";
import { stackOutputs } from "../../components/stack-outputs";
import { answer } from "../support/answers";
import { fakeSwarm } from "../support/fake-swarm";
import { record } from "../support/recording-mocks";

/** Members of an output that the SDK's types don't declare. */
interface Known {
  /** Everything that it comes from. */
  allResources(): Promise<ReadonlySet<pulumi.Resource>>;
}

describe("the outputs", () => {
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
