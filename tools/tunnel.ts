/**
 * `npm run -s tunnel -- <stack>`: opens the Session Manager's tunnel to an operator without a public address, and opens it
 * again whenever that was replaced, until it is ended. It ends at once for a stack that needs none.
 */
import { spawnSync } from "node:child_process";
import { readArguments } from "./cluster/arguments";
import { readStackFile } from "./engine/project";
import { openTunnel } from "./engine/tunnel";
import { runMain } from "./setup/errors";

runMain(() => {
  const { stack } = readArguments("npm run -s tunnel -- <stack>", { flags: [] });
  const command = openTunnel(stack, readStackFile(stack));
  if (command === undefined) {
    process.stdout.write(`The stack ${stack} needs no tunnel.\n`);
    return Promise.resolve(0);
  }
  const { status, error } = spawnSync("sh", ["-c", command], { stdio: "inherit" });
  if (error !== undefined) throw error;
  return Promise.resolve(status ?? 1);
});
