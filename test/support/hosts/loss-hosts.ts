/**
 * The hosts and the stack that the files test/long/hosts-loss-* share, in the order of their names: made by the first that needs
 * them, removed after the last test of the whole run, also when tests failed.
 */
import { AppClient } from "../app-client";
import { Load } from "../load";
import { figure, until } from "../run";
import { IMAGE, WebService } from "../web-service";
import { HostsStack } from "./hosts-stack";
import { snapshot, type Snapshot } from "./snapshot";
import { TestHosts, type TestHost } from "./test-hosts";

/** Name of the registry's endpoint, which somebody else's load balancer has. */
export const REGISTRY = "images.site.example";

/** The stack's hosts, and two that aren't its own: the load balancer of the registry, and the place of the backups. */
export const HOSTS: readonly TestHost[] = [
  { name: "bastion", at: 10, image: "bare" },
  { name: "lb-1", at: 11 },
  { name: "lb-2", at: 12 },
  { name: "edge", at: 13, aliases: [REGISTRY] },
  { name: "store", at: 14, image: "bare" },
  { name: "manager-1", at: 21, user: "root" },
  { name: "manager-2", at: 22 },
  { name: "manager-3", at: 23, sudoPassword: "correct horse" },
  { name: "registry-1", at: 31 },
  { name: "worker-1", at: 41, port: 2222 },
  { name: "worker-2", at: 42 },
];

/** Those that become nodes. */
export const NODES = HOSTS.map(({ name }) => name).filter((name) => /^(manager|registry|worker)-/.test(name));
/** The managers. */
export const MANAGERS = NODES.filter((name) => name.startsWith("manager-"));

export const hosts = new TestHosts("hosts-loss", "10.224.0");
export const stack = new HostsStack("hosts-loss", hosts, {
  zones: ["rack-1", "rack-2", "rack-3"],
  bastion: "bastion",
  loadBalancers: { hosts: ["lb-1", "lb-2"], virtual: 100, registry: `${REGISTRY}:5000` },
  inventory: NODES.map((name) => {
    const [role = ""] = name.split("-");
    return { name, role: role as "manager" | "registry" | "worker", zone: `rack-${name.slice(-1)}` };
  }),
});

/** Port of the backups' place. */
const STORE_PORT = 8000;
/** For work on the tests: reuses the stack of the last run, and keeps it. */
const KEEP = process.env["SWARM_HA_KEEP_TEST_STACKS"] === "1";
let up: Promise<void> | undefined;
let isThere = true;
let worker: Snapshot | undefined;

async function bringUp(): Promise<void> {
  await hosts.begin();
  await hosts.create(...HOSTS);
  await startStore();
  await stack.reset();
  stack.configure({
    backup: { repository: `rest:http://${hosts.address(hosts.host("store").at)}:${String(STORE_PORT)}/` },
  });
  await stack.setSecret("swarm-ha:backup.password", "a password of a test");
  worker = await snapshot(hosts, "worker-1");
  const { seconds } = await stack.up();
  figure(`pulumi up from nothing, ${String(HOSTS.length - 2)} hosts`, seconds);
}

/** Whoever serves the backups: no host of the stack. */
async function startStore(): Promise<void> {
  const install =
    "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends rclone";
  await hosts.bash("store", `${install} >/dev/null 2>&1`, 180);
  const serve = `rclone serve restic --addr :${String(STORE_PORT)} /srv/backups`;
  await hosts.bash("store", `mkdir -p /srv/backups && systemd-run --quiet --unit backups ${serve}`);
}

/** The files of worker-1 before the first `up`. */
export function workerBefore(): Snapshot {
  if (worker === undefined) throw new Error("the stack has not been there yet");
  return worker;
}

/** Says that a test has destroyed the stack. */
export function lossStackIsGone(): void {
  isThere = false;
}

/** To be called in a `describe`: its tests begin with the stack up and healthy. */
export function useLossStack(): { readonly stack: HostsStack; readonly hosts: TestHosts } {
  before("the stack that is lost in parts is up", async function () {
    this.timeout(900_000);
    up ??= bringUp();
    await up;
    if (isThere) await stack.untilHealthy(90);
  });
  return { stack, hosts };
}

/** Lets the program know the new host keys of hosts that were re-installed. */
export async function trustAgain(): Promise<void> {
  await stack.good("trust-hosts", [stack.name, "--renew", "--yes"], 60);
}

/** An application on both workers, which is asked all the time at the load balancers' address. */
export class Application {
  private constructor(private readonly client: AppClient) {}

  /** Deploys it, unless it is there, and waits until it answers. */
  public static async deploy(): Promise<Application> {
    await new WebService(stack).load("worker-1", "worker-2");
    const labels = {
      "traefik.enable": "true",
      "swarm-ha.name": "web",
      "traefik.http.services.web.loadbalancer.server.port": "8080",
    };
    const services = await stack.onManager(["docker", "service", "ls", "--format", "{{.Name}}"]);
    if (!services.split("\n").includes("web")) {
      await stack.onManager(
        [
          ...["docker", "service", "create", "--name", "web", "--quiet", "--detach", "--no-resolve-image"],
          ...["--replicas", "2", "--network", "apps", "--placement-pref", "spread=node.labels.swarm-ha.zone"],
          ...["--constraint", "node.labels.swarm-ha.role==worker"],
          ...Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]),
          IMAGE,
        ],
        60,
      );
    }
    const application = new Application(new AppClient(await stack.outputs(), stack.virtualAddress));
    await until("the application to answer", 90, () => application.ask().then(() => undefined));
    return application;
  }

  /** Asks it once. @throws Error when it doesn't answer */
  public async ask(): Promise<void> {
    const { status, body } = await this.client.ask("web", "/");
    if (status !== 200) throw new Error(`HTTP ${String(status)} ${body.trim()}`);
  }

  /** Asks it ten times a second. */
  public load(): Load {
    return new Load(() => this.ask(), 12_000);
  }
}

after("the hosts of the lost stack are removed", async function () {
  this.timeout(180_000);
  if (up === undefined || KEEP) return;
  await up.catch(() => undefined);
  await hosts.remove();
});
