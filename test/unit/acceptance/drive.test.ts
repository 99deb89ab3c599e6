import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { drive, type Hands } from "../../../dev/acceptance/drive";
import { billedText } from "../../../dev/acceptance/billed";
import { END, LONGEST, STEPS, STEPS_LIMIT, type Command, type Step } from "../../../dev/acceptance/steps";
import { requireThrowaway, withWorkers } from "../../../dev/acceptance/throwaway";
import { instancesOfZone } from "../../../cli/platform/aws/drill/zone";
import { shippedStack } from "../../support/stack-config";
import { root } from "../../../cli/paths";
import { UserError } from "../../../cli/terminal/errors";
import { parse } from "yaml";
import { previewText, step as previewStep } from "../review/support";

const step = (title: string, command: Partial<Command> = {}, limit = 1): Step => ({
  title,
  limit,
  commands: [{ tool: "pulumi", args: [title], ...command }],
});
const END_STEPS = [step("destroy"), step("unmanaged")];

/** Hands that note what they do. @param codes exit codes by command, one for each try; 0 without */
function noting(codes: Readonly<Record<string, readonly number[]>> = {}): { hands: Hands; did: string[] } {
  const did: string[] = [];
  const tries = new Map<string, number>();
  const hands: Hands = {
    run: ({ args: [name = ""] }) => {
      did.push(name);
      const n = tries.get(name) ?? 0;
      tries.set(name, n + 1);
      return Promise.resolve(codes[name]?.[n] ?? 0);
    },
    setWorkers: (extra) => void did.push(`workers ${extra}`),
    say: () => undefined,
    now: Date.now,
    pause: () => Promise.resolve(),
  };
  return { hands, did };
}

const options = (steps: readonly Step[], interrupted = new AbortController().signal) => ({
  steps,
  end: END_STEPS,
  limit: 1,
  interrupted,
});

describe("the acceptance test's drive", () => {
  it("runs every step, then the end", async () => {
    const { hands, did } = noting();
    const outcomes = await drive(options([step("up"), { ...step("scale"), extraWorkers: 2 }]), hands);
    assert.deepEqual(did, ["up", "workers 2", "scale", "destroy", "unmanaged"]);
    assert.ok(outcomes.every(({ failure }) => failure === undefined));
  });

  it("goes from the first failure to the end, all of it", async () => {
    const { hands, did } = noting({ up: [7], destroy: [1] });
    const outcomes = await drive(options([step("up"), step("scale")]), hands);
    assert.deepEqual(did, ["up", "destroy", "unmanaged"]);
    assert.deepEqual(
      outcomes.map(({ failure }) => failure),
      ["pulumi up ended with exit code 7", "pulumi destroy ended with exit code 1", undefined],
    );
  });

  it("goes to the end when a step can't be run at all", async () => {
    const { hands, did } = noting();
    const broken: Hands = {
      ...hands,
      run: (command, signal) =>
        command.args[0] === "up" ? Promise.reject(new Error("no node")) : hands.run(command, signal),
    };
    const outcomes = await drive(options([step("up")]), broken);
    assert.deepEqual([outcomes[0]?.failure, did], ["no node", ["destroy", "unmanaged"]]);
  });

  it("tries a command that waits again until it succeeds", async () => {
    const { hands, did } = noting({ status: [2, 1] });
    const outcomes = await drive(options([step("status", { waits: true })]), hands);
    assert.deepEqual(did, ["status", "status", "status", "destroy", "unmanaged"]);
    assert.equal(outcomes[0]?.failure, undefined);
  });

  it("ends a step when its time is up, and says so", async () => {
    const { hands, did } = noting();
    const hanging: Hands = {
      ...hands,
      run: (command, signal) => {
        if (command.args[0] !== "up") return hands.run(command, signal);
        return new Promise((resolve) => {
          const timer = setInterval(() => undefined, 1000);
          signal.addEventListener("abort", () => {
            clearInterval(timer);
            resolve(130);
          });
        });
      },
    };
    const outcomes = await drive(options([step("up", {}, 0.002)]), hanging);
    assert.match(outcomes[0]?.failure ?? "", /^not done within 1 min \(pulumi up ended with exit code 130\)$/);
    assert.deepEqual(did, ["destroy", "unmanaged"]);
  });

  it("begins no step after the time of all, and none after an interruption, but the end", async () => {
    const late = noting();
    await drive({ ...options([step("up", {}, 5)]), limit: 0 }, late.hands);
    assert.deepEqual(late.did, ["destroy", "unmanaged"]);
    const interrupted = noting();
    await drive(options([step("up")], AbortSignal.abort()), interrupted.hands);
    assert.deepEqual(interrupted.did, ["destroy", "unmanaged"]);
  });
});

