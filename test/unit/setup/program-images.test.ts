import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IMAGES, type Image } from "../../../components/images";
import { localImage, programsBase, PROGRAMS_FOLDER } from "../../../components/platform/local/image";
import { buildArguments } from "../../../cli/workstation/go-program";
import { byDigest, programOf } from "../../../cli/workstation/program-images";

const LINUX = { os: "linux", arch: "amd64" };

describe("images of other people's programs", () => {
  const images: readonly Image[] = Object.values(IMAGES);

  it("are of one version: pulled, built, and as the program tells it", () => {
    for (const { name, version, public: reference, source } of images) {
      const modules = readFileSync(join(PROGRAMS_FOLDER, name, "go.mod"), "utf8");
      const [, module, pinned] =
        [...modules.matchAll(/^(?:require |\t)(\S+) v(\S+)$/gm)].find(([, path]) =>
          source.package.startsWith(`${String(path)}/`),
        ) ?? [];
      assert.equal(pinned, version, `${String(module)} in go.mod`);
      assert.match(reference, new RegExp(`/${name}:v?${version.replaceAll(".", "\\.")}@sha256:[0-9a-f]{64}$`));
      for (const value of Object.values(source.stamp)) assert.equal(value.replace(/^v/, ""), version);
    }
  });

  it("build only with checksums for all that they are made of", () => {
    for (const { name } of images) {
      const text = (file: string): string => readFileSync(join(PROGRAMS_FOLDER, name, file), "utf8");
      const sums = text("go.sum");
      for (const [, module = "", version = ""] of text("go.mod").matchAll(/^(?:require )?\t?([\w./~-]+) (v\S+)/gm)) {
        if (text("go.mod").includes(`${module} =>`)) continue;
        assert.ok(sums.includes(`${module} ${version}/go.mod h1:`), `${module} ${version}`);
      }
    }
  });

  it("are pulled by their digests alone", () => {
    assert.equal(byDigest("docker.io/library/x:1.2@sha256:ab"), "docker.io/library/x@sha256:ab");
    assert.equal(byDigest("localhost:5000/x@sha256:ab"), "localhost:5000/x@sha256:ab");
    assert.equal(byDigest("localhost:5000/x:1"), "localhost:5000/x:1");
  });

  it("stamp their version into the program, and build from what is pinned", () => {
    const given = buildArguments(programOf(IMAGES.registry, "", LINUX), "/work", "/work/registry");
    assert.ok(given.includes("-s -w -X github.com/distribution/distribution/v3/version.version=v3.0.0"));
    assert.ok(given.includes("-mod=readonly") && given.at(-1) === IMAGES.registry.source.package);
  });

  it("have a place in the cache of their own for each system that they are for", () => {
    const place = (arch: string): string => programOf(IMAGES.traefik, "", { os: "linux", arch }).place.join("/");
    assert.equal(place("amd64"), place("amd64"));
    assert.notEqual(place("amd64"), place("arm64"));
  });

  it("that can be neither pulled nor built are one error with the remedy", () => {
    const { message } = programOf(IMAGES.traefik, "", LINUX).noGo("there is no Go to build it with");
    assert.match(message, /traefik 3\.6\.7, and there is no Go.*docker pull \S+@sha256:[0-9a-f]{64}\), or install Go/);
  });
});

describe("names of those images", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-programs-"));
    cpSync(PROGRAMS_FOLDER, folder, { recursive: true });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const names = (): string[] => [localImage(IMAGES.registry, folder), localImage(IMAGES.traefik, folder)];

  it("tell the version, and are the same wherever the clone is", () => {
    assert.match(localImage(IMAGES.registry), /^swarm-ha\.invalid\/swarm-ha\/registry:3\.0\.0-[0-9a-f]{12}$/);
    assert.deepEqual(names(), [localImage(IMAGES.registry), localImage(IMAGES.traefik)]);
    assert.equal(programsBase(folder), programsBase());
  });

  it("change with the recipe: an image's own, or what all are built on", () => {
    const [registry, traefik] = names();
    writeFileSync(join(folder, "registry", "go.sum"), "other\n");
    assert.notEqual(names()[0], registry);
    assert.equal(names()[1], traefik);
    writeFileSync(join(folder, "base", "Dockerfile"), "FROM scratch\n");
    assert.notEqual(names()[1], traefik);
    assert.notEqual(programsBase(folder), programsBase());
  });

  it("change with what the catalogue says of the image", () => {
    const [, traefik] = names();
    assert.notEqual(localImage({ ...IMAGES.traefik, public: "elsewhere" }, folder), traefik);
  });
});
