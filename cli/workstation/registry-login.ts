import type { StackOutputs } from "../../components/outputs";

/** A call of `docker login`. */
export interface RegistryLogin {
  /** `host:port`, under which docker keeps the credentials. */
  readonly registry: string;
  /** Which Docker engine tries them. */
  readonly options: readonly string[];
  /** The password, for standard input. */
  readonly input: string;
}

/**
 * The names under which docker needs the registry's credentials. Pure.
 *
 * `stack deploy --with-registry-auth` looks for those of the registry's own name. A login is done by the Docker engine, and so by
 * a manager, which knows that name and trusts its certificate, whether or not the workstation does. Where the load balancers
 * are on the workstation (local), its Docker engine pushes to `localhost`, which needs no name and no trust.
 *
 * @param context the docker context that leads to the managers
 */
export function registryLogins(
  context: string,
  { endpoints, registryCredentials }: Pick<StackOutputs, "endpoints" | "registryCredentials">,
): RegistryLogin[] {
  if (endpoints.registry === undefined || registryCredentials === undefined) return [];
  const { host, port } = new URL(endpoints.registry);
  const input = registryCredentials.password;
  const here = new URL(endpoints.manager).hostname === "127.0.0.1";
  return [
    { registry: host, options: ["--context", context], input },
    ...(here ? [{ registry: `localhost:${port}`, options: ["--context", "default"], input }] : []),
  ];
}
