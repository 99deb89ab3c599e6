/**
 * The hosts and the stack that the files of test/long/hosts-life share, in the order of their names. An application serves on them
 * through the load balancers' virtual address.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cachePath } from "../../../cli/paths";
import { Load } from "../load";
import { figure } from "../run";
import { HelloOnHosts } from "./hello";
import { HostsStack, type InventoryHost } from "./hosts-stack";
import { TestHosts, type TestHost } from "./test-hosts";

const NAME = "hosts-life";
/** The version that the hosts have at first. */
export const FIRST_ENGINE = "26.1.5";

const FIRST: readonly TestHost[] = [
  { name: "lb-1", at: 11 },
  { name: "lb-2", at: 12 },
  { name: "manager-1", at: 21 },
  { name: "manager-2", at: 22 },
  { name: "manager-3", at: 23 },
  { name: "registry-1", at: 31, volumes: ["registry:/srv/registry"] },
  { name: "registry-2", at: 32, volumes: ["registry:/srv/registry"] },
  { name: "worker-1", at: 41 },
  { name: "worker-2", at: 42 },
  { name: "worker-3", at: 43 },
];

/** For work on the tests: goes on with what the last run has left, and keeps it. */
const KEEP = process.env["SWARM_HA_KEEP_TEST_STACKS"] === "1";
const KEPT = join(cachePath("test-stacks"), `${NAME}-hosts.json`);

/** An entry of the inventory. Zones are rack-1 to rack-3, in turn. */
export function entryOf(name: string): InventoryHost {
  const [role = "", number = "1"] = name.split("-");
  return { name, role: role as InventoryHost["role"], zone: `rack-${String(((Number(number) - 1) % 3) + 1)}` };
}

export const hosts = new TestHosts(NAME, "10.226.0");
export const stack = new HostsStack(NAME, hosts, {
  zones: ["rack-1", "rack-2", "rack-3"],
  loadBalancers: { hosts: ["lb-1", "lb-2"], virtual: 100 },
  inventory: FIRST.map(({ name }) => name).flatMap((name) => (name.startsWith("lb-") ? [] : [entryOf(name)])),
  more: { engine: { source: "debian", version: FIRST_ENGINE } },
});

let begun: Promise<HelloOnHosts> | undefined;

async function begin(): Promise<HelloOnHosts> {
  if (KEEP && existsSync(KEPT)) {
    hosts.resume(JSON.parse(readFileSync(KEPT, "utf8")));
    return new HelloOnHosts(stack, await stack.outputs());
  }
  await hosts.begin();
  await hosts.create(...FIRST);
  await stack.reset();
  figure(`pulumi up from nothing, ${String(FIRST.length)} hosts`, (await stack.up()).seconds);
  const hello = new HelloOnHosts(stack, await stack.outputs());
  await hello.deploy();
  keep();
  return hello;
}

function keep(): void {
  if (KEEP) writeFileSync(KEPT, JSON.stringify(hosts.kept), { mode: 0o600 });
}

/** Makes hosts and takes them into the inventory, with their host keys. */
export async function addToInventory(...added: readonly TestHost[]): Promise<void> {
  await hosts.create(...added);
  keep();
  stack.edit(({ inventory }) => {
    for (const { name, at } of added) inventory.push({ ...entryOf(name), address: hosts.address(at) });
  });
  await stack.good("trust-hosts", [stack.name, "--yes"], 60);
}

/** To be called in a `describe`: its tests begin with the stack healthy, and with the application that answers. */
export function useLife(): { readonly hello: () => HelloOnHosts } {
  let hello: HelloOnHosts | undefined;
  before("the stack is up and its application answers", async function () {
    this.timeout(900_000);
    begun ??= begin();
    hello = await begun;
    await stack.untilHealthy();
    await hello.untilAnswers();
  });
  return {
    hello: () => {
      assert.ok(hello !== undefined);
      return hello;
    },
  };
}

/**
 * Does some work under the application's load. No request may fail.
 *
 * @param what the work's title among the figures
 */
export async function underLoad<T>(hello: HelloOnHosts, what: string, work: () => Promise<T>): Promise<T> {
  const from = Date.now();
  const load = new Load(() => hello.ask(), MOST);
  let done: T;
  try {
    done = await work();
  } finally {
    await load.stop();
  }
  const { requests, failed, longestGap, slowest } = load.report(from);
  const times = `longest gap ${longestGap.toFixed(1)} s, slowest answer ${slowest.toFixed(1)} s`;
  console.log(`        ${what}: ${String(requests)} requests, ${String(failed.length)} failed; ${times}`);
  assert.ok(requests > 10, String(requests));
  assert.deepEqual(failed, [], what);
  return done;
}

/** Requests after which a load ends: 100 minutes. */
const MOST = 60_000;

after("the hosts are removed", async function () {
  this.timeout(180_000);
  if (begun === undefined) return;
  await begun.catch(() => undefined);
  if (KEEP) keep();
  else await hosts.remove();
});
