import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bash } from "../../support/bash";

/** Types of records in etcd's log (server/wal, walpb/record.proto). */
const METADATA = 1;
const ENTRY = 2;
const STATE = 3;

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** A record in its frame: the length with the padding in its highest byte, then the record, padded to 8 bytes. */
function record(type: number, data: readonly number[]): Buffer {
  const body = [0x08, ...varint(type), 0x10, ...varint(0xffffffff), 0x1a, ...varint(data.length), ...data];
  const padding = (8 - (body.length % 8)) % 8;
  const head = Buffer.alloc(8);
  head.writeUInt32LE(body.length);
  if (padding > 0) head.writeUInt8(0x80 | padding, 7);
  return Buffer.concat([head, Buffer.from(body), Buffer.alloc(padding)]);
}

function entry(index: number, size = 40): Buffer {
  return record(ENTRY, [
    0x08,
    0,
    0x10,
    3,
    0x18,
    ...varint(index),
    0x22,
    ...varint(size),
    ...Array<number>(size).fill(7),
  ]);
}

function state(commit: number): Buffer {
  return record(STATE, [0x08, 3, 0x10, 9, 0x18, ...varint(commit)]);
}

describe("a manager's Raft log on its disk", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "swarm-ha-raft-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function write(files: Readonly<Record<string, readonly Buffer[]>>): void {
    const logs = join(folder, "raft/wal-v3-encrypted");
    mkdirSync(logs, { recursive: true });
    // As etcd does it: preallocated, so that zeros follow.
    for (const [name, records] of Object.entries(files))
      writeFileSync(join(logs, name), Buffer.concat([...records, Buffer.alloc(4096)]));
  }

  function read(first = ""): string {
    const script = `set -Eeuo pipefail; . scripts/lib/raft.sh
      ${first}
      if raft_position; then echo "$commit $last"; else echo "$found: $seen"; fi`;
    const { stdout, stderr, code } = bash(script, { env: { swarm_folder: folder } });
    assert.equal(code, 0, stderr);
    return stdout.trim();
  }

  it("has the index that is known to be committed, and the last one", () => {
    write({
      "0000000000000000-0000000000000000.wal": [
        record(METADATA, [1, 2, 3]),
        ...[entry(1), state(0), entry(2, 5000), entry(300), state(299)],
      ],
    });
    assert.equal(read(), "299 300");
  });

  it("is read from its newest file, which may have no entry yet", () => {
    write({
      "0000000000000000-0000000000000000.wal": [entry(1), state(1)],
      "0000000000000001-00000000000000ff.wal": [record(METADATA, [1]), state(250)],
      "1.tmp": [entry(9)],
    });
    assert.equal(read(), "250 254");
  });

  it("ends at a record that was only half written", () => {
    write({ "0000000000000000-0000000000000000.wal": [entry(1), state(1), entry(2).subarray(0, 20)] });
    assert.equal(read(), "1 1");
  });

  it("is none on a host that is a manager of no swarm", () => {
    assert.match(read(), /^none: /);
  });

  it("can't be read without perl", () => {
    write({ "0000000000000000-0000000000000000.wal": [entry(1)] });
    assert.match(read("PATH=/nonexistent"), /^unread: perl/);
  });

  it("says whether the swarm is autolocked", () => {
    const locked = (): number | null =>
      bash(". scripts/lib/raft.sh; raft_locked", { env: { swarm_folder: folder } }).code;
    mkdirSync(join(folder, "certificates"));
    const key = join(folder, "certificates/swarm-node.key");
    writeFileSync(key, "-----BEGIN PRIVATE KEY-----\n");
    assert.notEqual(locked(), 0);
    writeFileSync(key, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
    assert.equal(locked(), 0);
    writeFileSync(key, "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n");
    assert.equal(locked(), 0);
  });
});
