/** Everything that the simulated AWS holds, in memory. */
import type { Address, NatGateway } from "./addresses";
import type { Bucket } from "./buckets";
import type { AlarmRecord, FlowLogRecord, LogGroupRecord } from "./monitoring";
import type { InstanceProfile, Role } from "./iam";
import type { Instance } from "./instances";
import type { BalancerRecord } from "./load-balancers";
import type { Listener } from "./listeners";
import type { TargetGroup } from "./target-groups";
import type { Zone } from "./route53";
import type { Association, Gateway, RouteTable } from "./routing";
import type { Rule, SecurityGroup } from "./security-groups";
import type { Parameter } from "./ssm";
import type { Endpoint, Reservation, Subnet, Vpc } from "./vpc";

/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** What every record has. */
export interface Kept {
  readonly id: string;
  readonly arn: string;
  tags: Tags;
}

/** A resource that the tagging API still lists although it is gone. */
export interface Gone {
  readonly arn: string;
  readonly tags: Tags;
  /** Real milliseconds since 1970. */
  readonly at: number;
}

/** See the file's head: tables by id. */
export class State {
  public readonly vpcs = new Map<string, Vpc>();
  public readonly subnets = new Map<string, Subnet>();
  public readonly reservations = new Map<string, Reservation>();
  public readonly endpoints = new Map<string, Endpoint>();
  public readonly gateways = new Map<string, Gateway>();
  public readonly routeTables = new Map<string, RouteTable>();
  public readonly associations = new Map<string, Association>();
  public readonly addresses = new Map<string, Address>();
  public readonly natGateways = new Map<string, NatGateway>();
  public readonly groups = new Map<string, SecurityGroup>();
  public readonly rules = new Map<string, Rule>();
  public readonly instances = new Map<string, Instance>();
  public readonly balancers = new Map<string, BalancerRecord>();
  public readonly listeners = new Map<string, Listener>();
  public readonly targetGroups = new Map<string, TargetGroup>();
  public readonly roles = new Map<string, Role>();
  public readonly profiles = new Map<string, InstanceProfile>();
  public readonly parameters = new Map<string, Parameter>();
  public readonly buckets = new Map<string, Bucket>();
  public readonly zones = new Map<string, Zone>();
  public readonly logGroups = new Map<string, LogGroupRecord>();
  public readonly alarms = new Map<string, AlarmRecord>();
  public readonly flowLogs = new Map<string, FlowLogRecord>();
  public readonly gone: Gone[] = [];

  /** All records that carry tags. */
  public *tagged(): Generator<Kept> {
    for (const table of [
      ...[this.vpcs, this.subnets, this.reservations, this.endpoints, this.gateways, this.routeTables, this.addresses],
      ...[this.natGateways, this.groups, this.rules, this.instances, this.balancers, this.listeners, this.targetGroups],
      ...[this.roles, this.profiles, this.parameters, this.buckets, this.zones, this.logGroups, this.alarms],
      this.flowLogs,
    ])
      yield* table.values();
  }

  /** Removes a record from its table; the tagging API remembers it. */
  public forget<T extends Kept>(table: Map<string, T>, id: string): void {
    const record = table.get(id);
    if (record === undefined) return;
    table.delete(id);
    this.gone.push({ arn: record.arn, tags: record.tags, at: Date.now() });
  }
}
