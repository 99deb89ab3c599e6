import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../../cli/terminal/errors";
import { backendDir } from "../../../cli/paths";
import { heldText, withOperationLock } from "../../../cli/operations/lock";
import type { Loss, Operation, Outcome, Past, Plan, Step } from "../../../cli/operations/operation";
import { planText, reportOf } from "../../../cli/operations/report";
import { runOperation, type RunnerOptions } from "../../../cli/operations/runner";
import { PROJECT } from "../../../cli/pulumi/project";
import type { Progress } from "../../../cli/terminal/progress";

/** A goal is reached when nothing is pending; each step does what it is named after. */
interface World {
  pending: string[];
  /** Steps that fail. */
  failing: string[];
  /** Steps that succeed and have no effect. */
  idle: string[];
  /** What becomes pending, before all others, once a step has run. */
  surprises: Record<string, string>;
  /** What was done and looked at. */
  readonly log: string[];
}

type Fake = Operation<readonly string[], Step>;

function worldOf(pending: string[], change: Partial<World> = {}): World {
  return { pending, failing: [], idle: [], surprises: {}, log: [], ...change };
}

function stepOf(world: World, key: string): Step {
  return {
    key,
    title: `Doing ${key}`,
    usually: "1 s",
    hosts: [`host-${key}`],
    limit: 10,
    failed: `${key} could not be done`,
    run() {
      world.log.push(`run ${key}`);
      if (world.failing.includes(key)) return Promise.resolve("it is broken");
      if (!world.idle.includes(key)) world.pending = world.pending.filter((one) => one !== key);
      const surprise = world.surprises[key];
      if (surprise !== undefined) world.pending.unshift(surprise);
      return Promise.resolve(undefined);
    },
  };
}

function operationOn(world: World, change: Partial<Fake> = {}): Fake {
  return {
    name: "fake",
    stack: "local",
    title: "fake of the stack local",
    observe(moment) {
      world.log.push(`look at the ${moment.kind}`);
      return Promise.resolve([...world.pending]);
    },
    plan: (seen) => planOf(seen.map((key) => stepOf(world, key))),
    settled: (seen) => seen.length === 0,
    onFailure: "stop",
    ...change,
  };
}

const planOf = (steps: readonly Step[], rest: Partial<Plan<Step>> = {}): Plan<Step> => ({ steps, left: [], ...rest });
const isNew = (past: readonly Past<Step>[], key: string): boolean => !past.some(({ step }) => step.key === key);
const runs = ({ log }: World): string[] => log.filter((line) => line.startsWith("run "));
const losing = (what: string): Loss => ({ what, question: `This loses ${what}`, declined: `${what} is kept` });

