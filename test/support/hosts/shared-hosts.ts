/**
 * The hosts and the stack that the files of test/e2e/hosts share, in the order of their names: made by the first that needs
 * them, removed after the last test of the whole run, also when tests failed.
 */
import { figure, type Ran } from "../run";
import { HostsStack } from "./hosts-stack";
import { snapshot, type Snapshot } from "./snapshot";
import { TestHosts, type TestHost } from "./test-hosts";

/** The hosts, of which each logs in in its own way. */
export const HOSTS: readonly TestHost[] = [
  { name: "lb-1", at: 11 },
  { name: "lb-2", at: 12 },
  { name: "manager-1", at: 21, user: "root" },
  { name: "manager-2", at: 22 },
  { name: "manager-3", at: 23, sudoPassword: "correct horse" },
  { name: "registry-1", at: 31, volumes: ["registry:/srv/registry"] },
  { name: "registry-2", at: 32, volumes: ["registry:/srv/registry"] },
  { name: "worker-1", at: 41, port: 2222 },
  { name: "worker-2", at: 42, image: "bare" },
];

/** Those that become nodes. */
export const NODES = HOSTS.map(({ name }) => name).filter((name) => !name.startsWith("lb-"));

/** Zone of a host: rack-1 to rack-3. */
export const zoneOf = (host: string): string => `rack-${host.slice(-1)}`;

export const hosts = new TestHosts("hosts-e2e", "10.225.0");
export const stack = new HostsStack("hosts-e2e", hosts, {
  zones: ["rack-1", "rack-2", "rack-3"],
  loadBalancers: { hosts: ["lb-1", "lb-2"], virtual: 100 },
  inventory: NODES.map((name) => {
    const [role = ""] = name.split("-");
    return { name, role: role as "manager" | "registry" | "worker", zone: zoneOf(name) };
  }),
});

/** For work on the tests: reuses the stack of the last run, and keeps it. */
const KEEP = process.env["SWARM_HA_KEEP_TEST_STACKS"] === "1";
let isThere = true;
let first: Promise<Ran> | undefined;
let untouched: Readonly<Record<string, Snapshot>> = {};

/** The `up` that made the stack. */
export function firstUp(): Promise<Ran> {
  first ??= bringUp();
  return first;
}

let network: Promise<void> | undefined;

/** Makes the network of the hosts, and what an interrupted run has left is removed. */
export function beginHosts(): Promise<void> {
  network ??= hosts.begin();
  return network;
}

async function bringUp(): Promise<Ran> {
  await beginHosts();
  await hosts.create(...HOSTS);
  await stack.reset();
  untouched = await snapshots();
  const ran = await stack.up();
  figure(`pulumi up from nothing, ${String(HOSTS.length)} hosts`, ran.seconds);
  return ran;
}

/** The hosts' files before the first `up`. */
export function filesBefore(): Readonly<Record<string, Snapshot>> {
  return untouched;
}

/** Says that a test has destroyed the stack. */
export function sharedHostsAreFree(): void {
  isThere = false;
}

/** The hosts' files now. @param but hosts that aren't asked */
export async function snapshots(but: readonly string[] = []): Promise<Readonly<Record<string, Snapshot>>> {
  const asked = HOSTS.filter(({ name }) => !but.includes(name));
  const each = asked.map(async ({ name }) => [name, await snapshot(hosts, name)] as const);
  return Object.fromEntries(await Promise.all(each));
}

/** To be called in a `describe`: its tests begin with the stack up and healthy. */
export function useSharedHosts(): { readonly stack: HostsStack; readonly hosts: TestHosts } {
  before("the shared stack on hosts is up", async function () {
    this.timeout(900_000);
    await firstUp();
    if (isThere) await stack.untilHealthy(90);
  });
  return { stack, hosts };
}

after("the shared hosts are removed", async function () {
  this.timeout(180_000);
  if (network === undefined || KEEP) return;
  await network.catch(() => undefined);
  await first?.catch(() => undefined);
  await hosts.remove();
});