describe("the acceptance test's steps", () => {
  it("use commands that there are, and end with destroy and unmanaged", () => {
    for (const { commands } of [...STEPS, ...END])
      for (const { tool } of commands)
        assert.ok(
          tool === "terminate-zone" || readFileSync(join(root, "cli", "commands", `${tool}.ts`)).length > 0,
          tool,
        );
    assert.deepEqual(
      END.map(({ title }) => title),
      ["destroy", "unmanaged"],
    );
  });

  it("each fit into the time of all", () => {
    for (const { title, limit } of STEPS) assert.ok(limit <= STEPS_LIMIT, title);
    assert.ok(LONGEST <= 80);
  });

  it("leave the number of workers as it was", () => {
    const extras = STEPS.flatMap(({ extraWorkers }) => extraWorkers ?? []);
    assert.equal(extras.at(-1), 0);
    const { text } = shippedStack("test");
    const count = (changed: string): unknown =>
      (parse(changed) as { config: Record<string, { worker: { count: number } }> }).config["swarm-ha:workers"]?.worker
        .count;
    assert.equal(count(withWorkers(text, 2)), 5);
    assert.equal(withWorkers(text, 0), text);
    assert.throws(() => withWorkers("config: {}", 1), UserError);
  });
});

describe("a stack for the acceptance test", () => {
  it("is one on aws that isn't protected", () => {
    assert.doesNotThrow(() => {
      requireThrowaway("test", shippedStack("test"));
    });
    for (const [stack, why] of [
      ["prod", /is protected/],
      ["local", /is on local/],
    ] as const)
      assert.throws(
        () => {
          requireThrowaway(stack, shippedStack(stack));
        },
        (error: unknown) => error instanceof UserError && why.test(error.message),
        stack,
      );
    assert.throws(() => {
      requireThrowaway("x", { path: "Pulumi.x.yaml", text: "config: { swarm-ha:platform: aws }", platform: "aws" });
    }, /isn't valid/);
  });

  it("prints what is billed, and for how long at most", () => {
    const instance = previewStep("aws:ec2/instance:Instance", "manager-1", {
      op: "create",
      inputs: { instanceType: "t4g.nano" },
    });
    const text = billedText("x", previewText([instance], { "swarm-ha:platform": "aws" }));
    assert.match(text, new RegExp(`stack x for at most ${LONGEST} min: 1 × t4g.nano instance\\. `));
  });
});

describe("the loss of a zone", () => {
  const instance = (id: string, zone: string, host: string) => ({
    InstanceId: id,
    Placement: { AvailabilityZone: zone },
    Tags: [{ Key: "swarm-ha.host", Value: host }],
  });

  it("takes all instances of a zone that isn't the bastion's", () => {
    const Instances = [
      instance("i-1", "eu-central-1a", "manager-1"),
      instance("i-2", "eu-central-1c", "bastion"),
      instance("i-3", "eu-central-1c", "manager-3"),
      instance("i-4", "eu-central-1b", "manager-2"),
      instance("i-5", "eu-central-1b", "worker-2"),
    ];
    assert.deepEqual(instancesOfZone({ Reservations: [{ Instances }] }), {
      zone: "eu-central-1b",
      ids: ["i-4", "i-5"],
    });
    assert.deepEqual(instancesOfZone({ Reservations: [{ Instances: [instance("i-2", "a", "bastion")] }] }).ids, []);
  });
});
