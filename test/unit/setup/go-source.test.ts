import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changed, useChanged } from "../../../tools/setup/go-source";

describe("changes to a module's source", () => {
  const change = { module: "example.org/a/v3", file: "b/b.go", from: "one()", to: "two($&)" };

  it("change one place, literally", () => {
    assert.equal(changed("x\none()\n", change), "x\ntwo($&)\n");
  });

  it("are refused where that place isn't there, or more than once", () => {
    assert.throws(() => changed("three()", change), /b\.go has 0 places, not one, with: one\(\)/);
    assert.throws(() => changed("one() one()", change), /b\.go has 2 places/);
  });

  it("are made in a copy without its tests, which the build uses", () => {
    const folder = mkdtempSync(join(tmpdir(), "swarm-ha-source-"));
    try {
      const [source, work, addition] = [join(folder, "source"), join(folder, "work"), join(folder, "more.go.txt")];
      for (const one of [work, join(source, "b", "testdata")]) mkdirSync(one, { recursive: true });
      writeFileSync(join(source, "b", "b.go"), "one()", { mode: 0o444 });
      writeFileSync(join(source, "b", "b_test.go"), "");
      writeFileSync(addition, "more");
      writeFileSync(join(work, "go.mod"), "module w\n");
      chmodSync(join(source, "b"), 0o555);
      useChanged({ ...change, addition }, source, work);
      chmodSync(join(source, "b"), 0o755);
      const copy = (name: string): string => join(work, "changed", "b", name);
      assert.equal(readFileSync(copy("b.go"), "utf8"), "two($&)");
      assert.equal(readFileSync(copy("more.go"), "utf8"), "more");
      for (const name of ["b_test.go", "testdata"]) assert.equal(existsSync(copy(name)), false, name);
      assert.equal(readFileSync(join(source, "b", "b.go"), "utf8"), "one()");
      assert.equal(readFileSync(join(work, "go.mod"), "utf8"), "module w\n\nreplace example.org/a/v3 => ./changed\n");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