describe("the runner of operations", () => {
  let shown: string[];
  let questions: string[];
  let locked: string[];
  beforeEach(() => ([shown, questions, locked] = [[], [], []]));

  const progress: Progress = {
    info: (text) => void shown.push(text),
    step(what, usually, work) {
      shown.push(`${what} (${usually})`);
      return work(() => undefined);
    },
  };
  const run = (
    operation: Fake,
    options: Partial<RunnerOptions> & { answer?: boolean } = {},
  ): Promise<Outcome<readonly string[], Step>> =>
    runOperation(operation, {
      yes: false,
      dryRun: false,
      progress,
      confirm(question, yes) {
        questions.push(question);
        return Promise.resolve(yes || options.answer === true);
      },
      async lock(stack, work) {
        locked.push(`lock ${stack}`);
        try {
          return await work();
        } finally {
          locked.push(`free ${stack}`);
        }
      },
      held: () => undefined,
      ...options,
    });

  it("plans again after each step, on what is seen then, and holds the lock until the end", async () => {
    const world = worldOf(["a", "b"], { surprises: { a: "c" } });
    const { settled, past, failures, error } = await run(operationOn(world));
    assert.deepEqual(world.log, [
      ...["look at the start", "run a", "look at the after", "run c", "look at the after", "run b"],
      ...["look at the after", "look at the end"],
    ]);
    assert.deepEqual(shown, ["Doing a (1 s)", "Doing c (1 s)", "Doing b (1 s)"]);
    assert.deepEqual([settled, failures, error], [true, [], undefined]);
    assert.deepEqual(
      past.map(({ outcome }) => outcome),
      ["done", "done", "done"],
    );
    assert.deepEqual(locked, ["lock local", "free local"]);
  });

  describe("of an operation that stops managers", () => {
    const exclusive: Partial<Fake> = { exclusive: true };
    /** Answers by turn: why the lock isn't to be had. */
    const exclusionOf = (log: string[], answers: readonly (string | undefined)[] = []): Partial<RunnerOptions> => ({
      exclusion: ({ stack, name }) => {
        let turn = 0;
        return {
          hold() {
            log.push(`hold ${stack} ${name}`);
            const refusal = answers[turn++];
            return refusal === undefined ? Promise.resolve() : Promise.reject(new UserError(refusal));
          },
          look: () => Promise.resolve(answers[0]),
          release: () => void log.push("release"),
        };
      },
    });

    it("holds the lock on the bastion from before it looks until the end, and makes sure of it before each step", async () => {
      const world = worldOf(["a", "b"]);
      const { settled } = await run(operationOn(world, exclusive), exclusionOf(world.log));
      assert.ok(settled);
      assert.deepEqual(world.log, [
        ...["hold local fake", "look at the start", "hold local fake", "run a", "look at the after"],
        ...["hold local fake", "run b", "look at the after", "look at the end", "release"],
      ]);
      assert.deepEqual(locked, ["lock local", "free local"]);
    });

    it("touches nothing while another workstation's operation runs", async () => {
      const world = worldOf(["a"]);
      await assert.rejects(
        run(operationOn(world, exclusive), exclusionOf(world.log, ["ann upgrades"])),
        /ann upgrades/,
      );
      assert.deepEqual(world.log, ["hold local fake", "release"]);
      assert.deepEqual(locked, ["lock local", "free local"]);
    });

    it("ends before its next step if another one has taken the lock since the connection was lost", async () => {
      const world = worldOf(["a", "b"]);
      const options = exclusionOf(world.log, [undefined, undefined, "ann upgrades"]);
      await assert.rejects(run(operationOn(world, exclusive), options), /ann upgrades/);
      assert.deepEqual(runs(world), ["run a"]);
    });

    describe("asks a person without the lock", () => {
      const asking: Partial<Fake> = {
        ...exclusive,
        plan: (seen, past) =>
          planOf(
            seen.filter((key) => isNew(past, key)).map((key) => stepOf(world, key)),
            past.length === 0 && seen.includes("a") ? { loses: losing(`${seen.join()} of the stack`) } : {},
          ),
      };
      let world: World;
      /** @param meanwhile what others do during the n-th question */
      const options = (
        meanwhile: (turn: number) => void,
        rest: Partial<RunnerOptions> = {},
      ): Partial<RunnerOptions> => ({
        ...exclusionOf(world.log),
        confirm(question) {
          world.log.push("ask");
          meanwhile(questions.push(question));
          return Promise.resolve(true);
        },
        ...rest,
      });
      beforeEach(() => (world = worldOf(["a", "b"])));

      it("and plans again after the answer", async () => {
        assert.ok(
          (
            await run(
              operationOn(world, asking),
              options(() => undefined),
            )
          ).settled,
        );
        assert.deepEqual(world.log.slice(0, 8), [
          ...["hold local fake", "look at the start", "release", "ask", "hold local fake", "look at the start"],
          ...["hold local fake", "run a"],
        ]);
        assert.deepEqual(questions, ["This loses a,b of the stack"]);
      });

      it("and asks again if something else is lost by then", async () => {
        const more = (turn: number): void => {
          if (turn === 1) world.pending.push("c");
        };
        await run(operationOn(world, asking), options(more));
        assert.deepEqual(questions, ["This loses a,b of the stack", "This loses a,b,c of the stack"]);
        assert.deepEqual(runs(world), ["run a", "run b", "run c"]);
      });

      it("and does nothing if somebody else has done it by then", async () => {
        const all = (): void => void (world.pending = []);
        assert.ok((await run(operationOn(world, asking), options(all))).settled);
        assert.deepEqual(runs(world), []);
      });

      it("and ends if another one has taken it by then", async () => {
        const taken = exclusionOf(world.log, [undefined, "ann upgrades"]);
        await assert.rejects(
          run(
            operationOn(world, asking),
            options(() => undefined, taken),
          ),
          /ann upgrades/,
        );
        assert.deepEqual(runs(world), []);
      });

      it("and goes on with the rest after a no, with what is seen then", async () => {
        const plan: Fake["plan"] = (seen, past) =>
          planOf(
            seen
              .filter((key) => isNew(past, key))
              .map((key) => ({ ...stepOf(world, key), ...(key === "a" ? { loses: losing("a volume") } : {}) })),
          );
        const no = { confirm: () => Promise.resolve(((world.pending = ["a", "c"]), false)) };
        const outcome = await run(operationOn(world, { ...exclusive, plan, onFailure: "go on" }), {
          ...exclusionOf(world.log),
          ...no,
        });
        assert.deepEqual([runs(world), outcome.failures], [["run c"], ["a volume is kept"]]);
      });

      it("but keeps the lock where --yes has answered", async () => {
        await run(
          operationOn(world, asking),
          options(() => undefined, { yes: true }),
        );
        assert.deepEqual(world.log.slice(0, 5), [
          ...["hold local fake", "look at the start", "ask", "hold local fake", "run a"],
        ]);
      });
    });

    it("undoes nothing once another one has the lock, and names what is left", async () => {
      const world = worldOf(["a", "b"]);
      const cleanup: Fake["cleanup"] = (past) => (isNew(past, "a") ? undefined : stepOf(world, "undo a"));
      const options = exclusionOf(world.log, [undefined, undefined, "ann upgrades", "ann upgrades"]);
      await assert.rejects(run(operationOn(world, { ...exclusive, cleanup }), options), /ann upgrades/);
      assert.deepEqual(runs(world), ["run a"]);
      assert.ok(
        shown.includes("undo a could not be done\nIt was not tried: this run has no lock any more. ann upgrades"),
        shown.join("\n"),
      );
    });

    it("plans nothing in a dry run while another one runs, and takes no lock for one", async () => {
      const world = worldOf(["a"]);
      const { plan } = await run(operationOn(world, exclusive), {
        dryRun: true,
        ...exclusionOf(world.log, ["ann upgrades"]),
      });
      assert.equal(plan.refused, "ann upgrades");
      const free = await run(operationOn(world, exclusive), { dryRun: true, ...exclusionOf(world.log) });
      assert.equal(free.plan.refused, undefined);
      assert.deepEqual(world.log, ["look at the start"]);
    });

    it("doesn't ask the bastion for any other operation", async () => {
      const world = worldOf(["a"]);
      await run(operationOn(world), exclusionOf(world.log));
      assert.ok(!world.log.includes("hold local fake"));
    });
  });

  it("stops at the first failure, and reports the steps that are left", async () => {
    const world = worldOf(["a", "b", "c"], { failing: ["b"] });
    const { settled, plan, error, past } = await run(operationOn(world));
    assert.deepEqual(runs(world), ["run a", "run b"]);
    assert.equal(settled, false);
    assert.equal(error, "b could not be done\nit is broken");
    assert.deepEqual(
      plan.steps.map(({ key }) => key),
      ["b", "c"],
    );
    assert.deepEqual(
      past.map(({ outcome, failure }) => failure ?? outcome),
      ["done", "it is broken"],
    );
    assert.deepEqual(locked, ["lock local", "free local"]);
  });

  it("goes on past a failure where the operation says so", async () => {
    const world = worldOf(["a", "b", "c"], { failing: ["b"] });
    const plan: Fake["plan"] = (seen, past) =>
      planOf(seen.filter((key) => isNew(past, key)).map((key) => stepOf(world, key)));
    const { settled, failures, error } = await run(operationOn(world, { onFailure: "go on", plan }));
    assert.deepEqual(runs(world), ["run a", "run b", "run c"]);
    assert.deepEqual([settled, failures, error], [false, ["b could not be done: it is broken"], undefined]);
    assert.ok(shown.includes("That failed; continuing with the rest.\nit is broken"));
  });

  it("ends when nothing is planned: its goal is reached only if the operation says so", async () => {
    const none: Partial<Fake> = { plan: () => planOf([]) };
    const reached = worldOf([]);
    assert.equal((await run(operationOn(reached, none))).settled, true);
    assert.deepEqual(reached.log, ["look at the start", "look at the end"]);
    assert.equal((await run(operationOn(worldOf(["a"]), none))).settled, false);
  });

  it("goes on when there is more to do at the end", async () => {
    const world = worldOf([]);
    const late = operationOn(world, {
      observe(moment) {
        if (moment.kind === "end" && runs(world).length === 0) world.pending = ["late"];
        return Promise.resolve([...world.pending]);
      },
    });
    assert.equal((await run(late)).settled, true);
    assert.deepEqual(runs(world), ["run late"]);
  });

  it("does what is planned before a refusal, and no more", async () => {
    const world = worldOf(["a"]);
    const plan: Fake["plan"] = (seen) =>
      planOf(
        seen.map((key) => stepOf(world, key)),
        { refused: "no majority" },
      );
    const { settled, plan: last } = await run(operationOn(world, { plan }));
    assert.deepEqual(runs(world), ["run a"]);
    // The goal's own test holds, and yet something was refused.
    assert.deepEqual([settled, last.refused], [false, "no majority"]);
    assert.ok(!world.log.includes("look at the end"));
  });

  it("ends with an error when a plan never settles", async () => {
    for (const onFailure of ["stop", "go on"] as const) {
      const world = worldOf(["a", "b"], { idle: ["a"] });
      const { settled, error } = await run(operationOn(world, { onFailure }));
      // Where the order doesn't count, the rest is done before it gives up.
      assert.deepEqual(runs(world), onFailure === "stop" ? ["run a"] : ["run a", "run b"]);
      assert.equal(settled, false);
      assert.equal(
        error,
        "The fake of the stack local does not settle: this step has run, and is planned again: Doing a. " +
          "Check what is wrong: npm run -s status -- local",
      );
    }
  });

  it("asks before a step that loses data, and doesn't run it against the answer", async () => {
    const world = worldOf(["a", "b"]);
    const plan = (seen: readonly string[], past: readonly Past<Step>[]): Plan<Step> =>
      planOf(
        seen
          .filter((key) => isNew(past, key))
          .map((key) => ({ ...stepOf(world, key), ...(key === "a" ? { loses: losing("a volume") } : {}) })),
      );
    const stopped = await run(operationOn(world, { plan }));
    assert.deepEqual([stopped.error, stopped.settled, runs(world)], ["a volume is kept", false, []]);
    const went = await run(operationOn(world, { plan, onFailure: "go on" }));
    assert.deepEqual([went.failures, went.settled, runs(world)], [["a volume is kept"], false, ["run b"]]);
    await run(operationOn(world, { plan }), { answer: true });
    assert.deepEqual(runs(world), ["run b", "run a"]);
    assert.deepEqual(questions, ["This loses a volume", "This loses a volume", "This loses a volume"]);
  });

  it("asks once for what the whole plan loses", async () => {
    const world = worldOf(["a", "b"]);
    const plan: Fake["plan"] = (seen, past) =>
      planOf(
        seen.map((key) => stepOf(world, key)),
        past.length === 0 ? { loses: losing("two volumes") } : {},
      );
    assert.equal((await run(operationOn(world, { plan }))).error, "two volumes is kept");
    assert.deepEqual(runs(world), []);
    assert.equal((await run(operationOn(world, { plan }), { yes: true })).settled, true);
    assert.equal(questions.length, 2);
  });

  it("undoes what must not stay, whether it ends by a failure, a refusal or an error, and only then", async () => {
    const cases: [string, Partial<World>, Fake["plan"] | undefined][] = [
      ["failure", { failing: ["b"] }, undefined],
      ["refusal", {}, (_, past) => (past.length === 0 ? planOf([stepOf(world, "a")]) : planOf([], { refused: "no" }))],
    ];
    let world: World;
    const cleanup: Fake["cleanup"] = (past) =>
      isNew(past, "a") || past.some(({ step, outcome }) => step.key === "b" && outcome === "done")
        ? undefined
        : stepOf(world, "undo a");
    for (const [what, change, plan] of cases) {
      world = worldOf(["a", "b"], change);
      await run(operationOn(world, { cleanup, ...(plan === undefined ? {} : { plan }) }));
      assert.equal(runs(world).at(-1), "run undo a", what);
    }

    world = worldOf(["a", "b"]);
    const broken = operationOn(world, {
      cleanup,
      observe: (moment) =>
        moment.kind === "start" ? Promise.resolve(["a"]) : Promise.reject(new Error("no manager answers")),
    });
    await assert.rejects(run(broken), /no manager answers/);
    assert.deepEqual(runs(world), ["run a", "run undo a"]);

    world = worldOf(["a", "b"]);
    assert.equal((await run(operationOn(world, { cleanup }))).settled, true);
    assert.deepEqual(runs(world), ["run a", "run b"]);

    world = worldOf(["a", "b"], { failing: ["b", "undo a"] });
    const { failures } = await run(operationOn(world, { cleanup }));
    assert.deepEqual(failures, ["undo a could not be done\nit is broken"]);
  });

  it("counts what the preparation couldn't do as a failure, and observes after it", async () => {
    const world = worldOf([]);
    const prepare: Fake["prepare"] = {
      plan: () => Promise.resolve(["Starting host-a"]),
      run() {
        world.log.push("prepare");
        return Promise.resolve(["host-a does not start"]);
      },
    };
    assert.deepEqual((await run(operationOn(world, { prepare }))).failures, ["host-a does not start"]);
    assert.deepEqual(world.log, ["prepare", "look at the start", "look at the end"]);
  });

  describe("in a dry run", () => {
    it("makes the plan, and changes nothing", async () => {
      const world = worldOf(["a", "b"]);
      const { settled, plan, past } = await run(operationOn(world), { dryRun: true, yes: true });
      assert.deepEqual(world.log, ["look at the start"]);
      assert.deepEqual([locked, questions, shown, past, settled], [[], [], [], [], false]);
      assert.deepEqual(
        plan.steps.map(({ key }) => key),
        ["a", "b"],
      );
      assert.equal((await run(operationOn(worldOf([])), { dryRun: true })).settled, true);
    });

    it("is refused while another operation holds the stack", async () => {
      const world = worldOf(["a"]);
      const prepare = { plan: () => Promise.reject(new Error("asked")), run: () => Promise.resolve([]) };
      const held = (stack: string) => `Another operation runs on the stack ${stack}: process 7.`;
      const outcome = await run(operationOn(world, { prepare }), { dryRun: true, held });
      assert.deepEqual([world.log, locked, outcome.settled, outcome.plan.steps], [[], [], false, []]);
      assert.match(
        planText({ title: "fake" }, outcome),
        /\nRefused: Another operation runs on the stack local: process 7\.\n$/,
      );
    });

    it("plans no further than the preparation, which changes what is seen", async () => {
      const world = worldOf(["a"]);
      const prepare: Fake["prepare"] = {
        plan: () => Promise.resolve(["Starting host-a"]),
        run: () => Promise.reject(new Error("a dry run changes nothing")),
      };
      const outcome = await run(operationOn(world, { prepare }), { dryRun: true });
      assert.deepEqual([world.log, outcome.preparation, outcome.plan.steps], [[], ["Starting host-a"], []]);
      assert.equal(
        planText({ title: "fake of the stack local" }, outcome),
        "Dry run of the fake of the stack local: nothing was changed. The plan, which is replanned after each step:\n" +
          "  1. Starting host-a\nThe steps after that can only be planned then.\n",
      );
    });

    it("prints each step, what it loses, and what is refused", async () => {
      const world = worldOf(["a", "b"]);
      const plan: Fake["plan"] = (seen) =>
        planOf(
          seen.map((key) => ({ ...stepOf(world, key), ...(key === "a" ? { loses: losing("a volume") } : {}) })),
          { refused: "no majority", left: ["host-c: its network is cut"] },
        );
      const outcome = await run(operationOn(world, { plan }), { dryRun: true });
      assert.equal(
        planText({ title: "fake of the stack local" }, outcome),
        "Dry run of the fake of the stack local: nothing was changed. The plan, which is replanned after each step:\n" +
          "  1. Doing a\n     loses a volume\n  2. Doing b\nRefused after that: no majority\n" +
          "Stays as it is: host-c: its network is cut\n",
      );
      const nothing = await run(operationOn(worldOf([])), { dryRun: true });
      assert.equal(planText({ title: "fake" }, nothing), "Dry run of the fake: nothing to do.\n");
    });
  });

  it("reports plan and outcome for other programs", async () => {
    const world = worldOf(["a", "b"], { failing: ["b"] });
    const plan: Fake["plan"] = (seen) =>
      planOf(seen.map((key) => ({ ...stepOf(world, key), ...(key === "a" ? { loses: losing("a volume") } : {}) })));
    const operation = operationOn(world, { plan });
    const none = { operation: "fake", stack: "local", preparation: [], left: [], failures: [], settled: false };
    const [a, b] = [
      { title: "Doing a", hosts: ["host-a"] },
      { title: "Doing b", hosts: ["host-b"] },
    ];
    assert.deepEqual(reportOf(operation, await run(operation, { dryRun: true }), true), {
      ...none,
      dryRun: true,
      done: [],
      steps: [
        { ...a, limit: 10, loses: "a volume" },
        { ...b, limit: 10 },
      ],
    });
    const report = reportOf(operation, await run(operation, { yes: true }), false);
    assert.deepEqual(report, {
      ...none,
      dryRun: false,
      done: [
        { ...a, outcome: "done" },
        { ...b, outcome: "failed", failure: "it is broken" },
      ],
      steps: [{ ...b, limit: 10 }],
      error: "b could not be done\nit is broken",
    });
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  });
});

