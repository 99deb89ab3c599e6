/**
 * `npm run chaos -- <stack> [--rounds N] [--seed S] [--json FILE]`: random faults and commands on a local stack, each round
 * followed by a repair. The stack is created for it and destroyed afterwards. A round whose outcome is wrong is made smaller
 * until no part of it can go, and is printed with its seed.
 */
import { rmSync, writeFileSync } from "node:fs";
import { endAll } from "../test/support/run";
import { TestStack } from "../test/support/test-stack";
import { readArguments } from "../cli/terminal/arguments";
import { runMain, UserError } from "../cli/terminal/errors";
import { prepareWorkstation } from "../cli/workstation/prepare";
import { ENGINE_VERSIONS } from "../config/platforms/local/engines";
import { RegistryVolume } from "./chaos/disks";
import { roundText, type Round, type Shape } from "./chaos/model";
import { placeOf } from "./chaos/place";
import { runRound, type RoundResult, type Scene } from "./chaos/round";
import { sequenceOf } from "./chaos/sequence";
import { smaller } from "./chaos/smaller";
import { requireUnused } from "./chaos/unused";
import { Witness } from "./chaos/witness";

const USAGE = "npm run chaos -- <stack> [--rounds N] [--seed S] [--json FILE]";
/** Rounds that are tried to make a failing one smaller: each takes a minute or two. */
const MOST_TRIES = 12;

const SHAPE: Shape = {
  managers: ["manager-1", "manager-2", "manager-3"],
  registries: ["registry-1"],
  workers: ["worker-1", "worker-2"],
  beside: ["bastion", "lb-app", "lb-manager", "lb-registry"],
  zones: {
    "zone-a": ["manager-1", "registry-1", "worker-1"],
    "zone-b": ["manager-2", "worker-2"],
    "zone-c": ["manager-3"],
  },
};
const CHANGES = { registry: { replicas: 1 }, workers: { worker: { count: 2 } } };

const log = (text: string): void => {
  console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
};

runMain(async () => {
  const asked = readArguments(USAGE, { values: ["rounds", "seed", "json"] });
  const rounds = number("rounds", asked.rounds ?? "10", 1, 1000);
  const seed = number("seed", asked.seed ?? String(Date.now() % 1_000_000), 0, 2 ** 32 - 1);
  const stack = new TestStack(asked.stack, placeOf(asked.stack), CHANGES);
  await requireUnused(stack);
  const storage = new RegistryVolume(stack);
  const sequence = sequenceOf(seed, rounds, SHAPE);
  // The image that an upgrade needs, so that no fault and no end of the command meets its build.
  if (sequence.some(({ command }) => command?.name === "upgrade")) await prepareWorkstation(ENGINE_VERSIONS.at(-1));
  const results: { begun: string; round: string; result: RoundResult }[] = [];
  const save = (): void => {
    if (asked.json !== undefined) writeFileSync(asked.json, `${JSON.stringify({ seed, results }, undefined, 2)}\n`);
  };
  let failed = false;
  let removing: Promise<void> | undefined;
  const removeOnce = (): Promise<void> => (removing ??= remove(stack, storage));
  log(
    `${String(rounds)} rounds with seed ${String(seed)} on the stack ${stack.name} (3 managers, 1 registry node, 2 workers)`,
  );
  const interrupted = (): void => {
    log("Interrupted: destroying the stack …");
    // A command under way would keep the stack's lock.
    endAll();
    void removeOnce().finally(() => process.exit(130));
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    let scene = await prepare(stack, storage);
    for (const [index, round] of sequence.entries()) {
      log(`round ${String(index + 1)}: ${roundText(round)}`);
      const begun = new Date().toISOString();
      const result = await runRound(scene, round);
      if (removing !== undefined) break;
      results.push({ begun, round: roundText(round), result });
      save();
      const how = `repaired in ${result.repairSeconds.toFixed(0)} s, longest gap ${result.longestGap.toFixed(1)} s`;
      if (result.violations.length === 0) {
        log(`  ${how}`);
        continue;
      }
      failed = true;
      for (const violation of result.violations) log(`  VIOLATION: ${violation}`);
      if (asked.json !== undefined) {
        const archive = `${asked.json}-round-${String(index + 1)}.tar.gz`;
        await stack.tool("diagnose", [stack.name, "--output", archive]);
        log(`  what the hosts say: ${archive}`);
      }
      scene = await prepare(stack, storage);
      const smallest = await shrink(scene, round, () => prepare(stack, storage));
      log(`  smallest round that fails: ${roundText(smallest)} (seed ${String(seed)}, round ${String(index + 1)})`);
      scene = await prepare(stack, storage);
    }
  } finally {
    save();
    await removeOnce();
  }
  const good = results.filter(({ result }) => result.violations.length === 0).length;
  console.log(`${String(good)} of ${String(results.length)} rounds ended healthy, without a violation`);
  return failed ? 1 : 0;
});

/** Destroys the stack. Its home goes, too: it tells the next run that what carries the stack's name is its own. */
async function remove(stack: TestStack, storage: RegistryVolume): Promise<void> {
  await storage.release();
  await stack.destroy();
  await storage.remove();
  rmSync(stack.home, { recursive: true, force: true });
}

/** A healthy stack from nothing, with an application. */
async function prepare(stack: TestStack, storage: RegistryVolume): Promise<Scene> {
  await storage.release();
  await stack.reset();
  await storage.create();
  await stack.start();
  await storage.hold(SHAPE.registries[0] ?? "");
  await stack.untilHealthy();
  const outputs = await stack.outputs();
  const writers = [...SHAPE.workers, ...SHAPE.registries];
  const witness = new Witness(stack, outputs, SHAPE.managers, writers);
  await witness.deploy();
  return { stack, storage, outputs, witness, shape: SHAPE, log };
}

/** Leaves out what the failure doesn't need. */
async function shrink(first: Scene, round: Round, recreate: () => Promise<Scene>): Promise<Round> {
  let scene = first;
  let smallest = round;
  let tries = 0;
  for (let again = true; again;) {
    again = false;
    for (const candidate of smaller(smallest)) {
      if (tries >= MOST_TRIES) return smallest;
      tries++;
      const { violations } = await runRound(scene, candidate);
      if (violations.length === 0) continue;
      log(`  fails as well: ${roundText(candidate)}`);
      smallest = candidate;
      again = true;
      scene = await recreate();
      break;
    }
  }
  return smallest;
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UserError(
    `--${name} is a whole number from ${String(least)} to ${String(most)}, not ${text}. Usage: ${USAGE}`,
  );
}
