/** A substrate in memory. It refuses what the real one refuses: unknown ids, a VPC in use, a container that isn't there. */
import type { BalancerPlan, InstancePlan, PacketRule, Routing, Substrate, TargetState } from "../../cloud/substrate";

/** See the file's head. */
export class FakeSubstrate implements Substrate {
  public readonly servicesAddress = "203.0.113.2";
  public readonly publicRange = "203.0.113.0/24";
  public readonly vpcs = new Map<string, string>();
  public readonly routes = new Map<string, Routing>();
  public readonly instances = new Map<string, InstancePlan & { running: boolean }>();
  public readonly filters = new Map<string, readonly PacketRule[]>();
  public readonly balancers = new Map<string, BalancerPlan>();
  /** Instances whose checks fail. */
  public readonly sick = new Set<string>();
  /** What it was told, in order. */
  public readonly journal: string[] = [];

  public createVpc(id: string, cidr: string): Promise<void> {
    return this.note(`createVpc ${id}`, () => this.vpcs.set(id, cidr));
  }

  public deleteVpc(id: string): Promise<void> {
    return this.note(`deleteVpc ${id}`, () => {
      const used = [...this.instances.values(), ...this.balancers.values()].some(({ vpc }) => vpc === id);
      if (used) throw new Error(`${id} is in use`);
      this.vpcs.delete(id);
    });
  }

  public route(vpc: string, routing: Routing): Promise<void> {
    return this.note(`route ${vpc}`, () => {
      if (!this.vpcs.has(vpc)) throw new Error(`there is no VPC ${vpc}`);
      this.routes.set(vpc, routing);
    });
  }

  public launch(instance: InstancePlan): Promise<void> {
    return this.note(`launch ${instance.id}`, () => {
      if (!this.filters.has(instance.id)) throw new Error(`${instance.id} boots without a packet filter`);
      if (!this.vpcs.has(instance.vpc)) throw new Error(`there is no VPC ${instance.vpc}`);
      const twin = [...this.instances.values()].find(
        ({ vpc, address }) => vpc === instance.vpc && address === instance.address,
      );
      if (twin !== undefined) throw new Error(`${instance.address} is in use`);
      this.instances.set(instance.id, { ...instance, running: true });
    });
  }

  public stop(id: string): Promise<void> {
    return this.note(`stop ${id}`, () => (this.instance(id).running = false));
  }

  public start(id: string): Promise<void> {
    return this.note(`start ${id}`, () => (this.instance(id).running = true));
  }

  public failPackages(id: string, fail: boolean): Promise<void> {
    return this.note(`failPackages ${id} ${String(fail)}`, () => undefined);
  }

  public terminate(id: string): Promise<void> {
    return this.note(`terminate ${id}`, () => {
      this.instances.delete(id);
      this.filters.delete(id);
    });
  }

  public filter(id: string, rules: readonly PacketRule[]): Promise<void> {
    return this.note(`filter ${id}`, () => this.filters.set(id, rules));
  }

  public balance(plan: BalancerPlan): Promise<void> {
    return this.note(`balance ${plan.id}`, () => this.balancers.set(plan.id, plan));
  }

  public deleteBalancer(id: string): Promise<void> {
    return this.note(`deleteBalancer ${id}`, () => {
      this.balancers.delete(id);
      this.filters.delete(id);
    });
  }

  public targets(balancer: string): Promise<readonly TargetState[]> {
    const plan = this.balancers.get(balancer);
    if (plan === undefined) return Promise.reject(new Error(`there is no load balancer ${balancer}`));
    return Promise.resolve(
      plan.listeners.flatMap(({ targets }) =>
        targets.map(({ id, port }) =>
          this.sick.has(id)
            ? ({ id, port, state: "unhealthy", reason: "Health checks failed" } as const)
            : ({ id, port, state: "healthy", reason: "" } as const),
        ),
      ),
    );
  }

  public end(): Promise<void> {
    return Promise.resolve();
  }

  private instance(id: string): { running: boolean } {
    const found = this.instances.get(id);
    if (found === undefined) throw new Error(`there is no instance ${id}`);
    return found;
  }

  private async note(what: string, work: () => unknown): Promise<void> {
    this.journal.push(what);
    await Promise.resolve();
    work();
  }
}
