/** What all services of the simulated AWS share. */
import type { Substrate } from "../cloud/substrate";
import type { Clock } from "./clock";
import type { Faults } from "./faults";
import { regionalArn } from "./ids";
import type { Network } from "./network";
import type { ObjectStore } from "./object-store";
import type { Quotas } from "./quotas";
import type { State } from "./state";

/** See the file's head. */
export interface Cloud {
  readonly region: string;
  readonly zones: readonly string[];
  /** Account id. */
  readonly account: string;
  readonly clock: Clock;
  readonly state: State;
  readonly substrate: Substrate;
  readonly network: Network;
  readonly objects: ObjectStore;
  /** Limits of the account, by quota code; a drive may set them. */
  readonly quotas: Quotas;
  readonly faults: Faults;
}

/** An ARN in the cloud's region and account. */
export function arnOf(cloud: Pick<Cloud, "region" | "account">, service: string, resource: string): string {
  return regionalArn(cloud, service, resource);
}
