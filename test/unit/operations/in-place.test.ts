import assert from "node:assert/strict";
import { upgradeHost } from "../../../cli/operations/in-place";
import type { StepData } from "../../../components/ssh/script";

describe("the upgrade of a host in place", () => {
  /** Upgrades a host where these scripts fail. @returns the scripts that ran, and what it reported */
  async function upgraded(
    failing: Readonly<Record<string, string>>,
    role: "worker" | "manager" = "worker",
  ): Promise<{ ran: string[]; failure: string }> {
    const ran: string[] = [];
    const run = (step: string, data: StepData): Promise<string> => {
      ran.push("unlockKey" in data ? `${step} with the key` : step);
      const reason = failing[step];
      return reason === undefined ? Promise.resolve("") : Promise.reject(new Error(reason));
    };
    const host = { name: `${role}-1`, role, nodeId: "id-1", version: "28.5.2", reboot: false };
    const calls = { bastion: run, host: run, unlockKey: () => Promise.resolve("SWMKEY") };
    const failure = await upgradeHost("local", host, calls);
    return { ran, failure: failure ?? "" };
  }

  it("drains it, changes it, waits for its return and puts it back into service", async () => {
    const { ran, failure } = await upgraded({});
    assert.deepEqual(ran, ["drain-node", "upgrade-engine", "engine-back", "activate-node"]);
    assert.equal(failure, "");
  });

  it("has the key of a manager that is locked after its start, and gives it to no other script", async () => {
    assert.deepEqual((await upgraded({}, "manager")).ran, [
      ...["drain-node", "upgrade-engine", "engine-back with the key", "activate-node"],
    ]);
  });

  it("changes nothing where it can't be drained", async () => {
    assert.deepEqual(await upgraded({ "drain-node": "no room" }), { ran: ["drain-node"], failure: "no room" });
  });

  it("waits for the end of a script whose connection was lost before the host goes back into service", async () => {
    const { ran, failure } = await upgraded({ "upgrade-engine": "connection lost" });
    assert.deepEqual(ran, ["drain-node", "upgrade-engine", "engine-back", "activate-node"]);
    assert.match(failure, /^connection lost\nIt is back in service/);
  });

  it("leaves it drained where that script doesn't end, and says why and what to do", async () => {
    const { ran, failure } = await upgraded({ "upgrade-engine": "connection lost", "engine-back": "locked" });
    assert.deepEqual(ran, ["drain-node", "upgrade-engine", "engine-back"]);
    assert.match(failure, /^connection lost\nIt stays drained: locked\n.*npm run repair -- local$/);
  });
});
