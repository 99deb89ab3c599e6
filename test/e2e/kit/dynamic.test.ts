import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Project } from "./project";

describe("offline kit: dynamic resources", () => {
  let project: Project;
  let file: string;

  beforeEach(async () => {
    project = await Project.make();
    file = join(project.folder, "resource");
  });
  afterEach(() => {
    project.remove();
  });

  it("creates, updates, replaces and deletes", async () => {
    const other = join(project.folder, "other");
    assert.deepEqual(await project.preview({ files: { [file]: "1" } }), { create: 2 });
    assert.ok(!existsSync(file), "a preview makes nothing");
    assert.deepEqual(await project.up({ files: { [file]: "1" } }), { create: 2 });
    assert.equal(readFileSync(file, "utf8"), "1");
    assert.deepEqual(await project.preview({ files: { [file]: "1" } }), {});
    assert.deepEqual(await project.up({ files: { [file]: "2" } }), { update: 1 });
    assert.equal(readFileSync(file, "utf8"), "2");
    assert.deepEqual(await project.up({ files: { [other]: "2" } }), { create: 1, delete: 1 });
    assert.deepEqual(await project.destroy(), { delete: 2 });
    assert.ok(!existsSync(file) && !existsSync(other));
  });

  it("notices on refresh what is gone, and recreates it", async () => {
    const spec = { files: { [file]: "1" } };
    await project.up(spec);
    rmSync(file);
    assert.deepEqual(await project.refresh(), { delete: 1 });
    assert.deepEqual(await project.up(spec), { create: 1 });
    assert.equal(readFileSync(file, "utf8"), "1");
  });

  it("notices on refresh what has changed", async () => {
    const spec = { files: { [file]: "1" } };
    await project.up(spec);
    writeFileSync(file, "changed by hand");
    assert.deepEqual(await project.refresh(), { update: 1 });
    assert.deepEqual(await project.up(spec), { update: 1 });
    assert.equal(readFileSync(file, "utf8"), "1");
  });
});
