import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataText, readScript } from "../../../components/ssh/script";
import { bash } from "../../support/bash";

/** Types of records in etcd's log (server/storage/wal/wal.go). */
const METADATA = 1;
const ENTRY = 2;
const STATE = 3;
const SNAPSHOT = 5;

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

function entry(index: number, { term = 3, size = 40 } = {}): Buffer {
  return record(ENTRY, [
    0x08,
    0,
    0x10,
    ...varint(term),
    0x18,
    ...varint(index),
    0x22,
    ...varint(size),
    ...Array<number>(size).fill(7),
  ]);
}

/** With the term of a candidate, which no entry has. */
function state(commit: number): Buffer {
  return record(STATE, [0x08, 99, 0x10, 9, 0x18, ...varint(commit)]);
}

function snapshot(index: number, term: number): Buffer {
  return record(SNAPSHOT, [0x08, ...varint(index), 0x10, ...varint(term)]);
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
      if raft_position; then echo "$commit $last $terms"; else echo "$found: $seen"; fi`;
    const { stdout, stderr, code } = bash(script, { env: { swarm_folder: folder } });
    assert.equal(code, 0, stderr);
    return stdout.trim();
  }

  it("has the index that is known to be committed, and the last one", () => {
    write({
      "0000000000000000-0000000000000000.wal": [
        record(METADATA, [1, 2, 3]),
        ...[entry(1), state(0), entry(2, { size: 5000 }), entry(300), state(299)],
      ],
    });
    assert.equal(read(), "299 300 [[1,3]]");
  });

  it("has the terms of its entries, without those that others have replaced", () => {
    write({
      "0000000000000000-0000000000000000.wal": [
        ...[snapshot(0, 0), entry(1, { term: 1 }), entry(2, { term: 300 }), entry(3, { term: 301 })],
        ...[
          entry(2, { term: 300 }),
          entry(3, { term: 400 }),
          entry(4, { term: 401 }),
          entry(3, { term: 500 }),
          state(2),
        ],
      ],
    });
    assert.equal(read(), "2 3 [[1,1],[2,300],[3,500]]");
  });

  it("is read from all of its files, of which the newest may have no entry yet", () => {
    write({
      "0000000000000000-0000000000000000.wal": [entry(1, { term: 1 }), entry(254, { term: 2 }), state(200)],
      "0000000000000001-00000000000000ff.wal": [record(METADATA, [1]), state(250)],
      "1.tmp": [entry(9)],
    });
    assert.equal(read(), "250 254 [[1,1],[254,2]]");
  });

  it("has no terms of entries before a gap, or before a snapshot of the leader; one of its own changes nothing", () => {
    write({
      "0000000000000000-0000000000000000.wal": [entry(1, { term: 1 }), state(1)],
      "0000000000000001-00000000000000ff.wal": [
        entry(255, { term: 2 }),
        snapshot(200, 1),
        snapshot(255, 2),
        state(255),
      ],
    });
    assert.equal(read(), "255 255 [[255,2]]");
    write({
      "0000000000000001-00000000000000ff.wal": [entry(255, { term: 2 }), snapshot(300, 4), entry(301, { term: 4 })],
    });
    assert.equal(read(), "1 301 [[300,4]]");
  });

  it("ends at a record that was only half written", () => {
    write({ "0000000000000000-0000000000000000.wal": [entry(1), state(1), entry(2).subarray(0, 20)] });
    assert.equal(read(), "1 1 [[1,3]]");
  });

  it("is none on a host that is a manager of no swarm", () => {
    assert.match(read(), /^none: /);
  });

  it("can't be read without perl", () => {
    write({ "0000000000000000-0000000000000000.wal": [entry(1)] });
    assert.match(read("PATH=/nonexistent"), /^unread: perl/);
  });

  it("is reported with the node's encrypted key where that is wanted, which is no program's argument", () => {
    write({ "0000000000000000-0000000000000000.wal": [entry(1), state(1)] });
    mkdirSync(join(folder, "certificates"));
    const key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nc2VjcmV0\n";
    writeFileSync(join(folder, "certificates/swarm-node.key"), key);
    const script = `jq() { printf '%s\\n' "$@" >>${folder}/arguments; command jq "$@"; }\n${readScript("raft").text}`;
    const report = (wanted: boolean): unknown => {
      const input = dataText({ name: "manager-1", key: wanted });
      const { stdout, stderr, code } = bash(script, { input, env: { swarm_folder: folder } });
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    const position = { log: "read", locked: true, commit: 1, last: 1, terms: [[1, 3]] };
    assert.deepEqual(report(true), { ...position, nodeKey: key });
    assert.deepEqual(report(false), { ...position, nodeKey: "" });
    assert.doesNotMatch(readFileSync(join(folder, "arguments"), "utf8"), /c2VjcmV0/);
  });

  it("belongs to the swarm that is the organization of the node's certificate", () => {
    const swarm = (): string => {
      const script = `set -Eeuo pipefail; . scripts/lib/raft.sh
        if raft_swarm; then echo "$swarm"; else echo "none: $seen"; fi`;
      const { stdout, stderr, code } = bash(script, { env: { swarm_folder: folder } });
      assert.equal(code, 0, stderr);
      return stdout.trim();
    };
    mkdirSync(join(folder, "certificates"));
    assert.match(swarm(), /^none: /);
    const subject = "/O=abcdefghijklmnopqrstuvwxy/OU=swarm-manager/CN=zyxwvutsrqponmlkjihgfedcb";
    const made = bash(
      `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj ${subject} \
        -keyout "$swarm_folder/key" -out "$swarm_folder/certificates/swarm-node.crt"`,
      { env: { swarm_folder: folder } },
    );
    assert.equal(made.code, 0, made.stderr);
    assert.equal(swarm(), "abcdefghijklmnopqrstuvwxy");
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
