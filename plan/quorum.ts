/** A manager as the swarm sees it. */
export interface ManagerView {
  /** Node id: distinguishes a lost manager from a new one of the same name. @default managers are identified by name */
  readonly id?: string;
  /** Its name in the stack. */
  readonly name: string;
  /** Whether the node's status is `ready`. */
  readonly ready: boolean;
  /** Whether the other managers reach it: `Leader` or `Reachable`. */
  readonly reachable: boolean;
  /** Whether it is the leader. The rules ignore it: a healthy swarm elects another leader. */
  readonly leader: boolean;
}

/** A manager to remove, and the managers there are. */
export interface RemovalQuestion {
  /** All managers that the swarm has now, dead ones included. */
  readonly managers: readonly ManagerView[];
  /** Node id or name of the manager to remove. */
  readonly candidate: string;
  /** Names of the desired managers. If the candidate is one of them, it is being replaced. */
  readonly desired: readonly string[];
}

/** Whether it may be removed, and the reason in one sentence. */
export interface RemovalAnswer {
  readonly allowed: boolean;
  readonly reason: string;
}

/** How many of n managers have to agree on any change. */
export function majority(n: number): number {
  return Math.floor(n / 2) + 1;
}

/** How many of n managers may fail while the others are still a majority. */
export function tolerance(n: number): number {
  return n - majority(n);
}

/** Alive is Ready *and* Reachable: a dead manager whose address is in use again shows as Reachable, but Down. */
function alive(manager: ManagerView): boolean {
  return manager.ready && manager.reachable;
}

/**
 * The quorum guard: a step may take a manager away only if the managers that are alive are a majority of the remaining ones, and
 * never the last one. One that is being replaced may go only if all other desired managers are alive, so that at no time
 * two are missing. A dead one may always go while there is a majority: that only lowers the number needed.
 */
export function mayRemoveManager({ managers, candidate, desired }: RemovalQuestion): RemovalAnswer {
  const byId = managers.filter((manager) => manager.id === candidate);
  const matches = byId.length > 0 ? byId : managers.filter((manager) => manager.name === candidate);
  const [target, ...more] = matches;
  if (target === undefined) return yes(`${candidate} is no manager of the swarm`);
  if (more.length > 0) return no(`${matches.length} managers are called ${candidate}: ask by node id`);

  const living = managers.filter(alive).length;
  if (living < majority(managers.length)) {
    return no(`${count(living, managers.length)} are alive, so there is no majority and no change is possible`);
  }
  const left = managers.filter((manager) => manager !== target);
  const livingLeft = left.filter(alive).length;
  if (livingLeft === 0) return no(`${target.name} is the last manager`);
  if (livingLeft < majority(left.length)) {
    return no(
      `without ${target.name} only ${count(livingLeft, left.length)} would be alive, and ${majority(left.length)} are needed`,
    );
  }
  if (!alive(target))
    return yes(`${target.name} is dead, and ${count(livingLeft, left.length)} remaining ones are alive`);

  const missing = desired
    .filter((name) => desired.includes(target.name) && name !== target.name)
    .filter((name) => !managers.some((manager) => manager.name === name && alive(manager)));
  if (missing.length > 0) {
    return no(
      `${target.name} is to be replaced while ${missing.join(" and ")} isn't Ready and Reachable: one at a time`,
    );
  }
  return yes(`without ${target.name} ${count(livingLeft, left.length)} managers are alive`);
}

/**
 * Whether a manager's Docker engine may be stopped for a while: the others have to be a majority of all. The only manager
 * of a swarm may: nothing can keep its quorum, and applications run on.
 */
export function mayRestartManager({ managers, candidate }: Omit<RemovalQuestion, "desired">): RemovalAnswer {
  const target = managers.find((manager) => (manager.id ?? manager.name) === candidate);
  if (target === undefined) return yes(`${candidate} is no manager of the swarm`);
  if (managers.length === 1) return yes(`${target.name} is the only manager`);
  const living = managers.filter((manager) => manager !== target && alive(manager)).length;
  const needed = majority(managers.length);
  const others = `while its Docker engine is stopped, ${count(living, managers.length)} managers are alive`;
  return living < needed ? no(`${others}, and ${needed} are needed`) : yes(others);
}

function count(some: number, all: number): string {
  return `${some} of ${all}`;
}

function yes(reason: string): RemovalAnswer {
  return { allowed: true, reason };
}

function no(reason: string): RemovalAnswer {
  return { allowed: false, reason };
}
