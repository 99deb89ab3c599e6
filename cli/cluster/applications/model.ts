/** Applications' services as the managers have them, as far as the ingress and the platform are concerned. */

/** A port that a service publishes. */
export interface PublishedPort {
  readonly port: number;
  readonly protocol: string;
  /** `ingress` or `host`. */
  readonly mode: string;
}

/** One service of the swarm. */
export interface Application {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Labels of its containers, which Traefik doesn't read. */
  readonly containerLabels: Readonly<Record<string, string>>;
  /** Ids of its networks. */
  readonly networks: readonly string[];
  readonly ports: readonly PublishedPort[];
}

/** An overlay network. */
export interface Network {
  readonly id: string;
  readonly name: string;
  /** Its range, CIDR; empty where it isn't known. */
  readonly subnet: string;
  /** How many of its addresses are known to be in use, at least. */
  readonly used: number;
}

/** A task that has no node yet. */
interface WaitingTask {
  readonly service: string;
  /** `new` or `pending`. */
  readonly state: string;
  /** What the managers say about it; mostly empty. */
  readonly reason: string;
  /** Since when, RFC 3339. */
  readonly since: string;
}

/** What was found. */
export interface LiveApplications {
  readonly services: readonly Application[];
  readonly networks: readonly Network[];
  readonly waiting: readonly WaitingTask[];
}

/** Something in the section `ingress` of the status. */
export interface IngressFinding {
  /** The service that it is about. */
  readonly service: string;
  /** Its label; empty where it is about something else. */
  readonly label: string;
  /** For people: what is wrong, and what to do. */
  readonly text: string;
  /** Whether something doesn't work, or just could be better. */
  readonly level: "problem" | "advice";
}