describe("the lock of operations", () => {
  const home = mkdtempSync(join(tmpdir(), "swarm-ha-operations-"));
  const before = process.env["XDG_STATE_HOME"];
  beforeEach(() => (process.env["XDG_STATE_HOME"] = home));
  afterEach(() => {
    if (before === undefined) delete process.env["XDG_STATE_HOME"];
    else process.env["XDG_STATE_HOME"] = before;
  });
  after(() => {
    rmSync(home, { recursive: true, force: true });
  });

  it("refuses a second operation on the same stack, and names the first one's process", async () => {
    const done = (): Promise<string> => Promise.resolve("done");
    await withOperationLock("one", async () => {
      await assert.rejects(withOperationLock("one", done), {
        message: `Another operation runs on the stack one: process ${process.pid}. Wait for its end, or end it, then run this again.`,
      });
      assert.equal(
        heldText("one"),
        `Another operation runs on the stack one: process ${process.pid}. Wait for its end, or end it, then run this again.`,
      );
      assert.equal(heldText("two"), undefined);
      assert.equal(await withOperationLock("two", done), "done");
    });
    assert.equal(heldText("one"), undefined);
    assert.equal(await withOperationLock("one", done), "done");
  });

  it("counts a run of Pulumi on the stack, too", () => {
    const folder = join(backendDir(), ".pulumi", "locks", "organization", PROJECT, "three");
    mkdirSync(folder, { recursive: true });
    const lock = { pid: 1, username: "somebody", hostname: "elsewhere", timestamp: "now" };
    writeFileSync(join(folder, "lock.json"), JSON.stringify(lock));
    assert.match(heldText("three") ?? "", /^A run of Pulumi changes the stack three\. Wait for its end/);
  });
});
