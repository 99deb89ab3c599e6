import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareSync, getRounds } from "bcryptjs";
import fc from "fast-check";
import { parse } from "yaml";
import { httpSecret, registryLogin } from "../../../components/registry/credentials";
import { nextLogin } from "../../../components/registry/login-provider";
import { PATHS, registrySettings } from "../../../components/registry/settings";
import { PORTS } from "../../../plan/ports";
import { root } from "../../../cli/paths";

type Section = Record<string, unknown>;

/** The settings as the registry reads them. */
function settings(
  storage: Parameters<typeof registrySettings>[0],
  secret = "s3cret",
): { readonly storage: Section; readonly http: Section; readonly health: Section } {
  return parse(registrySettings(storage, secret)) as ReturnType<typeof settings>;
}

describe("the registry's settings", () => {
  it("keep the content in the shared folder, and watch whether it is there", () => {
    const { storage, health } = settings({ kind: "folder" });
    assert.deepEqual(storage["filesystem"], { rootdirectory: PATHS.folder });
    assert.equal(storage["s3"], undefined);
    assert.deepEqual((health["file"] as { file: string }[])[0]?.file, PATHS.lost);
  });

  it("keep it in the bucket, where the driver's own check tells all", () => {
    const { storage, health } = settings({ kind: "s3", bucket: "b", region: "eu-west-1" });
    assert.deepEqual(storage["s3"], { bucket: "b", region: "eu-west-1", encrypt: true });
    assert.equal(storage["filesystem"], undefined);
    assert.equal(health["file"], undefined);
  });

  it("have no cache of a replica's own, TLS from 1.2 on, and health for its host alone", () => {
    for (const kind of [{ kind: "folder" }, { kind: "s3", bucket: "b", region: "r" }] as const) {
      const { storage, http } = settings(kind);
      assert.equal(storage["cache"], undefined);
      assert.deepEqual(http["tls"], { certificate: PATHS.certificate, key: PATHS.key, minimumtls: "tls1.2" });
      assert.equal(http["addr"], `:${String(PORTS.registry)}`);
      assert.deepEqual(http["debug"], { addr: `127.0.0.1:${String(PORTS.registryHealth)}` });
    }
  });

  it("carry any secret as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (secret) => {
        const { http } = settings({ kind: "folder" }, secret);
        assert.equal(http["secret"], secret);
      }),
    );
  });

  it("name the files that the stack's description puts there", () => {
    const text = ["registry", "registry-folder"].map((name) =>
      readFileSync(join(root, "stacks", `${name}.yml`), "utf8"),
    );
    for (const path of [...Object.values(PATHS), `127.0.0.1:${String(PORTS.registryHealth)}`]) {
      assert.ok(text.join("").includes(path), `${path} is in no description`);
    }
  });
});

describe("the registry's secrets", () => {
  it("are the same on every run, and others for another key", () => {
    const [one, again, other] = ["a key", "a key", "another"].map((key) => registryLogin("user", key));
    assert.deepEqual(one, again);
    assert.notEqual(one?.password, other?.password);
    assert.equal(httpSecret("a key"), httpSecret("a key"));
    assert.notEqual(httpSecret("a key"), httpSecret("another"));
    assert.notEqual(one?.password, httpSecret("a key"));
  });

  it("fit each other: the hash is the password's, and as cheap as Apache's", () => {
    const { username, password, htpasswd } = registryLogin("user", "a key");
    assert.match(password, /^[\w-]{32}$/);
    const [user, hash = ""] = htpasswd.trim().split(":");
    assert.equal(user, username);
    assert.ok(compareSync(password, hash));
    assert.equal(getRounds(hash), 5);
    assert.ok(!htpasswd.includes(password));
  });
});

describe("the registry's login in use", () => {
  const keys = { first: "key 1", second: "key 2" };

  it("is the first one, until that one's key is replaced; then it is the other one, and so on", () => {
    let state = { ...keys, secondInUse: false };
    state = nextLogin(state, { ...keys, first: "key 3" });
    assert.equal(state.secondInUse, true);
    state = nextLogin(state, { first: "key 3", second: "key 4" });
    assert.equal(state.secondInUse, false);
  });

  it("stays when the other one's key is replaced, or both keys at once", () => {
    for (const secondInUse of [false, true]) {
      const other = secondInUse ? { ...keys, first: "new" } : { ...keys, second: "new" };
      for (const inputs of [keys, other, { first: "new", second: "new too" }]) {
        assert.deepEqual(nextLogin({ ...keys, secondInUse }, inputs), { ...inputs, secondInUse });
      }
    }
  });
});
