/** The command provider of a simulation: as the kit's, but a command only takes its time. */
import { setTimeout as sleep } from "node:timers/promises";
import { remoteCommand } from "../../../offline/command/command";
import { serveProvider } from "../../../offline/lib/provider";
import type { Call, ResourceType } from "../../../offline/lib/resource";
import type { Properties } from "../../../offline/lib/values";
import { answerOf, hex, kindOf, SECONDS } from "./steps";

async function take(call: Call): Promise<Properties> {
  await sleep(SECONDS[kindOf(call.name, "")] * 1000, undefined, { signal: call.signal });
  return { stdout: answerOf(call.name), stderr: "" };
}

const simulated: ResourceType = {
  check: (news, facts) => remoteCommand.check(news, facts),
  diff: (olds, news) => remoteCommand.diff(olds, news),
  create: async (call, inputs) => {
    if (call.preview) return remoteCommand.create(call, inputs);
    return { id: call.name + hex(call.urn).slice(0, 8), state: { ...inputs, ...(await take(call)) } };
  },
  update: async (call, state, inputs) =>
    call.preview ? remoteCommand.update(call, state, inputs) : { ...inputs, ...(await take(call)) },
};

serveProvider({ name: "command", version: "1.2.1", types: { "command:remote:Command": simulated } });
