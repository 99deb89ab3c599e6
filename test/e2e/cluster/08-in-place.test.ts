import assert from "node:assert/strict";
import { scriptCall } from "../../../cli/cluster/host-shell";
import type { StepData } from "../../../components/ssh/script";
import { LABELS } from "../../../plan/labels";
import { figure } from "../../support/run";
import { CLUSTER, useSharedStack } from "../../support/shared-stack";

/** What `npm run upgrade` does around the packages where hosts are upgraded in place: their Docker engine restarts instead. */
describe("a host whose Docker engine restarts in place", function () {
  this.timeout(300_000);
  const stack = useSharedStack(CLUSTER);

  const script = async (on: string, step: string, data: StepData): Promise<string> => {
    const { command, input } = scriptCall(step, data);
    return stack.exec(on, ["bash", "-c", command], input, 180);
  };
  const nodeOf = async (host: string): Promise<{ id: string; availability: string; before: string | undefined }> => {
    const text = await stack.onManager(["docker", "node", "inspect", host]);
    const [node] = JSON.parse(text) as [
      { ID: string; Spec: { Availability: string; Labels: Record<string, string | undefined> } },
    ];
    return { id: node.ID, availability: node.Spec.Availability, before: node.Spec.Labels[LABELS.before] };
  };
  const tasksOn = async (host: string): Promise<number> => {
    const format = ["--filter", "desired-state=running", "--format", "{{.ID}}"];
    return (await stack.onManager(["docker", "node", "ps", ...format, host])).trim().split("\n").filter(Boolean).length;
  };

  for (const [host, role, availability] of [
    ["worker-2", "worker", "active"],
    ["manager-2", "manager", "drain"],
  ] as const) {
    it(`is drained, comes back as the same node, and gets its availability of before: ${host}`, async () => {
      const begun = Date.now();
      const { id } = await nodeOf(host);
      const { access } = await stack.outputs();
      const data = { name: host, nodeId: id, role, limit: 60, client: { key: access.client.key } };
      await script("bastion", "drain-node", data);
      // Of a run that was killed here: the next one drains it again.
      await script("bastion", "drain-node", data);
      assert.deepEqual(await nodeOf(host), { id, availability: "drain", before: availability });
      assert.equal(await tasksOn(host), 0);

      await stack.exec(host, ["sv", "-w", "30", "restart", "/etc/service/docker"]);
      const { version } = JSON.parse(await script(host, "engine-back", { name: host })) as { version: string };
      assert.match(version, /^\d+\.\d+\.\d+/);
      await script("bastion", "activate-node", data);
      assert.deepEqual(await nodeOf(host), { id, availability, before: undefined });
      await stack.untilHealthy();
      figure(`drain, restart and return of ${host}`, (Date.now() - begun) / 1000);
    });
  }
});
