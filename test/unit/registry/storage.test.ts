/** The shell that looks through the registry's folder, on a folder like Distribution's, with this computer's sh. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readScript } from "../../../components/ssh/script";

/** A registry's folder, laid out as Distribution does. Source: registry/storage/paths.go of Distribution 3.0.0. */
class Storage {
  public readonly folder = mkdtempSync(join(tmpdir(), "registry-storage-"));

  public at(path: string): string {
    return join(this.folder, "docker/registry/v2", path);
  }

  public write(path: string, content: string): string {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), content);
    return path;
  }

  public blob(content: string): string {
    const hex = createHash("sha256").update(content).digest("hex");
    this.write(`blobs/sha256/${hex.slice(0, 2)}/${hex}/data`, content);
    return hex;
  }

  /** An image of one layer, as a push leaves it. */
  public push(repository: string, tag: string, layer: string): { layer: string; manifest: string; links: Links } {
    const hex = this.blob(layer);
    const manifest = this.blob(
      JSON.stringify({ config: {}, layers: [{ digest: `sha256:${hex}`, size: layer.length }] }),
    );
    const base = `repositories/${repository}`;
    const link = (path: string, digest: string): string => this.write(`${base}/${path}/link`, `sha256:${digest}`);
    return {
      layer: hex,
      manifest,
      links: {
        layer: link(`_layers/sha256/${hex}`, hex),
        revision: link(`_manifests/revisions/sha256/${manifest}`, manifest),
        history: link(`_manifests/tags/${tag}/index/sha256/${manifest}`, manifest),
        tag: link(`_manifests/tags/${tag}/current`, manifest),
      },
    };
  }

  /** @param collector command line that stands for the collector's */
  public run(
    mode: string,
    collector: readonly string[] = [],
  ): { code: number | null; lines: string[]; stderr: string } {
    const notes = mkdtempSync(join(tmpdir(), "registry-notes-"));
    const args = ["-c", readScript("registry-storage").text, "registry-storage", mode, this.folder, ...collector];
    const ran = spawnSync("sh", args, { encoding: "utf8", timeout: 20_000, env: { ...process.env, TMPDIR: notes } });
    rmSync(notes, { recursive: true });
    return { code: ran.status, lines: ran.stdout.split("\n").filter((line) => line !== ""), stderr: ran.stderr };
  }
}

type Links = Readonly<Record<"layer" | "revision" | "history" | "tag", string>>;

const COLLECTOR = ["echo", "collected"];

