import { dashboardHost } from "../../../components/ingress/names";
import { MAX_PRIORITY } from "../../../components/ingress/priority";
import { APPLICATION_NAME } from "../../../plan/labels";
import { list } from "../words";
import { listIn, type Definition } from "./labels";
import type { IngressFinding } from "./model";
import { hostsOf, priorityOf, takesAll } from "./rules";

/** A definition, and the service whose labels have it. */
export interface Defined extends Definition {
  readonly service: string;
}

/** A router of HTTP, as Traefik takes it. */
export interface Router extends Defined {
  readonly rule: string;
}

/** Entry points that applications may use. */
const ENTRY_POINTS = ["web", "websecure"];

/** Middlewares and transports that the ingress's own file defines. */
const OWN_MIDDLEWARES = ["retry@file", "hsts@file"];

/** What the program keeps for itself: names of its routers, services and middlewares. */
const RESERVED = /^swarm-ha-/i;

/** Names that two services define, names that are the program's, and rules that two routers have. Pure. */
export function duplicates(definitions: readonly Defined[], routers: readonly Router[]): IngressFinding[] {
  const findings: IngressFinding[] = [];
  const by = new Map<string, Defined[]>();
  for (const one of definitions) {
    const key = `${one.protocol} ${one.kind} ${one.name}`;
    by.set(key, [...(by.get(key) ?? []), one]);
  }
  for (const [first, ...others] of by.values()) {
    if (first === undefined) continue;
    if (others.length > 0) {
      const services = [first, ...others].map(({ service }) => service);
      const same = others.every(({ values }) => equal(values, first.values));
      const what = { routers: "router", services: "service", middlewares: "middleware" }[first.kind];
      const harm = same
        ? first.kind === "services"
          ? "Traefik mixes their tasks"
          : "Traefik takes them for one"
        : "Traefik drops it, and its requests get 404";
      findings.push({
        service: services[1] ?? "",
        label: first.label,
        level: first.kind === "middlewares" && same ? "advice" : "problem",
        text:
          `${list(services)} define Traefik's ${first.protocol.toUpperCase()} ${what} ${first.name}: ${harm}. ` +
          `Rename it in one of them: begin names with the stack's name`,
      });
    }
    for (const { service, name, label } of [first, ...others]) {
      if (!RESERVED.test(name)) continue;
      const text = `${service} has the label ${label}: names that begin with swarm-ha- belong to the ingress. Rename it`;
      findings.push({ service, label, text, level: "problem" });
    }
  }
  const rules = new Map<string, Router[]>();
  for (const router of routers) {
    const key = JSON.stringify([
      router.rule,
      listIn(router.values["entrypoints"]).sort(),
      router.values["priority"] ?? "",
    ]);
    rules.set(key, [...(rules.get(key) ?? []), router]);
  }
  for (const [first, ...others] of rules.values()) {
    const other = others.find(({ service }) => service !== first?.service);
    if (first === undefined || other === undefined) continue;
    const text =
      `${first.service} and ${other.service} have the same rule, ${first.rule}: requests go to either of them. ` +
      `Give one of them another name (label ${APPLICATION_NAME}) or rule`;
    findings.push({ service: other.service, label: other.label, text, level: "problem" });
  }
  return findings;
}

/** Routers that take another application's requests, or the dashboard's. Pure. */
export function takeovers(routers: readonly Router[], domain: string): IngressFinding[] {
  const dashboard = dashboardHost(domain);
  return routers.flatMap((router): IngressFinding[] => {
    const { service, label, rule, name } = router;
    const priority = priorityOf(rule, router.values["priority"]);
    const at = label === "" ? `the router ${name}` : `the label ${label}`;
    if (priority >= MAX_PRIORITY) {
      const text = `${service}: ${at} has the priority ${String(priority)}, which belongs to the ingress. Lower it`;
      return [{ service, label, text, level: "problem" }];
    }
    if (hostsOf(rule).literals.includes(dashboard)) {
      const text = `${service} asks for the host ${dashboard}, which is the ingress's dashboard: it gets no requests. Choose another`;
      return [{ service, label, text, level: "problem" }];
    }
    const victims = routers.filter(
      (other) =>
        other.service !== service &&
        priorityOf(other.rule, other.values["priority"]) <= priority &&
        sharesEntryPoint(router, other) &&
        hostsOf(other.rule).literals.some((host) => takesAll(rule, host)),
    );
    if (victims.length === 0) return [];
    const text =
      `${service}: ${at} (${rule}) takes the requests of ${list([...new Set(victims.map((victim) => victim.service))])}. ` +
      `Set its priority to 1 (traefik.http.routers.${name}.priority=1), so that it takes only what no other router takes`;
    return [{ service, label, text, level: "problem" }];
  });
}

/** What routers refer to and isn't there. Pure. */
export function unknowns(routers: readonly Router[], definitions: readonly Defined[]): IngressFinding[] {
  const known = (protocol: string, kind: string): Set<string> =>
    new Set(definitions.filter((one) => one.protocol === protocol && one.kind === kind).map(({ name }) => name));
  const middlewares = known("http", "middlewares");
  const services = known("http", "services");
  return routers.flatMap(({ service, name, values }) => {
    const findings: IngressFinding[] = [];
    const add = (field: string, text: string, level: IngressFinding["level"] = "problem"): void => {
      const label = `traefik.http.routers.${name}.${field}`;
      findings.push({ service, label, text: `${service}: the label ${label} ${text}`, level });
    };
    const entryPoints = listIn(values["entrypoints"]);
    const foreign = entryPoints.filter((point) => !ENTRY_POINTS.includes(point));
    if (foreign.length > 0) {
      const some = foreign.length < entryPoints.length ? "" : ", so its requests get 404";
      add(
        "entrypoints",
        `names ${list(foreign)}, and applications have the entry points web and websecure${some}. Remove the label: websecure is the default`,
      );
    }
    for (const one of listIn(values["middlewares"])) {
      const [bare = "", provider = "swarm"] = one.split("@");
      const found = provider === "swarm" ? middlewares.has(bare) : OWN_MIDDLEWARES.includes(one);
      if (found) continue;
      add("middlewares", `names ${one}, which no service defines, so its requests get 404. Define it, or remove it`);
    }
    const target = values["service"];
    if (target !== undefined) {
      const [bare = "", provider = "swarm"] = target.split("@");
      if (provider === "internal") add("service", `names ${target}, which belongs to the ingress. Remove it`);
      else if (provider !== "swarm" || !services.has(bare)) {
        // A service without labels of its own for it is called after itself.
        if (bare !== service)
          add("service", `names ${target}, which no service defines, so its requests get 404. Correct it`);
      }
    }
    const resolver = values["tls.certresolver"];
    if (resolver !== undefined) {
      add(
        "tls.certresolver",
        `names ${resolver}, and the ingress has no certificate resolvers: its own certificate serves *.app.<domain>. Remove the label`,
      );
    }
    const options = values["tls.options"];
    if (options !== undefined && options !== "default" && options !== "default@file") {
      add("tls.options", `names ${options}, which isn't there. Remove the label`);
    }
    return findings;
  });
}

function sharesEntryPoint(one: Router, other: Router): boolean {
  const points = (router: Router): string[] => {
    const named = listIn(router.values["entrypoints"]);
    return named.length === 0 ? ["websecure"] : named;
  };
  return points(one).some((point) => points(other).includes(point));
}

function equal(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const text = (values: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(values).sort());
  return text(one) === text(other);
}
