import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { DockerCall } from "../../../cli/cluster/docker-api";
import { capacities } from "../../../cli/cluster/placement/eligible";
import type { PlacementNode, Placements, PlacementService, PlacementTask } from "../../../cli/cluster/placement/model";
import { countsOf, expectedCounts, squaresOf } from "../../../cli/cluster/placement/spread";
import { judge, planMoves, surgeOf } from "../../../cli/operations/plan-rebalance";
import { rebalance } from "../../../cli/operations/rebalance";
import { runOperation } from "../../../cli/operations/runner";
import { schedulerBy, type Scheduler } from "../../../cli/operations/scheduler";
import { UserError } from "../../../cli/terminal/errors";
import { FakeCluster, runQuietly } from "./fake-cluster";
import { rollingUpdate, scaled, type Random } from "./rolling-update";

function node(name: string, change: Partial<PlacementNode> = {}): PlacementNode {
  const zone = { "swarm-ha.zone": `zone-${name.slice(-1)}`, "swarm-ha.role": "worker" };
  const facts = { role: "worker", labels: zone, engineLabels: {}, os: "linux", architecture: "x86_64" };
  return { id: `id-${name}`, name, ...facts, nanoCpus: 4e9, memory: 8e9, ...change };
}

function service(name: string, replicas: number | undefined, change: Partial<PlacementService> = {}): PlacementService {
  return {
    id: `s-${name}`,
    name,
    ...(replicas === undefined ? {} : { replicas }),
    ...{ constraints: [], spread: [], platforms: [], hostPorts: [], data: [] },
    ...{ maxPerNode: 0, nanoCpus: 0, memory: 0, forced: 0, numbered: false },
    update: { order: "start-first", parallelism: 1, delay: 0, monitor: 0, restart: 10 },
    ...change,
  };
}

const stopFirst = { update: { order: "stop-first", parallelism: 1, delay: 0, monitor: 0, restart: 10 } } as const;

function tasks(of: string, on: Readonly<Record<string, number>>): PlacementTask[] {
  return Object.entries(on).flatMap(([name, count]) =>
    Array.from({ length: count }, () => ({
      ...{ serviceId: `s-${of}`, nodeId: `id-${name}` },
      ...{ running: true, nanoCpus: 0, memory: 0 },
    })),
  );
}

const WORKERS = [node("worker-1"), node("worker-2"), node("worker-3")];

/** A service on three workers, and what a rebalance says to it. */
function judged(
  one: PlacementService,
  on: Readonly<Record<string, number>>,
  { nodes = WORKERS, others = [] as PlacementService[], more = [] as PlacementTask[], named = false } = {},
) {
  const placements = { nodes, services: [one, ...others], tasks: [...tasks(one.name, on), ...more] };
  const verdict = judge(one, placements, named);
  if (verdict.kind !== "move") return verdict;
  const counts = nodes.map(({ id }) => verdict.move.expected.get(id) ?? 0);
  return { kind: verdict.kind, counts, how: verdict.move.how, tasks: verdict.move.tasks, gap: verdict.move.gap };
}

