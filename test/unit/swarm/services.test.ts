import assert from "node:assert/strict";
import { bash } from "../../support/bash";

/** The label that a stack's tasks carry. */
const NAMESPACE = "com.docker.stack.namespace";

/** A task as the engine's API tells it. */
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
  return checked(answers, `result=0; converged demo || result=$?; printf '%s' "$seen"; exit "$result"`);
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
    Spec: { Name: "web", Labels: { own: "label" }, Mode: answers.mode ?? { Global: {} } },
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
    /** Looks every 100 s, at host-2's n-th attempt each time; all that ran out before are in the list. */
    const looks = (n: number, others: readonly Task[], before: readonly Task[] = []): Checked => {
      const attempts = Array.from({ length: n }, (_, i) => ({
        ...task(2, "failed", "shutdown", "unhealthy container"),
        ID: `attempt-${String(i)}`,
      }));
      const rounds = attempts.map((_, i) => [...others, ...before, ...attempts.slice(0, i), task(2, "starting")]);
      const look = (tasks: readonly Task[], i: number): string =>
        `SECONDS=${String(i * 100)}; TASKS='${JSON.stringify(tasks)}'; FRESH=$TASKS; result=0; converged demo || result=$?`;
      return checked({ tasks: [] }, `${rounds.map(look).join("\n")}\nprintf '%s' "$seen"; exit "$result"`);
    };

    it("is waited for for five minutes, and then no longer, naming it", () => {
      const patient = looks(4, [task(1), task(3)]);
      assert.deepEqual([patient.ok, patient.stderr], [false, ""]);
      const { stderr } = looks(5, [task(1), task(3)]);
      assert.match(
        stderr,
        /^FAIL .*for 300 s .*2 of 3 .*host-2: starting.*on host-2: unhealthy container.*replace these/,
      );
    });

    it("is waited for while others only take their time", () => {
      assert.equal(looks(9, [task(1), task(3, "preparing")]).stderr, "");
    });

    it("isn't told what it did before: it may have been mended", () => {
      const before = [1, 2, 3].map((i) => ({ ...task(2, "failed", "shutdown"), ID: `former-${String(i)}` }));
      assert.equal(looks(4, [task(1), task(3)], before).stderr, "");
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

  it("has the orchestrator look anew when a node dies during an update, which else waits for its task", () => {
    const update = { State: "updating", Message: "update in progress" };
    const dying: Answers = { nodes: ["ready", "ready", "down"], update, tasks: [task(1), task(2), task(3)] };
    const { ok, changes, stderr } = converged(dying);
    assert.ok(!ok);
    assert.match(
      changes,
      /^CHANGE POST \/services\/s1\/update\?version=7 .*"own":"label","swarm-ha.down":"n3"/,
      stderr,
    );
    assert.equal(converged({ ...dying, down: "n3" }).changes, "", "it was down before: the update goes around it");
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
