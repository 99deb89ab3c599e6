import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { portsFrom } from "../../support/stack-config";
import { CLUSTER, useSharedStack } from "../../support/shared-stack";
import { TestStack } from "../../support/test-stack";
import { figure } from "../../support/run";

const fresh = new TestStack("e2e-review", { hosts: "10.247.0.0/20", ports: portsFrom(23700) });

/** What each review of a local stack has, whatever happens. */
function reads(page: string): void {
  for (const part of [
    "### Availability",
    "### Topology",
    "```mermaid",
    "### Ports",
    "### State and secrets",
    "### Cost",
  ]) {
    assert.ok(page.includes(part), `${part} is missing in\n${page}`);
  }
  assert.doesNotMatch(page, /PRIVATE KEY|SWMTKN|undefined|NaN|\[object/);
}

describe("a review", function () {
  this.timeout(300_000);
  const stack = useSharedStack(CLUSTER);
  const review = (of: TestStack, ...args: string[]) => of.tool("review", [of.name, ...args], 120);

  after(() => {
    stack.configure();
    rmSync(fresh.home, { recursive: true, force: true });
  });

  it("of a stack that isn't there yet shows all of it as new", async () => {
    fresh.configure();
    const { code, stdout, seconds } = await review(fresh);
    figure("npm run review of a new stack", seconds);
    assert.equal(code, 0);
    reads(stdout);
    assert.match(stdout, /\*\*Of 9 hosts, 9 added\*\*/);
    assert.match(stdout, /\| managers \| 0 \| 3 \| creates a swarm of 3: tolerates 1 loss \|/);
    assert.match(
      stdout,
      /losing any one zone leaves 2 of 3 managers \(the quorum holds\), 2 of 3 registries, 67 % of workers/,
    );
    assert.match(stdout, /\| opened \| `this workstation` \| `lb-manager` \| `tcp \d+→2376` \|/);
    assert.match(stdout, /No state is deleted/);
    assert.deepEqual(await fresh.remains(), [], "it has made something");
  });

  it("of one more worker shows that worker, and that nobody else notices", async () => {
    stack.configure({ workers: { worker: { count: 4, labels: { "com.example.storage": "ssd" } } } });
    const { code, stdout } = await review(stack);
    assert.equal(code, 0);
    reads(stdout);
    assert.match(stdout, /\| managers \| 3 \| 3 \| nothing \|/);
    assert.match(stdout, /\| workers: worker \| 3 \| 4 \| adds worker-4: no task moves \|/);
    assert.match(stdout, /\["worker-4 \+"\]:::added/);
    assert.match(stdout, /\["manager-1"\]:::unchanged/);
    assert.match(stdout, /No port is opened or closed/);
  });

  it("of two replaced managers fails, says what it does to the quorum and what goes, and passes once acknowledged", async () => {
    await stack.exec("worker-1", ["docker", "volume", "create", "kept"]);
    const zones = { zones: ["zone-b", "zone-a", "zone-c"] };
    stack.configure(zones);
    const refused = await review(stack);
    assert.equal(refused.code, 2, refused.output);
    reads(refused.stdout);
    assert.match(refused.output, /not acknowledged in swarm-ha:acknowledge: replaces-managers/);
    assert.match(refused.stdout, /replaces manager-1: quorum 3 → 2 → 3, tolerates 0 losses meanwhile/);
    assert.match(refused.stdout, /\["manager-2 ±"\]:::replaced/);
    assert.match(refused.stdout, /- \*\*Deleted with its host:\*\* the volume kept on worker-1\n/);
    await stack.exec("worker-1", ["docker", "volume", "rm", "kept"]);
    stack.configure({ ...zones, acknowledge: ["replaces-managers"] });
    const passed = await review(stack);
    assert.equal(passed.code, 0, passed.output);
    assert.match(passed.stdout, /> - acknowledged `replaces-managers`/);
  });

  it("of other address ranges fails before anything is touched, and says what to write", async () => {
    stack.configure({ network: { hosts: stack.place.hosts, overlay: "10.144.0.0/12", engine: "10.99.0.0/16" } });
    const { code, output } = await review(stack);
    assert.notEqual(code, 0);
    assert.match(
      output,
      /network\.overlay is 10\.144\S+, .* has 10\.128\S+, and can't change it; .*network\.engine is 10\.99\./,
    );
    assert.match(output, /Write \{ overlay: 10\.128\.0\.0\/12, engine: 10\.211\.0\.0\/16 \} again/);
    // Of what was remembered wrongly.
    const [, ...remedy] = / --stack \S+ (--replace) '(\S+AddressRanges\S+)'/.exec(output) ?? [];
    assert.equal(remedy.length, 2, output);
    const corrected = await stack.pulumi("preview", "--json", ...remedy);
    assert.match(corrected.stdout, /"op": "replace",\s+"urn": "[^"]*AddressRanges::ranges"/);
  });

  it("reads a preview from a file, and wants all of it", async () => {
    stack.configure();
    const file = join(stack.home, "preview.json");
    const { stdout } = await stack.pulumi("preview", "--json", "--show-sames");
    writeFileSync(file, stdout);
    const whole = await review(stack, "--from", file);
    assert.equal(whole.code, 0, whole.output);
    assert.match(whole.stdout, /\*\*Nothing changes\.\*\*/);
    writeFileSync(file, (await stack.pulumi("preview", "--json")).stdout);
    const parts = await review(stack, "--from", file);
    assert.equal(parts.code, 1);
    assert.match(parts.output, /leaves out unchanged resources.*--show-sames/);
  });
});
