import assert from "node:assert/strict";
import { bash } from "../../support/bash";

/** The label that a stack's tasks carry. */
const NAMESPACE = "com.docker.stack.namespace";

/** A task as the Docker engine's API tells it. */
interface Task {
  readonly ID: string;
  readonly NodeID: string;
  readonly DesiredState: string;
  readonly Status: { readonly State: string; readonly Timestamp: string; readonly Err?: string };
  readonly Spec?: { readonly ContainerSpec: { readonly Labels: Readonly<Record<string, string>> } };
}

/** What a manager says. */
interface Answers {
  readonly mode?: Record<string, unknown>;
  readonly update?: { readonly State: string; readonly Message: string };
  /** Delay of its updates, in seconds. @default none */
  readonly delay?: number;
  /** Seconds for which the check is repeated, every 4 s. @default one look */
  readonly seconds?: number;
  /** States of the nodes n1, n2, n3. */
  readonly nodes?: readonly string[];
  readonly tasks: readonly Task[];
  /** Ids of the tasks that are as the service is described now. @default all */
  readonly fresh?: readonly string[];
  /** Ids of the nodes that were down when the update began. */
  readonly down?: string;
}

/** How a check ended. */
interface Checked {
  readonly ok: boolean;
  readonly seen: string;
  readonly stderr: string;
  /** The calls that change something. */
  readonly changes: string;
}

function task(n: number, state = "running", wanted = "running", error?: string): Task {
  return {
    ID: `t${String(n)}-${state}-${wanted}`,
    NodeID: `n${String(n)}`,
    DesiredState: wanted,
    Status: { State: state, Timestamp: "2026-11-21T12:00:00Z", ...(error === undefined ? {} : { Err: error }) },
  };
}

/** Whether the stack `demo` runs as described. */
function converged(answers: Answers): Checked {
  const { seconds = 0 } = answers;
  const again = `((SECONDS < end)) || break; SECONDS=$((SECONDS + 4))`;
  return checked(
    answers,
    `end=$((SECONDS + ${String(seconds)})); while true; do result=0; converged demo || result=$?; ${again}; done
    printf '%s' "$seen"; exit "$result"`,
  );
}

/** Where tasks of the stack `demo` are left. */
function leftOf(answers: Answers): string {
  const { ok, seen, stderr } = checked(answers, `left_of demo; printf '%s' "$left"`);
  assert.ok(ok, stderr);
  return seen;
}

/** Runs a check against a manager that is a shell function. */
function checked(answers: Answers, check: string): Checked {
  const fresh = answers.tasks.filter(({ ID }) => answers.fresh?.includes(ID) ?? true);
  const service = {
    ID: "s1",
    Version: { Index: 7 },
    Spec: {
      Name: "web",
      Labels: { own: "label" },
      Mode: answers.mode ?? { Global: {} },
      ...(answers.delay === undefined ? {} : { UpdateConfig: { Delay: answers.delay * 1e9 } }),
    },
    ...(answers.update === undefined ? {} : { UpdateStatus: answers.update }),
  };
  const nodes = (answers.nodes ?? ["ready", "ready", "ready"]).map((State, i) => ({
    ID: `n${String(i + 1)}`,
    Description: { Hostname: `host-${String(i + 1)}` },
    Status: { State },
  }));
  const script = `set -Eeuo pipefail; shopt -s inherit_errexit lastpipe
    fail() { echo "FAIL $*" >&2; exit 3; }
    query() { printf '%s' "$1"; }
    cluster() {
      local body; body=$(cat)
      case "$1 $2" in
        "GET /nodes") reply=$NODES ;;
        "GET /services/s1") reply=$SERVICE ;;
        "GET /services"*) reply="[$SERVICE]" ;;
        "GET /tasks"*up-to-date*) reply=$FRESH ;;
        "GET /tasks"*) reply=$TASKS ;;
        *) printf 'CHANGE %s %s %s\\n' "$1" "$2" "$body" >&2 ;;
      esac
    }
    . scripts/lib/services.sh
    down=$DOWN
    ${check}`;
  const ran = bash(script, {
    env: {
      NODES: JSON.stringify(nodes),
      SERVICE: JSON.stringify(service),
      TASKS: JSON.stringify(answers.tasks),
      FRESH: JSON.stringify(fresh),
      DOWN: answers.down ?? "",
    },
  });
  const changes = ran.stderr.split("\n").filter((line) => line.startsWith("CHANGE"));
  return { ok: ran.code === 0, seen: ran.stdout, stderr: ran.stderr, changes: changes.join("\n") };
}

