import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkpointFile } from "../../../cli/pulumi/local-state";
import {
  asksWhose,
  fileToRename,
  madeFor,
  refuseRenamed,
  refuseRenamedAway,
  renameConfig,
  renamedTo,
} from "../../../cli/pulumi/renamed";

const instance = (stack: string) => ({
  inputs: { spec: { labels: { "swarm-ha.stack": stack, "swarm-ha.role": "worker" } } },
});
const words = (line: string): string[] => line.split(" ");

describe("a renamed stack", () => {
  it("is told by the labels of its resources, wherever a platform has them", () => {
    assert.equal(madeFor(undefined), undefined);
    assert.equal(madeFor([{ inputs: { name: "x" } }, instance("prod")]), "prod");
    assert.equal(madeFor([{ outputs: { tagsAll: { "swarm-ha.stack": "prod" } } }]), "prod");
  });

  it("isn't built on, and the way back is named", () => {
    for (const line of ["up --yes", "preview", "refresh", "import x"])
      assert.throws(() => {
        refuseRenamed("new", words(line), "prod");
      }, /^UserError: Nothing was changed: .* were made for a stack prod, .*: npm run pulumi -- stack rename prod -s new$/);
  });

  it("can still be looked at, destroyed and renamed back", () => {
    for (const line of [
      "stack export",
      "stack output",
      "destroy --yes",
      "stack rename prod",
      "stack rename org/swarm-ha/prod",
    ])
      refuseRenamed("new", words(line), "prod");
  });

  it("isn't made in the first place, unless there is nothing in it", () => {
    assert.ok(asksWhose(words("stack rename new")) && !asksWhose(words("stack output")));
    assert.throws(() => {
      refuseRenamed("prod", words("stack rename new"), "prod");
    }, /can't be renamed while it has resources/);
    refuseRenamed("prod", words("stack rename new"), undefined);
    refuseRenamed("prod", words("up"), "prod");
  });
});

describe("a renamed local stack", () => {
  const names = ["XDG_STATE_HOME", "SWARM_HA_CONFIG_DIR"];
  const before = names.map((name) => [name, process.env[name]] as const);
  let folder: string;
  const state = (stack: string, resources: readonly unknown[]): void => {
    mkdirSync(dirname(checkpointFile(stack)), { recursive: true });
    writeFileSync(checkpointFile(stack), JSON.stringify({ version: 3, checkpoint: { latest: { resources } } }));
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-renamed-"));
    for (const name of names) process.env[name] = folder;
  });
  afterEach(() => {
    for (const [name, value] of before)
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    rmSync(folder, { recursive: true, force: true });
  });

  it("is found under its new name, and nothing is made under the old one", () => {
    assert.equal(renamedTo("local"), undefined);
    state("new", [instance("local")]);
    state("other", [instance("other")]);
    writeFileSync(checkpointFile("damaged"), "{");
    assert.equal(renamedTo("local"), "new");
    assert.throws(() => {
      refuseRenamedAway("local");
    }, /was renamed to new.*Rename it back: npm run pulumi -- stack rename local -s new$/);
    assert.ok(!existsSync(checkpointFile("local")));
    refuseRenamedAway("other");
  });

  it("is hidden neither by an empty one of the old name, which then goes first", () => {
    state("new", [instance("local")]);
    state("local", []);
    assert.throws(() => {
      refuseRenamedAway("local");
    }, /stack rm --yes --preserve-config -s local, then npm run pulumi -- stack rename local -s new$/);
    state("local", [instance("local")]);
    refuseRenamedAway("local");
  });

  it("takes its config file along, whatever name that has already", () => {
    const file = (name: string) => join(folder, `Pulumi.${name}.yaml`);
    writeFileSync(file("local"), "config:\n  swarm-ha:platform: local\n");
    assert.equal(fileToRename("new", words("stack rename local")).path, file("local"));
    renameConfig("local", "new");
    assert.equal(fileToRename("new", words("stack rename local")).path, file("new"));
    renameConfig("new", "local");
    assert.match(readFileSync(file("local"), "utf8"), /platform: local/);
    assert.ok(!existsSync(file("new")));
  });
});
