import { APPS_NETWORK } from "../../../components/ingress/names";
import { PORTS } from "../../../plan/ports";
import { list } from "../words";
import { definitionsOf, isTrue, valueOf } from "./labels";
import type { Application, IngressFinding, Network } from "./model";

const TRAEFIK = /^traefik\./i;

/** Ports of hosts that the platform uses, on some tier. */
const TAKEN: ReadonlyMap<number, string> = new Map([
  [PORTS.ssh, "SSH"],
  [PORTS.http, "the ingress"],
  [PORTS.https, "the ingress"],
  [PORTS.api, "the managers' API"],
  [PORTS.swarm, "the swarm"],
  [PORTS.vxlan, "overlay networks"],
  [PORTS.registry, "the registry"],
  [PORTS.registryHealth, "the registry"],
  [PORTS.gossip, "the swarm"],
  [PORTS.ping, "the ingress's health check"],
  [PORTS.health, "the managers' health check"],
  [PORTS.readOnlyApi, "the managers' read-only API"],
]);

/** What keeps a service from being served, in its labels and networks. Pure. */
export function serviceFindings(application: Application, networks: readonly Network[]): IngressFinding[] {
  const { name, labels, containerLabels } = application;
  const findings: IngressFinding[] = [];
  const add = (label: string, text: string, level: IngressFinding["level"] = "problem"): void => {
    findings.push({ service: name, label, text: `${name} ${text}`, level });
  };
  const enabled = valueOf(labels, "traefik.enable");
  const misplaced = Object.keys(containerLabels).find((label) => TRAEFIK.test(label));
  if (misplaced !== undefined && enabled === undefined) {
    add(
      misplaced,
      `has the label ${misplaced} on its containers, where Traefik doesn't look. Move its labels below deploy.labels`,
    );
  }
  const store = Object.keys(labels).find((label) => /^traefik\.tls\./i.test(label));
  if (store !== undefined && isTrue(enabled)) {
    add(store, `has the label ${store}: the ingress has one certificate, for *.app.<domain>. Remove it`);
  }
  const definitions = definitionsOf(labels);
  if (enabled === undefined && definitions.length > 0) {
    add("traefik.enable", "has labels for the ingress, but not traefik.enable=true, so it isn't served. Add it");
  }
  if (!isTrue(enabled)) return findings;

  if (has(labels, /^traefik\.docker\./i) && has(labels, /^traefik\.swarm\./i)) {
    add("traefik.docker.*", "has labels traefik.docker.* and traefik.swarm.*: Traefik skips it. Keep traefik.swarm.*");
  }
  const apps = networks.find((network) => network.name === APPS_NETWORK);
  if (apps !== undefined && !application.networks.includes(apps.id)) {
    add(
      "",
      `isn't in the network ${APPS_NETWORK}, so the ingress can't reach it. Add the network (external: true) to it`,
    );
  }
  const services = definitions.filter(({ protocol, kind }) => protocol === "http" && kind === "services");
  const other = definitions.some(({ protocol }) => protocol !== "http");
  const portless = services.filter(
    ({ values }) => !("loadbalancer.server.port" in values) && !("loadbalancer.server.url" in values),
  );
  if (services.length === 0 && !other) {
    const label = `traefik.http.services.${name}.loadbalancer.server.port`;
    add(label, `has no label for its port, so it isn't served. Add ${label}=<port>`);
  }
  for (const service of portless) {
    const label = `traefik.http.services.${service.name}.loadbalancer.server.port`;
    add(
      label,
      `has no label for the port of Traefik's service ${service.name}, so it isn't served. Add ${label}=<port>`,
    );
  }
  for (const service of services) {
    const fields = Object.keys(service.values);
    const sticky = fields.some((field) => field.startsWith("loadbalancer.sticky"));
    const checked = fields.some((field) => /^loadbalancer\.(passive)?healthcheck\b/.test(field));
    if (!sticky || checked) continue;
    const label = `traefik.http.services.${service.name}.loadbalancer.passivehealthcheck.failurewindow`;
    add(
      label,
      `has a sticky cookie and no health check: while a worker is dead, its clients get errors for up to 20 s. Add ${label}=5s`,
      "advice",
    );
  }
  return findings;
}

/** Published ports that the platform uses. Pure. */
export function portFindings({ name, ports }: Application): IngressFinding[] {
  return ports.flatMap(({ port, protocol, mode }) => {
    const owner = TAKEN.get(port);
    if (owner === undefined || (protocol !== "tcp" && port !== PORTS.vxlan && port !== PORTS.gossip)) return [];
    const text =
      `${name} publishes port ${String(port)} (mode ${mode}), which ${owner} uses: one of them doesn't get it. ` +
      `Publish another one, or let the ingress serve it (docs/applications.md)`;
    return [{ service: name, label: "", text, level: "problem" as const }];
  });
}

/** Services that publish the same port. Pure. */
export function samePorts(applications: readonly Application[]): IngressFinding[] {
  const by = new Map<string, string[]>();
  for (const { name, ports } of applications) {
    for (const { port, protocol } of ports) {
      const key = `${String(port)}/${protocol}`;
      by.set(key, [...new Set([...(by.get(key) ?? []), name])]);
    }
  }
  return [...by].flatMap(([port, names]) =>
    names.length < 2
      ? []
      : [
          {
            service: names.at(-1) ?? "",
            label: "",
            text: `${list(names)} publish port ${port}: only one of them gets it on a host. Publish another one`,
            level: "problem" as const,
          },
        ],
  );
}

function has(labels: Readonly<Record<string, string>>, pattern: RegExp): boolean {
  return Object.keys(labels).some((label) => pattern.test(label));
}