describe("a service's share", () => {
  it("is moved to a node that has come, and only the tasks that have to move", () => {
    const moved = { kind: "move", how: "surge", gap: false };
    assert.deepEqual(judged(service("web", 6), { "worker-1": 3, "worker-2": 3 }), {
      ...moved,
      counts: [2, 2, 2],
      tasks: 2,
    });
    assert.deepEqual(judged(service("web", 2), { "worker-1": 2 }), { ...moved, counts: [1, 1, 0], tasks: 1 });
  });

  it("stays where it is as even as it can be", () => {
    for (const on of [
      { "worker-1": 2, "worker-2": 1, "worker-3": 1 },
      { "worker-1": 1, "worker-3": 1 },
    ]) {
      const replicas = Object.values(on).reduce((sum, count) => sum + count, 0);
      assert.deepEqual(judged(service("web", replicas), on), { kind: "balanced" });
    }
  });

  it("respects constraints, platforms, replicas per node, reservations and host ports", () => {
    const on = { "worker-1": 2, "worker-2": 2 };
    const four = (change: Partial<PlacementService>) => judged(service("web", 4, change), on).kind;
    assert.equal(four({}), "move");
    assert.equal(four({ constraints: ["node.hostname != worker-3"] }), "balanced");
    assert.equal(four({ constraints: ["node.labels.swarm-ha.zone!=zone-3"] }), "balanced");
    assert.equal(four({ constraints: ["node.labels.swarm-ha.role==worker"] }), "move");
    assert.equal(four({ platforms: [{ os: "linux", architecture: "arm64" }] }), "balanced");
    assert.equal(four({ platforms: [{ os: "linux", architecture: "amd64" }] }), "move");
    assert.equal(four({ maxPerNode: 2 }), "move");
    const full = {
      others: [service("db", 1)],
      more: [{ ...tasks("db", { "worker-3": 1 })[0], memory: 8e9 } as PlacementTask],
    };
    assert.equal(judged(service("web", 4, { memory: 1e9 }), on, full).kind, "balanced");
    const port = { hostPorts: ["8080/tcp"] };
    const one = { "worker-1": 1, "worker-2": 1 };
    assert.equal(judged(service("web", 2, port), one).kind, "balanced");
    const taken = { others: [service("proxy", 1, port)], more: tasks("proxy", { "worker-3": 1 }) };
    assert.deepEqual(
      [
        ...capacities(service("web", 3, port), {
          nodes: WORKERS,
          services: [service("web", 3, port), ...taken.others],
          tasks: taken.more,
        }).keys(),
      ],
      ["id-worker-1", "id-worker-2"],
    );
  });

  it("follows spread preferences before the number of tasks on a node", () => {
    const nodes = [
      node("worker-1", { labels: { zone: "a" } }),
      node("worker-2", { labels: { zone: "a" } }),
      node("worker-3", { labels: { zone: "b" } }),
    ];
    const spread = service("web", 4, { spread: ["node.labels.zone"] });
    assert.deepEqual(judged(spread, { "worker-1": 1, "worker-2": 1, "worker-3": 2 }, { nodes }).kind, "balanced");
    const moved = judged(spread, { "worker-1": 2, "worker-2": 1, "worker-3": 1 }, { nodes });
    assert.ok("counts" in moved);
    assert.deepEqual(moved.counts, [1, 1, 2]);
  });

  it("of a single task moves only off a node that has clearly more tasks", () => {
    const others = [service("web", 6)];
    const more = tasks("web", { "worker-1": 3, "worker-2": 3 });
    const moved = judged(service("db", 1), { "worker-1": 1 }, { others, more });
    assert.ok("counts" in moved);
    assert.deepEqual([moved.counts, moved.how], [[0, 0, 1], "update"]);
    const few = tasks("web", { "worker-1": 1, "worker-2": 1 });
    assert.equal(judged(service("db", 1), { "worker-1": 1 }, { others, more: few }).kind, "move");
    const even = tasks("web", { "worker-1": 1, "worker-2": 1, "worker-3": 1 });
    assert.equal(judged(service("db", 1), { "worker-1": 1 }, { others, more: even }).kind, "balanced");
  });

  it("stays, unless it is named, where its data would stay behind, or where it would not run for a moment", () => {
    const on = { "worker-1": 3 };
    const data = service("db", 3, { data: ["db-data"] });
    assert.equal(judged(data, on).kind, "stays");
    assert.equal(judged(data, on, { named: true }).kind, "move");
    const all = service("web", 3, { update: { ...stopFirst.update, parallelism: 0 } });
    assert.equal(judged(all, on).kind, "stays");
    const named = judged(all, on, { named: true });
    assert.ok("gap" in named && named.gap);
  });

  it("stays while an update runs or is paused, and while tasks are missing", () => {
    const on = { "worker-1": 3 };
    for (const updateState of ["updating", "rollback_started", "paused", "rollback_paused"])
      assert.equal(judged(service("web", 3, { updateState }), on, { named: true }).kind, "stays", updateState);
    assert.equal(judged(service("web", 3, { updateState: "completed" }), on).kind, "move");
    assert.equal(judged(service("web", 4), on).kind, "stays");
  });
});

