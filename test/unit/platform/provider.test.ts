import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extract } from "tar-stream";
import fc from "fast-check";
import { parseRange } from "../../../plan/ipv4";
import { addressPlan } from "../../../plan/addressing";
import { hostImage } from "../../../components/platform/local/image";
import { archive } from "../../../components/platform/local/provider/archive";
import { difference } from "../../../components/platform/local/provider/diff";
import { explain } from "../../../components/platform/local/provider/explain";
import { ensureNeighbours, neighbourLimit } from "../../../components/platform/local/provider/neighbours";
import { guestRange } from "../../../components/platform/local/provider/network";
import { container } from "../../../components/platform/local/provider";

function folder(): string {
  return mkdtempSync(join(tmpdir(), "swarm-ha-unit-"));
}

describe("differences of containers", () => {
  const old = { image: "a", network: "n", address: "10.0.0.1", files: [{ path: "/a", mode: "0600", content: "x" }] };

  it("are none where inputs are the same, whatever the provider's code or the key's order", () => {
    const news = { __provider: "other", files: [{ content: "x", mode: "0600", path: "/a" }], network: "n", image: "a" };
    assert.deepEqual(difference(old, news, [], []), { changes: false, replaces: [], deleteBeforeReplace: true });
  });

  it("change files in place and replace for all else; a new image, and what is only known later, as decided", async () => {
    const diff = async (news: object) => container.diff?.("id", old, { ...old, ...news });
    assert.equal((await diff({ image: "b", reload: ["sshd"] }))?.changes, false);
    // Another domain replaces no host.
    assert.equal((await diff({ names: ["registry.other.localhost:10.0.0.2"] }))?.changes, false);
    assert.deepEqual(await diff({ files: [] }), { changes: true, replaces: [], deleteBeforeReplace: true });
    assert.deepEqual((await diff({ network: "m" }))?.replaces, ["network"]);
    // Pulumi's sign for a value that isn't known yet.
    assert.deepEqual((await diff({ network: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }))?.replaces, ["network"]);
  });
});

describe("the kernel's neighbours", () => {
  const table = (limits: readonly number[]): string => {
    const directory = folder();
    limits.forEach((limit, i) => {
      writeFileSync(join(directory, `gc_thresh${String(i + 1)}`), String(limit));
    });
    return directory;
  };
  const read = (directory: string): number[] =>
    [1, 2, 3].map((i) => Number(readFileSync(join(directory, `gc_thresh${String(i)}`), "utf8")));

  it("have room for an entry of each container for each other one", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 500 }), (n) => neighbourLimit(n) >= n * (n - 1)));
  });

  it("are left alone for few containers, raised for many, and never lowered", () => {
    const few = table([128, 512, 1024]);
    ensureNeighbours(30, few);
    assert.deepEqual(read(few), [128, 512, 1024]);
    ensureNeighbours(60, few);
    assert.deepEqual(read(few), [2048, 4096, 8192]);
    ensureNeighbours(31, few);
    assert.deepEqual(read(few), [2048, 4096, 8192]);
    const odd = table([9000, 9500, 1024]);
    ensureNeighbours(60, odd);
    assert.deepEqual(read(odd), [9000, 9500, 8192]);
    rmSync(few, { recursive: true });
    rmSync(odd, { recursive: true });
  });

  it("give the command to run where the limits can't be raised", () => {
    const directory = table([128, 512, 1024]);
    // A number that not even root may write.
    rmSync(join(directory, "gc_thresh3"));
    symlinkSync("/proc/sys/kernel/cap_last_cap", join(directory, "gc_thresh3"));
    assert.throws(() => {
      ensureNeighbours(60, directory);
    }, /sudo sysctl -w net\.ipv4\.neigh\.default\.gc_thresh3=8192/);
    rmSync(directory, { recursive: true });
  });

  it("are left alone where this isn't the kernel of the containers", () => {
    ensureNeighbours(60, "/nowhere");
  });
});

describe("addresses of guests", () => {
  it("are within the network, and nobody's in the plan, for every size of range", () => {
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 24 }), (prefix) => {
        const hosts = `10.0.0.0/${String(prefix)}`;
        const network = { hosts, overlay: "10.128.0.0/12", apps: 20, engine: "10.211.0.0/16" };
        const plan = addressPlan({ zones: ["a", "b", "c"], network });
        const guests = parseRange(guestRange(plan.cidr));
        const has = (address: string): boolean => {
          const { first } = parseRange(`${address}/32`);
          return guests.first <= first && first <= guests.last;
        };
        const planned = [plan.gateway, plan.bastion, ...Object.values(plan.loadBalancers)];
        assert.ok(!planned.some(has));
        for (const zone of Object.values(plan.zones)) assert.ok(guests.last < parseRange(zone.cidr).first);
        assert.ok(guests.first > parseRange(plan.cidr).first);
      }),
    );
  });
});

describe("errors of the Docker engine", () => {
  it("come with what to do about them, once", () => {
    const twice = explain(new Error(explain(new Error("connect ENOENT /var/run/docker.sock"))));
    assert.equal(twice.match(/npm start/g)?.length, 1);
    assert.match(explain(new Error("Bind for 127.0.0.1:22022 failed: port is already allocated")), /local\.ports/);
    assert.match(explain(new Error("listen tcp4 127.0.0.1:2376: bind: address already in use")), /local\.ports/);
    assert.match(explain(new Error("(HTTP code 403) Address already in use")), /network inspect/);
    assert.equal(explain(new Error("something else")), "something else");
  });
});

describe("files for a container", () => {
  it("travel with their place, mode and content, as root's", async () => {
    const found: Record<string, unknown> = {};
    const reader = extract();
    reader.end(await archive([{ path: "/etc/a/b", mode: "0600", content: "ä\n" }]));
    for await (const entry of reader) {
      let content = "";
      for await (const piece of entry) content += String(piece);
      found[entry.header.name] = [entry.header.mode, entry.header.uid, content];
    }
    assert.deepEqual(found, { "etc/a/b": [0o600, 0, "ä\n"] });
  });
});

describe("the name of the host image", () => {
  it("changes with every file's content and place, and with nothing else", () => {
    const directory = folder();
    mkdirSync(join(directory, "sub"));
    writeFileSync(join(directory, "sub", "a"), "1");
    const first = hostImage(undefined, directory);
    assert.match(first, /^swarm-ha\/host:26\.1\.5-[0-9a-f]{12}$/);
    assert.equal(hostImage(undefined, directory), first);
    writeFileSync(join(directory, "sub", "a"), "2");
    const second = hostImage(undefined, directory);
    writeFileSync(join(directory, "a"), "2");
    assert.equal(new Set([first, second, hostImage(undefined, directory)]).size, 3);
    rmSync(directory, { recursive: true });
  });
});