describe("the registry's storage, looked through before garbage is collected", () => {
  let storage: Storage;
  beforeEach(() => {
    storage = new Storage();
  });
  afterEach(() => {
    rmSync(storage.folder, { recursive: true });
  });

  it("lets the collector run on a whole storage, and on an empty one", () => {
    assert.deepEqual(storage.run("collect", COLLECTOR).lines, ["collected"]);
    storage.push("team/web", "1", "layer");
    const { code, lines } = storage.run("collect", COLLECTOR);
    assert.equal(code, 0);
    assert.deepEqual(lines, ["uploads\t0\t0", "collected"]);
  });

  for (const kind of ["layer", "revision", "tag"] as const) {
    const contents = { "is empty": "", "holds zeros": "\0".repeat(71), "ends in a newline": "\n" };
    // They are all read in the same way.
    for (const [what, content] of Object.entries(kind === "revision" ? contents : { "is empty": "" })) {
      it(`names the file and the repository where the link of a ${kind} ${what}, and collects nothing`, () => {
        storage.push("other", "1", "other");
        const { links } = storage.push("team/web", "1", "layer");
        const path = links[kind];
        storage.write(path, content === "\n" ? `${readFileSync(storage.at(path), "utf8")}\n` : content);
        const { code, lines } = storage.run("collect", [...COLLECTOR, "--delete-untagged"]);
        assert.equal(code, 65);
        assert.deepEqual(lines.slice(1), [`damaged\t${kind}\tteam/web\t${path}`]);
      });

      it(`mends that from its path: the link of a ${kind} that ${what}`, () => {
        const { links, manifest, layer } = storage.push("team/web", "1", "layer");
        const path = links[kind];
        storage.write(path, content);
        const { code, lines } = storage.run("mend", COLLECTOR);
        assert.deepEqual([code, lines.slice(1)], [0, [`mended\t${kind}\tteam/web\t${path}`, "collected"]]);
        assert.equal(readFileSync(storage.at(path), "utf8"), `sha256:${kind === "layer" ? layer : manifest}`);
      });
    }
  }

  it("mends a tag with what was pushed under it last", () => {
    const first = storage.push("web", "1", "first");
    const second = storage.push("web", "1", "second");
    utimesSync(storage.at(first.links.history), 1000, 1000);
    storage.write(second.links.tag, "");
    assert.equal(storage.run("mend").code, 0);
    assert.equal(readFileSync(storage.at(second.links.tag), "utf8"), `sha256:${second.manifest}`);
  });

  it("removes a link whose content is gone, too", () => {
    const { links, layer } = storage.push("web", "1", "layer");
    storage.write(links.layer, "");
    rmSync(storage.at(`blobs/sha256/${layer.slice(0, 2)}/${layer}`), { recursive: true });
    const { lines } = storage.run("mend", COLLECTOR);
    assert.ok(lines.includes(`lost\tlayer\tweb\t${links.layer}`), lines.join("\n"));
    assert.ok(!existsSync(storage.at(links.layer)));
    assert.equal(lines.at(-1), "collected");
  });

  for (const [what, content] of Object.entries({
    "is empty": "",
    "isn't what its digest says": "{}",
    "is missing": undefined,
  })) {
    it(`names a manifest that ${what}; mending removes it with its tags`, () => {
      const kept = storage.push("web", "2", "kept");
      const { links, manifest } = storage.push("web", "1", "layer");
      const blob = `blobs/sha256/${manifest.slice(0, 2)}/${manifest}/data`;
      if (content === undefined) rmSync(storage.at(dirname(blob)), { recursive: true });
      else storage.write(blob, content);
      const looked = storage.run("collect", COLLECTOR);
      assert.equal(looked.code, 65);
      assert.deepEqual(looked.lines.slice(1), [`damaged\tmanifest\tweb\t${links.revision}`]);
      const { code, lines } = storage.run("mend", COLLECTOR);
      assert.deepEqual([code, lines.slice(1)], [0, [`lost\tmanifest\tweb\t${links.revision}`, "collected"]]);
      for (const path of [links.revision, links.tag]) assert.ok(!existsSync(storage.at(path)), path);
      for (const path of [kept.links.revision, kept.links.tag]) assert.ok(existsSync(storage.at(path)), path);
    });
  }

  it("collects over a damaged tag, as long as what has no tag stays", () => {
    const { links } = storage.push("web", "1", "layer");
    storage.write(links.tag, "");
    const { code, lines } = storage.run("collect", COLLECTOR);
    assert.deepEqual([code, lines.slice(1)], [0, [`damaged\ttag\tweb\t${links.tag}`, "collected"]]);
  });

  it("tells of an image that lacks a layer, and collects all the same", () => {
    const { layer } = storage.push("web", "1", "layer");
    const data = storage.write(`blobs/sha256/${layer.slice(0, 2)}/${layer}/data`, "");
    const { code, lines } = storage.run("collect", COLLECTOR);
    assert.deepEqual([code, lines.slice(1)], [0, [`damaged\tcontent\tweb\t${data}`, "collected"]]);
  });

  it("names folders and content whose names the collector can't read", () => {
    storage.push("web", "1", "layer");
    storage.push("Web Shop", "1", "layer");
    storage.write("blobs/sha256/ab/data", "");
    const { code, lines } = storage.run("collect", COLLECTOR);
    assert.equal(code, 65);
    assert.deepEqual(lines.slice(1), [
      "damaged\tblob\t-\tblobs/sha256/ab/data",
      "damaged\tname\tWeb Shop\trepositories/Web Shop",
    ]);
  });

  it("counts unfinished uploads, and removes them where it collects", () => {
    storage.push("web", "1", "layer");
    const upload = "repositories/web/_uploads/0b3c6b1c-6a5f-4c1e-9a3f-0f0f0f0f0f0f";
    storage.write(`${upload}/data`, "x".repeat(100_000));
    storage.write(`${upload}/hashstates/sha256/0/link`, "");
    const [line = ""] = storage.run("look").lines;
    assert.match(line, /^uploads\t1\t1\d\d$/);
    assert.ok(existsSync(storage.at(upload)));
    assert.match(storage.run("collect", COLLECTOR).lines[0] ?? "", /^uploads\t1\t/);
    assert.ok(!existsSync(storage.at(upload)));
  });

  it("takes nothing for damage that is whole a moment later: a push is writing it", () => {
    const { links } = storage.push("web", "1", "layer");
    const whole = readFileSync(storage.at(links.tag), "utf8");
    storage.write(links.tag, "");
    // The pause between two looks is 3 s; the link is written in it.
    const path = storage.at(links.tag);
    const later = spawnSync("sh", ["-c", `(sleep 1; printf %s '${whole}' >'${path}') >/dev/null 2>&1 &`]);
    assert.equal(later.status, 0);
    const { code, lines } = storage.run("look", COLLECTOR);
    assert.deepEqual([code, lines.slice(1)], [0, ["collected"]]);
  });

  it("writes no half of a link where the disk is full", () => {
    // A folder that nothing can be added to stands for it: the same failure of the same write.
    const { links } = storage.push("web", "1", "layer");
    storage.write(links.layer, "");
    mkdirSync(`${storage.at(links.layer)}.new`);
    const { code, lines } = storage.run("mend", COLLECTOR);
    assert.equal(code, 65);
    assert.ok(lines.includes(`damaged\tlayer\tweb\t${links.layer}`), lines.join("\n"));
    assert.equal(statSync(storage.at(links.layer)).size, 0);
  });

  it("doesn't touch a folder that isn't the storage", () => {
    const env = { ...process.env, MARKER: join(storage.folder, ".swarm-ha-storage") };
    const args = [
      "-c",
      readScript("registry-storage").text,
      "registry-storage",
      "collect",
      storage.folder,
      ...COLLECTOR,
    ];
    const { status, stderr } = spawnSync("sh", args, { encoding: "utf8", env });
    assert.equal(status, 66);
    assert.match(stderr, /the registry's storage isn't there: no .*\.swarm-ha-storage/);
  });
});
