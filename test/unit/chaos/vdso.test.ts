import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { clockPatches, type Patch } from "../../../dev/chaos/vdso";

/** The vDSO of this process. */
function own(): Buffer {
  const line = readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .find((one) => one.endsWith("[vdso]"));
  const [start = 0, end = 0] =
    line
      ?.split(" ")[0]
      ?.split("-")
      .map((text) => parseInt(text, 16)) ?? [];
  const image = Buffer.alloc(end - start);
  const file = openSync("/proc/self/mem", "r");
  readSync(file, image, 0, image.length, start);
  closeSync(file);
  return image;
}

function apply(image: Buffer, patches: readonly Patch[]): Buffer {
  const result = Buffer.from(image);
  for (const { offset, bytes } of patches) bytes.copy(result, offset);
  return result;
}

describe("the clock of one program", () => {
  before(function () {
    if (process.platform !== "linux" || process.arch !== "x64") this.skip();
  });

  it("is set by a jump to instructions that add seconds, written last", () => {
    const image = own();
    const [code, jump] = clockPatches(image, 7200);
    assert.ok(code !== undefined && jump !== undefined);
    assert.equal(jump.bytes[0], 0xe9);
    assert.equal(jump.offset + 5 + jump.bytes.readInt32LE(1), code.offset);
    assert.ok(code.offset + code.bytes.length <= image.length);
    assert.equal(code.bytes.toString("hex"), "b8e40000000f0585c0750b85ff7507488106201c0000c3");
  });

  it("is set again, and back, by the seconds alone", () => {
    const patched = apply(own(), clockPatches(own(), 1200));
    for (const seconds of [-86_400, 0]) {
      const patches = clockPatches(patched, seconds);
      assert.equal(patches.length, 1);
      assert.equal(patches[0]?.bytes.readInt32LE(18), seconds);
    }
  });

  it("isn't set in what is no vDSO, or has no room", () => {
    assert.throws(() => clockPatches(Buffer.alloc(4096), 1), /no vDSO of x86-64/);
    const full = own();
    full.fill(0x90, full.length - 32);
    assert.throws(() => clockPatches(full, 1), /no room/);
  });
});