describe("whether a stack runs as described", () => {
  it("is so when every task of a global service runs and none is of an older description", () => {
    const { ok, seen, stderr } = converged({ tasks: [task(1), task(2), task(3)] });
    assert.ok(ok, `${seen}${stderr}`);
  });

  it("isn't while one is starting, and says where", () => {
    const { ok, seen } = converged({ tasks: [task(1), task(2, "starting"), task(3)] });
    assert.ok(!ok);
    assert.match(seen, /web: 2 of 3 tasks run as described \(host-2: starting\)/);
  });

  it("isn't while one waits for another attempt to start, and says why the last one failed", () => {
    const failed = task(2, "rejected", "shutdown", "No such image: web:2");
    const { ok, seen } = converged({ tasks: [task(1), failed, task(2, "ready", "ready")] });
    assert.ok(!ok);
    assert.match(seen, /1 of 2 .*host-2: ready.*last error, on host-2: No such image: web:2/);
  });

  describe("when one fails again and again", () => {
    interface Look {
      /** Seconds since the wait began. */
      readonly at: number;
      readonly tasks: readonly Task[];
      readonly update?: string;
    }
    const failure = (id: string): Task => ({ ...task(2, "failed", "shutdown", "unhealthy container"), ID: id });
    const starting = task(2, "starting");
    const others = [task(1), task(3)];

    /** What is said on standard error by one look after the other. */
    const looks = (all: readonly Look[]): string => {
      const look = ({ at, tasks, update }: Look): string =>
        `SECONDS=${String(at)}; TASKS='${JSON.stringify(tasks)}'; FRESH=$TASKS
        SERVICE=$(jq -c '.UpdateStatus.State = "${update ?? ""}"' <<<"$SERVICE")
        converged demo || true`;
      return checked({ tasks: [] }, `${all.map(look).join("\n")}\nprintf '%s' "$seen"`).stderr;
    };
    /** Looks every 101 s, each time at one failure more of host-2. */
    const failing = (count: number, others: readonly Task[], first: Partial<Look> = {}): string => {
      const failures = Array.from({ length: count }, (_, i) => failure(`attempt-${String(i)}`));
      return looks([
        { at: 0, tasks: [...others, starting], ...first },
        ...failures.map((_, i) => ({ at: (i + 1) * 101, tasks: [...others, ...failures.slice(0, i + 1), starting] })),
      ]);
    };

    it("is waited for for five minutes, and then no longer, naming it", () => {
      assert.equal(failing(3, others), "");
      assert.match(
        failing(4, others),
        /^FAIL .*for 300 s.*2 of 3 .*host-2: starting.*on host-2: unhealthy container.*[Rr]epair or replace these/,
      );
    });

    it("is waited for while others only take their time, and where nothing runs at all", () => {
      assert.equal(failing(5, [task(1), task(3, "preparing")]), "");
      assert.equal(failing(5, []), "");
    });

    it("isn't held to what it did before, which may have been repaired, nor during an update, which ends by itself", () => {
      const former = [1, 2, 3].map((i) => failure(`former-${String(i)}`));
      for (const update of ["", "updating"]) {
        const first = { tasks: [...others, ...former, starting], update };
        assert.equal(failing(3, [...others, ...former], first), "", update);
      }
      const all = [0, 1, 2, 3].map((i) => failure(`attempt-${String(i)}`));
      const updates = all.map((_, i) => ({
        at: i * 200,
        tasks: [...others, ...all.slice(0, i), starting],
        update: "updating",
      }));
      assert.equal(looks([...updates, { at: 800, tasks: [...others, ...all.slice(0, 3), starting] }]), "");
    });

    it("is waited for when it failed just twice, at first only, or ran in between", () => {
      const [one, two, three, four] = ["1", "2", "3", "4"].map(failure) as [Task, Task, Task, Task];
      const begin = { at: 0, tasks: [...others, starting] };
      const at = (seconds: number, ...tasks: Task[]): Look => ({ at: seconds, tasks: [...others, ...tasks] });
      assert.equal(looks([begin, at(10, one, starting), at(400, one, two, starting)]), "");
      const early = [begin, at(2, one, starting), at(4, one, two, starting), at(6, one, two, three, starting)];
      assert.equal(looks([...early, at(900, one, two, three, task(2, "preparing"))]), "");
      const ran = at(100, one, two, three, task(2));
      assert.equal(looks([...early, ran, at(900, one, two, three, four, starting)]), "");
    });
  });

  it("isn't while one of an older description runs", () => {
    const { ok, seen } = converged({ tasks: [task(1), task(2)], fresh: [task(1).ID] });
    assert.ok(!ok);
    assert.match(seen, /1 of 2 tasks run as described, 1 of an older description/);
  });

  it("doesn't wait for tasks on a node that is down", () => {
    const { ok, seen } = converged({
      nodes: ["ready", "ready", "down"],
      tasks: [task(1), task(2), task(3)],
      fresh: [task(1).ID, task(2).ID],
    });
    assert.ok(ok, seen);
  });

  it("isn't when no node takes a task of it", () => {
    assert.ok(!converged({ tasks: [] }).ok);
  });

  it("counts the replicas of a replicated service, of which there may be none", () => {
    const mode = { Replicated: { Replicas: 3 } };
    assert.ok(!converged({ mode, tasks: [task(1), task(2)] }).ok);
    assert.ok(converged({ mode, tasks: [task(1), task(2), { ...task(1), ID: "again" }] }).ok);
    assert.ok(converged({ mode: { Replicated: { Replicas: 0 } }, tasks: [] }).ok);
  });

  it("ends at once when the update was rolled back or paused, for waiting won't help", () => {
    for (const State of ["rollback_completed", "rollback_paused", "paused"]) {
      const { ok, stderr } = converged({ update: { State, Message: "why" }, tasks: [task(1)] });
      assert.ok(!ok);
      assert.match(stderr, new RegExp(`FAIL the update of the stack demo ended as ${State} \\(why\\)`));
    }
  });

  describe("when a node dies during an update, which then waits for its task", () => {
    const update = { State: "updating", Message: "update in progress" };
    const tasks = [task(1), task(2), task(3)];
    const dying: Answers = { nodes: ["ready", "ready", "down"], update, tasks, fresh: [task(1).ID], delay: 11 };

    it("makes the orchestrator check again once nothing has moved for longer than the update's delay, and once only", () => {
      const { ok, changes, stderr } = converged({ ...dying, seconds: 32 });
      assert.ok(!ok);
      assert.match(
        changes,
        /^CHANGE POST \/services\/s1\/update\?version=7 .*"own":"label","swarm-ha.down":"n3"[^\n]*$/,
        stderr,
      );
    });

    it("leaves it its delay, within which it goes on by itself", () => {
      assert.equal(converged({ ...dying, seconds: 12 }).changes, "");
      assert.equal(converged({ ...dying, seconds: 20 }).changes.split("\n").length, 1);
    });

    it("leaves it alone while a task that it has begun doesn't run yet", () => {
      for (const state of ["ready", "preparing", "starting"]) {
        const begun = { ...dying, tasks: [task(1, state), task(2), task(3)], fresh: [task(1, state).ID], seconds: 32 };
        assert.equal(converged(begun).changes, "", state);
      }
    });

    it("does nothing where it was down before: the update goes around it", () => {
      assert.equal(converged({ ...dying, down: "n3", seconds: 32 }).changes, "");
    });
  });
});

describe("what is left of a stack that is being removed", () => {
  const of = (stack: string, one: Task): Task => ({
    ...one,
    Spec: { ContainerSpec: { Labels: { [NAMESPACE]: stack } } },
  });

  it("is where its tasks still run", () => {
    const tasks = [of("demo", task(1, "shutdown", "remove")), of("demo", task(2, "running", "remove"))];
    assert.equal(leftOf({ tasks: [...tasks, of("other", task(3))] }), "host-2");
    assert.equal(leftOf({ tasks: [of("other", task(1)), task(2)] }), "");
  });

  it("isn't what stood on a node that is down, which nobody could wait for", () => {
    const tasks = [1, 2, 3].map((n) => of("demo", task(n, "running", "remove")));
    assert.equal(leftOf({ nodes: ["down", "ready", "ready"], tasks }), "host-2, host-3");
    assert.equal(leftOf({ nodes: ["down", "ready", "ready"], tasks: tasks.slice(0, 1) }), "");
  });
});
