import type { Login } from "../../../plan/login";
import type { BalancerFiles } from "./balancers";

/** Inputs of a host's resource, as in the state. */
export interface HostInputs {
  /** Name of the stack. */
  readonly stack: string;
  /** Its host name, which is the name in the stack and of the node. */
  readonly name: string;
  /** Labels, as other platforms have them on containers and instances; see plan/labels.ts. */
  readonly labels: Readonly<Record<string, string>>;
  /** Its private address. */
  readonly address: string;
  /** Its login, as seen from the bastion; the bastion's, as seen from the workstation. Secret. */
  readonly login: Login;
  /** The bastion's login. Secret. @default it is the bastion */
  readonly bastion?: Login;
  /** Its SSH host key, which is in `login`, too: plain, so that a preflight can tell a new one without the secrets. */
  readonly hostKey?: string;
  /** Source of its Docker engine, and the version. */
  readonly engine: {
    readonly source: "docker" | "debian" | "installed";
    /** @default the newest one of the source when it is installed */
    readonly version?: string;
  };
  /** Whether a host with a swarm or containers is taken over. Otherwise it is refused. */
  readonly adopt: boolean;
  /**
   * Address at which containers reach the managers' read-only API. The Docker engine of a host that is taken over as it is has
   * another bridge.
   *
   * @default nothing is taken over, or no container asks there
   */
  readonly readOnlyApi?: string;
  /** Settings of its load balancers. @default it has none */
  readonly loadBalancer?: BalancerFiles;
}

/** What the state stores of a host. */
export interface HostState extends HostInputs {
  /** A random id, made at each claim: it changes exactly when the host is replaced. */
  readonly identity: string;
  /** The operating system's id: another one means another machine. */
  readonly machineId: string;
  /** Whether the host was set up after it was claimed. */
  readonly complete: boolean;
}
