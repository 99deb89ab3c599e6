import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ENVIRONMENT_DOCS, environmentDocs } from "../../../dev/environment-docs";
import {
  environmentFor,
  reaches,
  RECIPIENTS,
  refusedIn,
  RULES,
  ruleOf,
  type Recipient,
} from "../../../cli/environment";
import { DOCUMENTED } from "./documented";

const namesOf = (recipient: Recipient, names: readonly string[]): string[] =>
  names.filter((name) => reaches(name, recipient));

describe("the environment of programs that we start", () => {
  for (const [program, names] of Object.entries(DOCUMENTED)) {
    it(`is decided for each variable that ${program} documents, with a reason`, () => {
      assert.deepEqual(
        names.filter((name) => (ruleOf(name)?.why ?? "") === ""),
        [],
      );
    });
  }

  it("has each rule's names once, and only recipients that there are", () => {
    const names = RULES.flatMap((rule) => rule.names.map((name) => name.toUpperCase()));
    assert.equal(new Set(names).size, names.length);
    for (const { to } of RULES) if (to !== "all") for (const one of to) assert.ok(RECIPIENTS.includes(one), one);
  });

  it("has nothing that isn't listed", () => {
    for (const recipient of RECIPIENTS) {
      const env = environmentFor(recipient, { PATH: "/bin", SOMETHING_ELSE: "x", LD_PRELOAD: "/x.so" });
      assert.deepEqual(env, { PATH: "/bin" }, recipient);
    }
  });

  it("keeps another project's Pulumi, and all credentials, from local stacks", () => {
    assert.deepEqual(namesOf("local", DOCUMENTED.PULUMI), [
      "PULUMI_CREDENTIALS_PATH",
      "PULUMI_DEBUG_COMMANDS",
      "PULUMI_DEBUG_GRPC",
      "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
      "PULUMI_HOME",
      "PULUMI_IGNORE_AMBIENT_PLUGINS",
      "PULUMI_PARALLEL",
      "PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES",
    ]);
    assert.deepEqual(namesOf("local", DOCUMENTED.AWS), []);
  });

  it("leaves state, log-ins and credentials of stacks elsewhere to the user, but no options", () => {
    for (const name of ["PULUMI_BACKEND_URL", "PULUMI_DIY_BACKEND_LEGACY_LAYOUT", "AWS_PROFILE", "AZURE_CLIENT_ID"])
      assert.ok(reaches(name, "cloud"), name);
    for (const name of ["PULUMI_OPTION_TARGET", "PULUMI_SKIP_CHECKPOINTS", "PULUMI_DISABLE_PROVIDER_PREVIEW"])
      assert.ok(!reaches(name, "cloud"), name);
  });

  it("has no SSH agent and no options of Node for any program", () => {
    for (const recipient of RECIPIENTS) {
      assert.deepEqual(namesOf(recipient, DOCUMENTED.SSH), [], recipient);
      assert.ok(!reaches("NODE_OPTIONS", recipient), recipient);
    }
  });

  it("leads docker to no other Docker engine than the one that a call names", () => {
    assert.deepEqual(namesOf("docker", DOCUMENTED.DOCKER), ["DOCKER_API_VERSION", "DOCKER_CONFIG", "DOCKER_HOST"]);
  });

  it("lets npm say where packages come from, not which", () => {
    const passed = namesOf("npm", DOCUMENTED.NPM);
    for (const name of ["npm_config_registry", "npm_config_cafile"]) assert.ok(passed.includes(name), name);
    for (const name of ["npm_config_omit", "npm_config_dry_run", "npm_lifecycle_event"])
      assert.ok(!passed.includes(name), name);
    assert.ok(reaches("NPM_CONFIG_REGISTRY", "npm") && reaches("npm_config_//r.example/:_authToken", "npm"));
  });

  it("has proxies for downloads, never for loopback, and none that grpc-js reads", () => {
    const base = {
      http_proxy: "http://proxy:3128",
      HTTPS_PROXY: "http://proxy:3129",
      no_proxy: "example.com, localhost",
    };
    const except = "example.com,localhost,127.0.0.1,::1";
    const upper = { HTTP_PROXY: "http://proxy:3128", HTTPS_PROXY: "http://proxy:3129", NO_PROXY: except };
    for (const engine of ["local", "cloud"] as const) assert.deepEqual(environmentFor(engine, base), upper);
    const lower = { http_proxy: "http://proxy:3128", https_proxy: "http://proxy:3129", no_proxy: except };
    for (const other of ["docker", "dockerd", "aws", "npm", "program"] as const)
      assert.deepEqual(environmentFor(other, base), { ...upper, ...lower }, other);
    assert.deepEqual(environmentFor("local", { no_proxy: "example.com" }), {});
  });

  it("is refused where it would switch off certificates, or send loopback to a proxy", () => {
    assert.deepEqual(refusedIn({ NODE_TLS_REJECT_UNAUTHORIZED: "1", NODE_OPTIONS: "--max-old-space-size=4096" }), []);
    const refused = refusedIn({
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
      NODE_USE_ENV_PROXY: "1",
      NODE_OPTIONS: "--x --use-env-proxy",
    });
    assert.deepEqual(
      refused.map((text) => text.replace(/ is refused\..*/, "")),
      ["NODE_TLS_REJECT_UNAUTHORIZED=0", "NODE_USE_ENV_PROXY=1", "NODE_OPTIONS=--x --use-env-proxy"],
    );
  });

  it("is documented as it is (else: npx tsx dev/environment-docs.ts)", () => {
    assert.equal(readFileSync(ENVIRONMENT_DOCS, "utf8"), environmentDocs());
  });
});
