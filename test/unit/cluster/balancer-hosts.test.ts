import assert from "node:assert/strict";
import { balancerHostProblems, stoppedIn } from "../../../cli/cluster/balancer-hosts";
import { evaluate } from "../../../cli/cluster/evaluate";
import { found, nodesOf, wanted } from "./support";

const desired = wanted();

describe("hosts of load balancers that existed before the stack", () => {
  it("run HAProxy and keepalived; a reload is no failure", () => {
    assert.deepEqual(stoppedIn("active\nreloading\n"), []);
    assert.deepEqual(stoppedIn("active\nfailed\n"), ["keepalived (failed)"]);
    assert.deepEqual(stoppedIn(""), ["haproxy (unknown)", "keepalived (unknown)"]);
  });

  it("are a problem each, named with what to do, while the other one carries the traffic", () => {
    const idleBalancers = [
      { host: "lb-1", seen: "no answer in 8 s" },
      { host: "lb-2", stopped: ["keepalived (failed)"] },
    ];
    const { status, problems } = evaluate(desired, found(desired, nodesOf(desired), { idleBalancers }));
    assert.equal(status.healthy, false);
    assert.deepEqual(
      problems.map(({ kind, hosts }) => [kind, ...hosts]),
      [
        ["loadBalancer", "lb-1"],
        ["loadBalancer", "lb-2"],
      ],
    );
    assert.match(problems[0]?.text ?? "", /lb-1 can't be asked \(no answer in 8 s\).*Check power/);
    assert.match(problems[1]?.text ?? "", /lb-2, keepalived \(failed\) doesn't run.*systemctl restart/);
    assert.deepEqual(balancerHostProblems([]), []);
  });
});