/** Swarms with services in any state of balance. */
const swarms: fc.Arbitrary<{ placements: Placements; seed: number[] }> = fc
  .record({
    workers: fc.integer({ min: 1, max: 6 }),
    zones: fc.integer({ min: 1, max: 3 }),
    services: fc.array(
      fc.record({
        mode: fc.constantFrom("replicated", "replicated", "replicated", "global"),
        replicas: fc.integer({ min: 0, max: 8 }),
        order: fc.constantFrom("start-first" as const, "stop-first" as const),
        most: fc.constantFrom(0, 0, 1, 2, 3),
        memory: fc.constantFrom(0, 0, 1e9, 3e9),
        spread: fc.boolean(),
        pinned: fc.boolean(),
        port: fc.constantFrom(undefined, undefined, "80/tcp"),
        on: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    seed: fc.array(fc.nat(), { minLength: 50, maxLength: 50 }),
  })
  .map(({ workers, zones, services, seed }) => {
    const nodes = Array.from({ length: workers }, (_, i) =>
      node(`worker-${i}`, { labels: { zone: `zone-${i % zones}`, half: String(i % 2) } }),
    );
    let placements: Placements = { nodes, services: [], tasks: [] };
    for (const [i, shape] of services.entries()) {
      const one = service(`app-${i}`, shape.mode === "global" ? undefined : shape.replicas, {
        update: { order: shape.order, parallelism: 1, delay: 0, monitor: 0, restart: 1 },
        maxPerNode: shape.most,
        memory: shape.memory,
        spread: shape.spread ? ["node.labels.zone"] : [],
        constraints: shape.pinned ? ["node.labels.half == 0"] : [],
        hostPorts: shape.port === undefined ? [] : [shape.port],
      });
      placements = { ...placements, services: [...placements.services, one] };
      for (const pick of shape.on.slice(0, one.replicas ?? workers)) {
        const most = capacities(one, placements);
        const room = nodes.filter(({ id }) => {
          const count = placements.tasks.filter((task) => task.serviceId === one.id && task.nodeId === id).length;
          return count < (most.get(id) ?? 0);
        });
        const chosen = room[pick % Math.max(1, room.length)];
        if (chosen === undefined) break;
        const task = { serviceId: one.id, nodeId: chosen.id, running: true, nanoCpus: 0, memory: one.memory };
        placements = { ...placements, tasks: [...placements.tasks, task] };
      }
    }
    return { placements, seed };
  });

function randomOf(seed: readonly number[]): Random {
  let next = 0;
  return (below) => (seed[next++ % seed.length] ?? 0) % below;
}

describe("moves", () => {
  it("touch no global service and no job, and expect no more than a node may take", () => {
    fc.assert(
      fc.property(swarms, ({ placements }) => {
        for (const { service: one, expected } of planMoves(placements, [], new Set()).moves) {
          assert.ok((one.replicas ?? 0) > 0);
          const most = capacities(one, placements);
          for (const [id, count] of expected) {
            if (one.memory === 0 && one.hostPorts.length === 0) assert.ok(count <= (most.get(id) ?? 0));
            assert.ok(count === 0 || one.constraints.length === 0 || Number(id.slice(-1)) % 2 === 0);
            assert.ok(one.maxPerNode === 0 || count <= one.maxPerNode);
          }
          assert.equal(
            [...expected.values()].reduce((sum, count) => sum + count, 0),
            one.replicas,
          );
        }
      }),
    );
  });

  it("never make a service's spread worse, and make it even: by replacing each task after its predecessor, or by scaling", () => {
    fc.assert(
      fc.property(swarms, ({ placements, seed }) => {
        const random = randomOf(seed);
        for (const one of placements.services) {
          let now = placements;
          const verdict = judge(one, now, true);
          if (verdict.kind !== "move" || (one.replicas ?? 0) < 2) continue;
          const { how, tasks: count } = verdict.move;
          assert.equal(how, one.update.order === "start-first" ? "surge" : "update");
          const before = squaresOf(one, now, countsOf(one, now));
          const best = squaresOf(one, now, expectedCounts(one, now));
          assert.ok(compare(best, before) < 0);
          assert.ok(count > 0);
          now = how === "surge" ? scaled(now, one, count, random) : rollingUpdate(now, one, random);
          const after = squaresOf(one, now, countsOf(one, now));
          assert.equal(countsOf(one, now).size >= countsOf(one, placements).size, true);
          // When tasks are taken away, only nodes count, and no preferences.
          if (one.spread.length === 0) assert.deepEqual(after, best);
          else if (how === "update") assert.ok(compare(after, before) <= 0);
        }
      }),
    );
  });

  it("are few: a plan that is carried out as expected leaves nothing to move", () => {
    fc.assert(
      fc.property(swarms, ({ placements }) => {
        let now = placements;
        for (let round = 0; ; round++) {
          const [move] = planMoves(now, [], new Set()).moves;
          if (move === undefined) return;
          assert.ok(round < 20, "it never ends");
          const kept = now.tasks.filter(({ serviceId }) => serviceId !== move.service.id);
          const [example] = now.tasks.filter(({ serviceId }) => serviceId === move.service.id);
          assert.ok(example);
          const moved = [...move.expected].flatMap(([nodeId, count]) =>
            Array.from({ length: count }, () => ({ ...example, nodeId })),
          );
          now = { ...now, tasks: [...kept, ...moved] };
        }
      }),
    );
  });
});

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value - (b[i] ?? 0);
  return 0;
}

/** A scheduler that does at once what it is asked for. */
class FakeScheduler implements Scheduler {
  public readonly log: string[] = [];
  public failure: string | undefined;

  public constructor(public placements: Placements) {}

  public read(): Promise<Placements> {
    return Promise.resolve(this.placements);
  }

  public update(one: PlacementService): Promise<string | undefined> {
    this.log.push(`update ${one.name}`);
    if (this.failure === undefined) this.placements = rollingUpdate(this.placements, one, () => 0);
    return Promise.resolve(this.failure);
  }

  public surge(one: PlacementService, count: number): Promise<string | undefined> {
    this.log.push(`surge ${one.name} ${count}`);
    if (this.failure === undefined) this.placements = scaled(this.placements, one, count, () => 0);
    return Promise.resolve(this.failure);
  }

  public finish(one: PlacementService): Promise<string | undefined> {
    this.log.push(`finish ${one.name}`);
    const services = this.placements.services.map((each) =>
      each.id === one.id ? service(one.name, one.unfinished ?? 0) : each,
    );
    const kept = this.placements.tasks.filter((task, i, all) => {
      const before = all.slice(0, i).filter(({ serviceId }) => serviceId === task.serviceId).length;
      return task.serviceId !== one.id || before < (one.unfinished ?? 0);
    });
    this.placements = { ...this.placements, services, tasks: kept };
    return Promise.resolve(undefined);
  }

  public forget(one: PlacementService): Promise<void> {
    this.log.push(`forget ${one.name}`);
    const services = this.placements.services.map((each) => (each.id === one.id ? { ...each, stale: false } : each));
    this.placements = { ...this.placements, services };
    return Promise.resolve();
  }
}

describe("rebalance", () => {
  const web = service("web", 3);
  const db = service("db", 1, { data: ["db-data"] });
  const agent = service("agent", undefined);
  const placements = (): Placements => ({
    nodes: WORKERS,
    services: [web, db, agent],
    tasks: [...tasks("web", { "worker-1": 2, "worker-2": 1 }), ...tasks("db", { "worker-1": 1 })],
  });
  const run = (scheduler: Scheduler, names: string[] = [], how = {}) =>
    runQuietly(
      rebalance(new FakeCluster(), names, () => scheduler),
      how,
    );

  it("moves what is uneven, and ends settled; run again, it changes nothing", async () => {
    const scheduler = new FakeScheduler(placements());
    const outcome = await run(scheduler);
    assert.equal(outcome.settled, true);
    assert.deepEqual(scheduler.log, ["surge web 1"]);
    assert.deepEqual((await run(scheduler)).past, []);
  });

  it("changes nothing in a dry run, and says what would move, and what stays", async () => {
    const scheduler = new FakeScheduler({
      ...placements(),
      tasks: [...tasks("web", { "worker-1": 3 }), ...tasks("db", { "worker-1": 1 })],
    });
    const { plan, settled } = await run(scheduler, [], { dryRun: true });
    assert.deepEqual(scheduler.log, []);
    assert.equal(settled, false);
    const [step] = plan.steps;
    assert.match(step?.title ?? "", /web: worker-1 3 → 1, worker-2 0 → 1, worker-3 0 → 1/);
    assert.deepEqual(step?.hosts, ["worker-1", "worker-2", "worker-3"]);
  });

  it("asks before it moves a named service whose data stay behind", async () => {
    const scheduler = new FakeScheduler({
      ...placements(),
      tasks: [...tasks("web", { "worker-1": 3 }), ...tasks("db", { "worker-1": 1 })],
    });
    const questions: string[] = [];
    const declined = await run(scheduler, ["db"], { questions });
    assert.equal(declined.settled, false);
    assert.match(questions.join(), /db-data/);
    assert.deepEqual(scheduler.log, []);
    assert.equal((await run(scheduler, ["db"], { yes: true })).settled, true);
    assert.deepEqual(scheduler.log, ["update db"]);
  });

  it("refuses services that don't exist, and leaves global ones", async () => {
    const scheduler = new FakeScheduler(placements());
    await assert.rejects(run(scheduler, ["nope"]), UserError);
    const { plan } = await run(scheduler, ["agent"]);
    assert.match(plan.left.join(), /agent is a global service/);
  });

  it("stops at the first failure", async () => {
    const scheduler = new FakeScheduler({
      ...placements(),
      services: [service("web", 3), service("api", 3)],
      tasks: [...tasks("web", { "worker-1": 3 }), ...tasks("api", { "worker-1": 3 })],
    });
    scheduler.failure = "the swarm has paused it";
    const { settled, error } = await run(scheduler);
    assert.equal(settled, false);
    assert.deepEqual(scheduler.log, ["surge api 2"]);
    assert.match(error ?? "", /api could not be moved.*\n.*paused/);
  });

  it("takes away what an interrupted one has left, and goes on", async () => {
    const scheduler = new FakeScheduler({
      nodes: WORKERS,
      services: [service("web", 4, { unfinished: 3 })],
      tasks: tasks("web", { "worker-1": 3, "worker-2": 1 }),
    });
    const { settled } = await run(scheduler);
    assert.deepEqual(scheduler.log.slice(0, 2), ["finish web", "surge web 2"]);
    assert.equal(settled, true);
  });

  it("removes the label that an interrupted one has left, although nothing is to be moved", async () => {
    const scheduler = new FakeScheduler({
      nodes: WORKERS,
      services: [service("web", 3, { stale: true })],
      tasks: tasks("web", { "worker-1": 1, "worker-2": 1, "worker-3": 1 }),
    });
    assert.equal((await run(scheduler, [], { dryRun: true })).settled, false);
    assert.equal((await run(scheduler)).settled, true);
    assert.deepEqual(scheduler.log, ["forget web"]);
  });

  it("gives a service with spread preferences more replicas than have to move, at once, as far as there is room", () => {
    const nodes = WORKERS.map((one, i) => ({ ...one, labels: { zone: String(i) } }));
    const surge = (maxPerNode: number, before: number) => {
      const one = service("web", 3, { spread: ["node.labels.zone"], maxPerNode });
      const seen = { nodes, services: [one], tasks: tasks("web", { "worker-1": 2, "worker-2": 1 }) };
      const [move] = planMoves(seen, [], new Set()).moves;
      assert.ok(move);
      return surgeOf(move, seen, before);
    };
    assert.deepEqual(surge(0, 0), { tasks: 2, atOnce: 2 });
    assert.deepEqual(surge(2, 1), { tasks: 3, atOnce: 3 });
    assert.deepEqual(surge(2, 4), { tasks: 3, atOnce: 3 });
  });

  it("moves nothing while another workstation's operation drains hosts", async () => {
    const scheduler = new FakeScheduler(placements());
    const taken = new UserError("Another operation runs on the stack local: replace, by ann@laptop.");
    const quiet = {
      info: () => undefined,
      step: <T>(_what: string, _usually: string, work: (note: () => void) => T) => work(() => undefined),
    };
    await assert.rejects(
      runOperation(
        rebalance(new FakeCluster(), [], () => scheduler),
        {
          ...{ yes: false, dryRun: false, progress: quiet },
          lock: (_stack, work) => work(),
          exclusion: () => ({
            hold: () => Promise.reject(taken),
            look: () => Promise.resolve(taken.message),
            release: () => undefined,
          }),
        },
      ),
      taken,
    );
    assert.deepEqual(scheduler.log, []);
  });

  it("gives up when a service stays uneven", async () => {
    const scheduler = new FakeScheduler(placements());
    scheduler.surge = (one) => {
      scheduler.log.push(`surge ${one.name}`);
      return Promise.resolve(undefined);
    };
    const { settled, plan } = await run(scheduler);
    assert.equal(settled, false);
    assert.equal(scheduler.log.length, 5);
    assert.match(plan.refused ?? "", /web is still uneven after 5 moves: worker-1 2 → 1, worker-3 0 → 1/);
  });
});

/** A manager with one service. */
class FakeManager {
  public readonly posted: {
    Labels: Record<string, string>;
    Mode: { Replicated: { Replicas: number } };
    TaskTemplate: { ForceUpdate: number };
  }[] = [];
  public state = "";
  /** How many of the tasks run that there are to be. */
  public runs = (wanted: number): number => wanted;
  public spec = {
    Name: "web",
    Labels: { mine: "1" } as Record<string, string>,
    Mode: { Replicated: { Replicas: 3 } },
    TaskTemplate: { ForceUpdate: 7 },
    UpdateConfig: { Parallelism: 2 },
  };

  public readonly call: DockerCall = (method, path, body) => {
    if (method === "POST") {
      assert.match(path, /^\/services\/s-web\/update\?version=5$/);
      this.spec = body as typeof this.spec;
      this.posted.push(this.spec);
      return Promise.resolve({});
    }
    if (path.startsWith("/services/")) {
      const UpdateStatus = this.state === "" ? undefined : { State: this.state, Message: "why" };
      return Promise.resolve({ ID: "s-web", Version: { Index: 5 }, Spec: this.spec, UpdateStatus });
    }
    const running = this.runs(this.spec.Mode.Replicated.Replicas);
    const one = { DesiredState: "running", CreatedAt: "2026-01-01T00:00:00Z", Status: { State: "running" } };
    return Promise.resolve(Array.from({ length: running }, () => one));
  };
}

describe("the scheduler of a stack", () => {
  const over = (manager: FakeManager): Scheduler => schedulerBy((question) => question(manager.call), 1);
  const web = service("web", 3, { forced: 7 });

  it("forces one update, and returns how it ended", async () => {
    const manager = new FakeManager();
    manager.state = "completed";
    assert.equal(await over(manager).update(web, 1), undefined);
    assert.deepEqual(
      manager.posted.map(({ TaskTemplate }) => TaskTemplate.ForceUpdate),
      [8],
    );
    // A request whose answer was lost is sent to the next manager.
    assert.equal(await over(manager).update(web, 1), undefined);
    assert.equal(manager.posted.length, 1);
    for (const state of ["paused", "rollback_paused", "rollback_completed"]) {
      manager.state = state;
      assert.match((await over(manager).update(web, 1)) ?? "", new RegExp(`${state}: why`));
    }
  });

  it("gives up on an update that doesn't end, and says what it saw last", async () => {
    const manager = new FakeManager();
    manager.state = "updating";
    assert.match((await over(manager).update(web, 0.05)) ?? "", /web: not done within 0.05 s \(last: updating: why\)/);
  });

  it("scales up by no more than the update's parallelism, and down again, and leaves no mark", async () => {
    const manager = new FakeManager();
    const two = { ...web, update: { ...web.update, parallelism: 2 } };
    assert.equal(await over(manager).surge(two, 3, 2, 1), undefined);
    assert.deepEqual(
      manager.posted.map(({ Mode }) => Mode.Replicated.Replicas),
      [5, 3, 3, 4, 3, 3],
    );
    assert.deepEqual(manager.spec.Labels, { mine: "1" });
    assert.ok(manager.posted.every(({ TaskTemplate }) => TaskTemplate.ForceUpdate === 7));
    assert.equal(manager.posted[0]?.Labels["swarm-ha.rebalance"], "3+2");
  });

  it("takes new tasks away again that don't come to run", async () => {
    const manager = new FakeManager();
    manager.runs = (wanted) => Math.min(3, wanted);
    const failure = (await over(manager).surge(web, 1, 1, 0.05)) ?? "";
    assert.match(failure, /1 more tasks? of web/);
    assert.match(failure, /3 of 4 tasks run/);
    assert.deepEqual([manager.spec.Mode.Replicated.Replicas, manager.spec.Labels], [3, { mine: "1" }]);
  });

  it("leaves no mark when the tasks that were too many don't end in time", async () => {
    const manager = new FakeManager();
    manager.runs = (wanted) => (wanted === 3 ? 4 : wanted);
    assert.match((await over(manager).surge(web, 1, 1, 0.05)) ?? "", /web has 3 replicas again, but/);
    assert.deepEqual([manager.spec.Mode.Replicated.Replicas, manager.spec.Labels], [3, { mine: "1" }]);
  });

  it("doesn't touch replicas that somebody else has changed", async () => {
    const manager = new FakeManager();
    manager.spec.Mode.Replicated.Replicas = 10;
    await assert.rejects(over(manager).surge(web, 1, 1, 1), /changed its replicas to 10/);
    assert.deepEqual(manager.posted, []);
  });
});
