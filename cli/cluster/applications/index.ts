/** Faults in applications' labels, networks and ports: between each other, with the ingress, with the platform. */
import { appsDomain } from "../../../components/ingress/names";
import { APPLICATION_NAME } from "../../../plan/labels";
import { SERVICES } from "../../../plan/stack-names";
import type { Problem } from "../model";
import { definitionsOf, isTrue, valueOf } from "./labels";
import type { Application, IngressFinding, LiveApplications } from "./model";
import { duplicates, takeovers, unknowns, type Defined, type Router } from "./router-findings";
import { portFindings, samePorts, serviceFindings } from "./service-findings";
import { taskFindings } from "./task-findings";

/** All that is found. Pure. */
export function ingressFindings(live: LiveApplications, domain: string, now: Date): IngressFinding[] {
  const users = live.services.filter(({ name }) => !Object.values<string>(SERVICES).includes(name));
  const served = users.filter(({ labels }) => isTrue(valueOf(labels, "traefik.enable")));
  const definitions = served.flatMap(({ name, labels }) =>
    definitionsOf(labels).map((definition): Defined => ({ ...definition, service: name })),
  );
  const routers = served.flatMap((application) => routersOf(application, domain));
  return [
    ...duplicates(definitions, routers),
    ...takeovers(routers, domain),
    ...unknowns(routers, definitions),
    ...users.flatMap((application) => serviceFindings(application, live.networks)),
    ...users.flatMap(portFindings),
    ...samePorts(users),
    ...taskFindings(live, now),
  ];
}

/** Findings that are problems of the cluster. No `up` fixes them. */
export function applicationProblems(findings: readonly IngressFinding[]): Problem[] {
  return findings.flatMap(({ level, text }) =>
    level === "problem" ? [{ kind: "application", hosts: [], text, byHand: true }] : [],
  );
}

/**
 * A service's HTTP routers, with their rules. Where labels define none, Traefik makes one that is called after the service.
 * Source: Traefik 3.6, pkg/provider/configuration.go (`BuildRouterConfiguration`).
 */
function routersOf({ name, labels }: Application, domain: string): Router[] {
  const all = definitionsOf(labels);
  const given = all.filter(({ protocol, kind }) => protocol === "http" && kind === "routers");
  const host =
    valueOf(labels, APPLICATION_NAME) ??
    name
      .split(/[^\p{L}\p{N}]+/u)
      .filter(Boolean)
      .join("-");
  const rule = `Host(\`${host}.${appsDomain(domain)}\`)`;
  const others = all.some(({ protocol }) => protocol !== "http");
  const http = all.filter(({ protocol }) => protocol === "http");
  // One for TCP or UDP alone has none.
  if (given.length === 0 && others && http.length === 0) return [];
  if (given.length === 0) {
    return [{ protocol: "http", kind: "routers", name, label: "", values: {}, service: name, rule }];
  }
  return given.map((router) => {
    const own = router.values["rule"] ?? "";
    return { ...router, service: name, rule: own === "" ? rule : own };
  });
}
