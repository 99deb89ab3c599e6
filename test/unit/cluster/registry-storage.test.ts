import assert from "node:assert/strict";
import { damageLines, mendedLines, size, storageReport, uploadsLine } from "../../../cli/cluster/registry-storage";

const LINK = "repositories/team/web/_layers/sha256/ab/link";

describe("the report of the collector's job", () => {
  it("names repository, file and remedy of what is damaged", () => {
    const report = storageReport(`uploads\t2\t3000\ndamaged\tlayer\tteam/web\t${LINK}\n`);
    assert.deepEqual(report.damaged, [{ kind: "layer", repository: "team/web", path: LINK }]);
    const [line = "", ...more] = damageLines("prod", report);
    assert.deepEqual(more, []);
    assert.match(line, /^team\/web: the link of a layer .*docker\/registry\/v2\/repositories\/team\/web\/_layers/);
    assert.match(line, /npm run registry:gc -- prod --mend$/);
    assert.deepEqual(uploadsLine(report, true), ["Removed: 2 unfinished uploads, 2.9 MiB"]);
    assert.deepEqual(uploadsLine(report, false), ["Would go: 2 unfinished uploads, 2.9 MiB"]);
  });

  it("doesn't recommend --mend where that mends nothing", () => {
    const report = storageReport("damaged\tcontent\tweb\tblobs/x/data\ndamaged\tname\tWeb Shop\trepositories/Web Shop");
    const [content = "", name = ""] = damageLines("prod", report);
    assert.match(content, /Push the image again: web$/);
    assert.match(name, /Move the folder out of the storage/);
  });

  it("names the repository where the collector itself stopped, as in a bucket", () => {
    // What Distribution 3.0.0 prints with an empty link.
    const text = [
      "drill/one",
      "drill/one: marking manifest sha256:22 ",
      "drill/one: marking blob sha256:74",
      "drill/two",
      "failed to garbage collect: failed to mark: invalid checksum digest format",
    ].join("\n");
    const { stopped } = storageReport(text);
    assert.deepEqual(stopped, {
      repository: "drill/two",
      reason: "failed to mark: invalid checksum digest format",
    });
    assert.match(
      damageLines("prod", storageReport(text)).join("\n"),
      /stops in the repository drill\/two: failed to mark/,
    );
    const later = storageReport(text.replace("drill/two\n", ""));
    assert.equal(later.stopped?.repository, "drill/one");
    assert.equal(later.stopped.manifest, "sha256:22");
  });

  it("distinguishes what was repaired from what is lost", () => {
    const report = storageReport(`mended\tlayer\tweb\t${LINK}\nlost\tmanifest\tshop\trepositories/shop/link`);
    const [mended = "", lost = ""] = mendedLines(report);
    assert.match(mended, /^Repaired: web: the link of a layer/);
    assert.match(lost, /^Removed, because it couldn't be repaired: shop: .*Push the image again$/);
  });

  it("keeps the collector's own lines", () => {
    assert.deepEqual(storageReport("1 blobs marked\nblob eligible for deletion: sha256:1").rest.length, 2);
    assert.equal(size(512), "512 KiB");
    assert.equal(size(3 * 1024 * 1024 * 1024), "3.0 TiB");
  });
});
