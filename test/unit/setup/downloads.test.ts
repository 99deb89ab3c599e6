import assert from "node:assert/strict";
import { canDownload } from "../../../cli/workstation/downloads";

const HOST = "downloads.example.com";

describe("a download", () => {
  const asked: string[] = [];
  const resolver = (answer: () => Promise<unknown>) => (host: string) => {
    asked.push(host);
    return answer();
  };
  const resolves = resolver(() => Promise.resolve({ address: "192.0.2.1", family: 4 }));
  beforeEach(() => {
    asked.length = 0;
  });

  it("is tried where the host's name resolves, in CI, too", async () => {
    assert.equal(await canDownload(HOST, { env: { CI: "true" }, resolve: resolves }), true);
    assert.deepEqual(asked, [HOST]);
  });

  it("isn't tried where the name doesn't resolve", async () => {
    const fails = resolver(() => Promise.reject(new Error("getaddrinfo ENOTFOUND")));
    assert.equal(await canDownload(HOST, { env: {}, resolve: fails }), false);
  });

  it("isn't tried where the resolver is silent", async () => {
    const silent = resolver(() => new Promise(() => undefined));
    assert.equal(await canDownload(HOST, { env: {}, resolve: silent }), false);
  });

  it("is left to a proxy, which resolves names itself", async () => {
    for (const name of ["HTTPS_PROXY", "https_proxy"])
      assert.equal(await canDownload(HOST, { env: { [name]: "http://proxy:3128" }, resolve: resolves }), true);
    assert.deepEqual(asked, []);
  });

  it("is never tried where that is forbidden, and nobody is asked", async () => {
    const env = { SWARM_HA_DOWNLOADS: "never", HTTPS_PROXY: "http://proxy:3128" };
    assert.equal(await canDownload(HOST, { env, resolve: resolves }), false);
    assert.deepEqual(asked, []);
  });

  it("is neither tried nor left out where the setting is misspelt", async () => {
    await assert.rejects(
      canDownload(HOST, { env: { SWARM_HA_DOWNLOADS: "no" }, resolve: resolves }),
      /SWARM_HA_DOWNLOADS is "no"\. Allowed: never/,
    );
  });
});
