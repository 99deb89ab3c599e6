import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../config";
import { IMAGES } from "../images";
import { READ_ONLY_API_NAME, type IssuedCertificate, type Pki } from "../pki";
import { appsNetwork } from "../../plan/addressing";
import type { Platform } from "../platform/types";
import type { Registry } from "../registry";
import type { Swarm } from "../swarm";
import { swarmStack } from "../swarm/stack";
import { readOnlyApiAddress } from "../swarm/worker-proxy";
import { AcmeCertificate } from "./acme";
import { dynamicSettings } from "./dynamic-settings";
import { APPS_NETWORK } from "./names";
import { staticSettings } from "./static-settings";

/**
 * Seconds until the ingress has to run as described, for any number of workers. A change has at most 19 turns
 * (scripts/lib/deploy.sh, `tenth`) of about 21 s; the rest is for busy hosts, and for a worker that doesn't become
 * healthy. The update continues after the step has failed: the next `up` finds it done.
 */
const LIMIT = 1200;

/** Arguments of {@link Ingress}. */
export interface IngressArgs {
  /** The stack's configuration. */
  readonly config: StackConfig;
  readonly platform: Platform;
  readonly pki: Pki;
  /** The swarm that it runs on. */
  readonly swarm: Swarm;
  /** Source of the credentials for its dashboard. */
  readonly registry: Registry;
}

/**
 * Traefik on every worker, behind the application load balancer: a service with the label `traefik.enable=true` answers
 * at `https://<name>.app.<domain>`.
 */
export class Ingress extends pulumi.ComponentResource {
  /** The step after which it runs. */
  public readonly stack: pulumi.Resource;

  public constructor(name: string, args: IngressArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:ingress:Ingress", name, {}, opts);
    const { config, platform, pki, swarm, registry } = args;
    const { domain, ingress } = config;
    const certificate =
      ingress.acme === undefined
        ? (own(config) ?? pki.app)
        : new AcmeCertificate("acme", { config, acme: ingress.acme, swarm }, { parent: this }).issued;
    const workers = platform.hosts.filter((host) => host.role === "worker");
    this.stack = swarmStack(
      "ingress",
      {
        context: swarm.context,
        values: {
          IMAGE: platform.images.reference(IMAGES.traefik),
          READ_ONLY_API_NAME,
          READ_ONLY_API_ADDRESS: readOnlyApiAddress(config),
        },
        configs: {
          static: staticSettings({
            domain,
            httpsPort: platform.httpsPort,
            trusted: platform.loadBalancers.app.sources,
            hsts: ingress.hstsDays > 0,
            timeouts: ingress.timeouts,
          }),
          dynamic: dynamicSettings({ domain, hstsDays: ingress.hstsDays }),
          "tls-certificate": certificate.certificate,
          "read-only-api-ca": pki.ca,
          "read-only-api-certificate": pki.readOnlyApi.client.certificate,
        },
        secrets: {
          "tls-key": certificate.key,
          "read-only-api-key": pki.readOnlyApi.client.key,
          users: registry.htpasswd,
        },
        networks: { [APPS_NETWORK]: appsNetwork(config) },
        limit: LIMIT,
        // (The swarm starts it on a new or replaced worker. Waiting for that would make each change of a worker one of
        // the ingress, and the load balancer waits for it anyway.)
        after: workers.flatMap((host) => swarm.nodes[host.name] ?? []),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/** The user's own certificate. */
function own({ ingress: { certificate, key } }: StackConfig): IssuedCertificate | undefined {
  if (certificate === undefined || key === undefined) return undefined;
  return { certificate: pulumi.output(certificate), key: pulumi.secret(key) };
}
