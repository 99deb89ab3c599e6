/** The overlay network that applications share with the ingress. */
export const APPS_NETWORK = "apps";

/** Domain of the applications: each is at `<name>.<this domain>`. */
export function appsDomain(domain: string): string {
  return `app.${domain}`;
}

/** Host name of the ingress's own dashboard. */
export function dashboardHost(domain: string): string {
  return `traefik.${appsDomain(domain)}`;
}
