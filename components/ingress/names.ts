/** The overlay network that applications share with the ingress. */
export const APPS_NETWORK = "apps";

/** Where applications answer: each at `<name>.` before it. */
export function appsDomain(domain: string): string {
  return `app.${domain}`;
}

/** Host name of the ingress's own dashboard. */
export function dashboardHost(domain: string): string {
  return `traefik.${appsDomain(domain)}`;
}
