/** The Docker engine of a host, and the swarm that it is in. Pure. */
import { list } from "../../../cluster/words";
import { advice, isOurs, problem, some, type Finding, type Wanted } from "./finding";
import type { Asked } from "./look";
import type { HostReport } from "./report";

/** Oldest Docker engine that is taken as it is installed. The steps check the same one (scripts/lib/engine.sh). */
export const OLDEST = "20.10";

/** Its version, its package and its settings. */
export function engineProblems({ name, node }: Asked, report: HostReport, { engine: { source } }: Wanted): Finding[] {
  const { engine, firewallBackend, firewalls, packages } = report;
  const found: Finding[] = [];
  if (firewalls != null && firewalls.length > 0) {
    found.push(
      advice(
        [name],
        `A firewall of ${name} is active (${list(firewalls)}). It must let the swarm's ports through between all hosts, and a reload must ` +
          "leave the rules of the Docker engine alone: restart docker after one",
      ),
    );
  }
  if (firewallBackend === "nftables") {
    found.push(
      problem(
        [name],
        `The Docker engine of ${name} is set to nftables (firewall-backend in /etc/docker/daemon.json), which it refuses together with ` +
          "swarm mode (moby 50467). Remove that line",
      ),
    );
  }
  if (packages != null && packages !== "") {
    found.push(
      problem(
        [name],
        `The Docker engine can't be installed on ${name}: ${packages}. Make its package available there (apt-cache policy, ` +
          "apt-mark showhold), or install an engine yourself and write engine: { source: installed }",
      ),
    );
  }
  if (!node) return found;
  if (engine == null) {
    if (source === "installed") {
      found.push(
        problem(
          [name],
          `${name} has no Docker engine, and engine.source is installed. Install one, or write source: docker`,
        ),
      );
    }
    return found;
  }
  if (older(engine.version, OLDEST)) {
    found.push(
      problem(
        [name],
        `The Docker engine of ${name} is ${engine.version}; ${OLDEST} or later is needed. Upgrade its package`,
      ),
    );
  }
  const of = { docker: "docker-ce", debian: "docker.io" };
  if (source !== "installed" && engine.package !== "" && engine.package !== of[source]) {
    found.push(
      problem(
        [name],
        `${name} has the package ${engine.package} (${engine.version}), and engine.source is ${source}, which installs ${of[source]}. ` +
          `Write source: ${engine.package === "docker-ce" ? "docker" : engine.package === "docker.io" ? "debian" : "installed"}, or remove that package`,
      ),
    );
  }
  return found;
}

/** Whether a version is older than another. Suffixes don't matter. */
export function older(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) =>
    text
      .split(/[^\d]+/)
      .slice(0, 3)
      .map(Number),
  );
  for (let n = 0; n < 3; n++) {
    const difference = (a?.[n] ?? 0) - (b?.[n] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** A swarm or containers that are there before the stack. */
export function swarmProblems(host: Asked, report: HostReport, wanted: Wanted): Finding[] {
  if (isOurs(report, host, wanted)) return [];
  const { name, role, node } = host;
  const { swarm, containers } = report;
  const inSwarm = swarm != null && swarm.state !== "inactive";
  const found: Finding[] = [];
  if (!wanted.adopt) {
    if (inSwarm) {
      found.push(
        problem(
          [name],
          `${name} is in a swarm already (${swarm.state}${swarm.clusterId == null || swarm.clusterId === "" ? "" : `, cluster ${swarm.clusterId}`}). Nothing ` +
            "was touched. To take that swarm over: adopt: true. To start over: docker swarm leave --force there",
        ),
      );
    } else if (containers != null && containers.length > 0) {
      found.push(
        problem(
          [name],
          `${name} has containers already (${some(containers)}). Nothing was touched. Remove them, or leave them and write adopt: true`,
        ),
      );
    }
    return found;
  }
  if (!inSwarm || !node) return found;
  if (swarm.state !== "active") {
    found.push(
      problem(
        [name],
        `The Docker engine of ${name} is in a swarm with the state ${swarm.state}. Bring it to active before it is taken over`,
      ),
    );
    return found;
  }
  const is = swarm.manager ? "a manager" : "a worker";
  if (swarm.manager !== (role === "manager")) {
    found.push(
      problem(
        [name],
        `${name} is ${is} of the swarm, and the inventory says ${role}. Roles aren't swapped while a swarm is taken over: ` +
          `docker node ${role === "manager" ? "promote" : "demote"} ${name}, or change its role in the inventory`,
      ),
    );
  }
  return found;
}
