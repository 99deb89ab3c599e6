/** Services, nodes and tasks, as far as the scheduler looks at them. */

/** A node that may get tasks: Ready and Active. */
export interface PlacementNode {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly engineLabels: Readonly<Record<string, string>>;
  readonly os: string;
  readonly architecture: string;
  /** Processors, in billionths. */
  readonly nanoCpus: number;
  /** Bytes. */
  readonly memory: number;
}

/** A task that has a node and isn't about to end. */
export interface PlacementTask {
  readonly serviceId: string;
  readonly nodeId: string;
  readonly running: boolean;
  /** What it has reserved: billionths of processors, and bytes. */
  readonly nanoCpus: number;
  readonly memory: number;
}

/** How a service's tasks are replaced by an update. */
export interface UpdateSettings {
  readonly order: "start-first" | "stop-first";
  /** Tasks at a time. 0: all of them. */
  readonly parallelism: number;
  /** Seconds between two batches. */
  readonly delay: number;
  /** Seconds after a task's start during which its failure counts. */
  readonly monitor: number;
  /** Seconds that one task may take to stop and to start, its health check included. */
  readonly restart: number;
}

/** A service of any mode. */
export interface PlacementService {
  readonly id: string;
  readonly name: string;
  /** Replicas that are wanted. @default it is global, or a job */
  readonly replicas?: number;
  readonly constraints: readonly string[];
  /** Node or engine labels whose values the tasks are spread over, the first one before the next. */
  readonly spread: readonly string[];
  readonly platforms: readonly { readonly os: string; readonly architecture: string }[];
  /** Most tasks on one node. 0: no limit. */
  readonly maxPerNode: number;
  /** What each task reserves. */
  readonly nanoCpus: number;
  readonly memory: number;
  /** Host ports that each task takes, such as `8080/tcp`. */
  readonly hostPorts: readonly string[];
  /** Writable volumes and folders of the node, whose data stay behind when a task moves. */
  readonly data: readonly string[];
  readonly update: UpdateSettings;
  /** State of its last update, such as `updating`. @default there is none */
  readonly updateState?: string;
  /** Counter that forces an update. */
  readonly forced: number;
  /** Whether its containers are told their task's number, which then names something of theirs. */
  readonly numbered: boolean;
  /** Replicas that it is to have again: an interrupted rebalance has left it with more. @default none has */
  readonly unfinished?: number;
  /** Whether it has the label of an interrupted rebalance that has left no more replicas. @default no */
  readonly stale?: boolean;
}

/** What was observed. */
export interface Placements {
  readonly nodes: readonly PlacementNode[];
  readonly services: readonly PlacementService[];
  readonly tasks: readonly PlacementTask[];
}
