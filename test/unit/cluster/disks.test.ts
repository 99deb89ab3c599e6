import assert from "node:assert/strict";
import { diskProblems, disksIn, needed, unreadDiskProblems } from "../../../cli/cluster/disks";
import type { LiveDisk } from "../../../cli/cluster/model";
import { wanted } from "./support";

const GIB = 1024 * 1024;
const { nodes } = wanted();

/** A disk of 100 GiB. */
function disk(host: string, freeGib: number, more: Partial<LiveDisk> = {}): LiveDisk {
  return {
    host,
    what: "docker",
    mount: "/var/lib/docker",
    sizeKib: 100 * GIB,
    usedKib: (100 - freeGib) * GIB,
    freeKib: freeGib * GIB,
    ...more,
  };
}

const texts = (...disks: LiveDisk[]): string[] => diskProblems("local", nodes, disks).map(({ text }) => text);

describe("how full the disks are", () => {
  it("reads df, each filesystem once", () => {
    const df =
      "/dev/vda1 103080888 51540444 46281480 53% /var/lib/docker /dev/vda1 6553600 655360 5898240 10% /var/lib/docker";
    const folder = df.replaceAll("/var/lib/docker", "/srv/registry");
    assert.deepEqual(disksIn("registry-1", `docker ${df}\ndocker ${df}\nregistry ${folder}\nWarning: something\n`), [
      {
        host: "registry-1",
        what: "docker",
        mount: "/var/lib/docker",
        sizeKib: 103080888,
        usedKib: 51540444,
        freeKib: 46281480,
        freeFiles: 90,
      },
      {
        host: "registry-1",
        what: "registry",
        mount: "/srv/registry",
        sizeKib: 103080888,
        usedKib: 51540444,
        freeKib: 46281480,
        freeFiles: 90,
      },
    ]);
    // btrfs has no such limit, and df says 0.
    const [btrfs] = disksIn("worker-1", `docker ${df.replace("6553600 655360 5898240 10%", "0 0 0 -")}`);
    assert.equal(btrfs?.freeFiles, undefined);
  });

  it("requires a tenth free: of a large disk 20 GiB, of a small one 1 GiB", () => {
    assert.deepEqual(
      [100, 1000, 2, 0.06].map((gib) => needed(gib * GIB) / GIB),
      [10, 20, 1, 1],
    );
    assert.deepEqual(texts(disk("worker-1", 11), disk("manager-1", 11)), []);
    assert.equal(texts(disk("worker-1", 9)).length, 1);
  });

  it("reports what is full, where, and what fails", () => {
    const [managers = "", workers = "", registry = "", ...more] = texts(
      disk("manager-1", 4),
      disk("manager-2", 4),
      disk("worker-1", 0.01),
      disk("registry-1", 1, { what: "registry", mount: "/srv/registry" }),
      disk("registry-2", 1, { what: "registry", mount: "/srv/registry" }),
    );
    assert.deepEqual(more, []);
    assert.match(
      managers,
      /^Docker's disk is 96 % full \(4\.0 GiB free\) on manager-1 and manager-2 .*docs\/runbooks\/disks\.md$/,
    );
    assert.match(workers, /^Docker's disk is full \(10 MiB free\) on worker-1 .*image/);
    assert.match(
      registry,
      /^The registry's storage is 99 % full .*registry-1 and registry-2 .*500.*npm run registry:gc -- local/,
    );
  });

  it("reports a lack of inodes", () => {
    assert.match(
      texts(disk("worker-2", 50, { freeFiles: 1.5 })).join("\n"),
      /nearly out of inodes \(1 % free\) on worker-2/,
    );
  });

  it("doesn't report unread disks of hosts with other problems", () => {
    const unread = [
      { host: "worker-1", reason: "no answer in 8 s" },
      { host: "worker-2", reason: "no answer in 8 s" },
    ];
    const found = unreadDiskProblems(unread, new Set(["worker-1"]));
    assert.deepEqual(
      found.map(({ hosts }) => hosts),
      [["worker-2"]],
    );
    assert.match(found[0]?.text ?? "", /worker-2 .*no answer in 8 s/);
  });
});
