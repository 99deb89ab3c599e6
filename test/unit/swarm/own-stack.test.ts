import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { LABELS } from "../../../plan/labels";
import { SERVICES, stackName, type OwnStack } from "../../../plan/stack-names";
import { root } from "../../../cli/paths";
import { bash } from "../../support/bash";

const NAMESPACE = "com.docker.stack.namespace";
const DIGEST = "0123456789ab";

/** A service, secret or config as the Docker engine's API tells it. */
interface Thing {
  readonly ID: string;
  readonly Spec: Readonly<Record<string, unknown>>;
}

/** The cluster's services, secrets and configs. */
interface Cluster {
  readonly services?: readonly Thing[];
  readonly secrets?: readonly Thing[];
  readonly configs?: readonly Thing[];
}

function service(name: string, labels: Readonly<Record<string, string>>, secrets: readonly string[] = []): Thing {
  const Secrets = secrets.map((SecretName) => ({ SecretName }));
  return { ID: `id-${name}`, Spec: { Name: name, Labels: labels, TaskTemplate: { ContainerSpec: { Secrets } } } };
}

function secret(name: string, labels: Readonly<Record<string, string>>): Thing {
  return { ID: `id-${name}`, Spec: { Name: name, Labels: labels } };
}

/** Runs functions of scripts/lib/own-stack.sh against a cluster. @returns what they removed, and what they said */
function ran(cluster: Cluster, script: string): { code: number | null; removed: string[]; stderr: string } {
  // As the Docker engine does it: lists by label (what has the name, and the value if there is one), and one service by its name.
  const list = `jq -c --arg path "$2" '($path | capture("filters=(?<json>.*)").json | fromjson | .label[0]) as $wanted
    | .[$path | split("?")[0][1:]] // [] | map(select(.Spec.Labels | to_entries | any("\\(.key)=\\(.value)" == $wanted)))'`;
  const one = `jq -ec --arg name "\${2#/services/}" '.services // [] | .[] | select(.Spec.Name == $name)'`;
  const { code, stderr } = bash(
    `set -Eeuo pipefail; shopt -s inherit_errexit lastpipe
    fail() { echo "FAIL $*" >&2; exit 3; }
    query() { printf 'filters=%s' "$1"; }
    cluster() {
      cat >/dev/null
      status=200
      case "$1 $2" in
        "GET /"*"?"*) reply=$(${list} <<<"$CLUSTER") ;;
        "GET /services/"*) reply=$(${one} <<<"$CLUSTER") || { status=404; return 1; } ;;
        *) printf 'REMOVED %s\\n' "$2" >&2 ;;
      esac
    }
    . scripts/lib/own-stack.sh
    ${script}`,
    { env: { CLUSTER: JSON.stringify(cluster) } },
  );
  const removed = stderr.split("\n").flatMap((line) => /^REMOVED (.*)/.exec(line)?.[1] ?? []);
  return { code, removed, stderr };
}

describe("a user's stack with a name of ours", () => {
  const users = [
    service("registry_registry", { [NAMESPACE]: "registry" }),
    service("registry_web", { [NAMESPACE]: "registry" }, ["registry-password"]),
  ];

  it("keeps its services when the registry's stack is deployed", () => {
    const deploy = "remove_former registry; prune_services swarm-ha-registry registry";
    const { code, removed, stderr } = ran({ services: users }, deploy);
    assert.deepEqual([code, removed], [0, []], stderr);
  });

  it("keeps its secrets", () => {
    const secrets = [secret("registry-password", { [NAMESPACE]: "registry" })];
    const { code, removed, stderr } = ran({ secrets }, 'prune secret swarm-ha-registry registry ""');
    assert.deepEqual([code, removed], [0, []], stderr);
  });

  it("is none of ours even where it is called swarm-ha-registry, unless a service has the same name: then nothing is done", () => {
    const labels = { [NAMESPACE]: stackName("registry") };
    const beside = ran(
      { services: [service("swarm-ha-registry_web", labels)] },
      "refuse_foreign swarm-ha-registry registry; prune_services swarm-ha-registry registry",
    );
    assert.deepEqual([beside.code, beside.removed], [0, []], beside.stderr);
    const same = ran({ services: [service(SERVICES.registry, labels)] }, "refuse_foreign swarm-ha-registry registry");
    assert.equal(same.code, 3);
    assert.match(same.stderr, /^FAIL the service swarm-ha-registry_registry isn't managed by this program/m);
  });
});

describe("a stack of ours", () => {
  const own = { [NAMESPACE]: stackName("registry"), [LABELS.stack]: stackName("registry") };

  it("loses the services that it no longer has, and keeps the others", () => {
    const services = [service(SERVICES.registry, own), service("swarm-ha-registry_cache", own)];
    const { removed, stderr } = ran(
      { services },
      "refuse_foreign swarm-ha-registry registry; prune_services swarm-ha-registry registry",
    );
    assert.deepEqual(removed, ["/services/id-swarm-ha-registry_cache"], stderr);
  });

  it("loses the secrets that it no longer uses, and keeps the others", () => {
    const secrets = [secret("swarm-ha-registry-tls-key-new", own), secret("swarm-ha-registry-tls-key-old", own)];
    const { removed, stderr } = ran(
      { secrets },
      'prune secret swarm-ha-registry registry " swarm-ha-registry-tls-key-new"',
    );
    assert.deepEqual(removed, ["/secrets/id-swarm-ha-registry-tls-key-old"], stderr);
  });

  it("of before it had a label is found by what only ours has, beside a user's of the same name", () => {
    const services = [
      service("registry_registry", { [NAMESPACE]: "registry" }, [`registry-tls-key-${DIGEST}`]),
      service("registry_web", { [NAMESPACE]: "registry" }, ["registry-password"]),
      service("ingress_ping", { [NAMESPACE]: "ingress", "traefik.http.routers.swarm-ha-ping.rule": "Path(`/ping`)" }),
    ];
    const secrets = [`registry-tls-key-${DIGEST}`, "registry-password"].map((name) =>
      secret(name, { [NAMESPACE]: "registry" }),
    );
    const { removed, stderr } = ran(
      { services, secrets },
      'remove_former registry; remove_former ingress; prune secret swarm-ha-registry registry ""',
    );
    assert.deepEqual(
      removed,
      ["/services/id-registry_registry", "/services/id-ingress_ping", `/secrets/id-registry-tls-key-${DIGEST}`],
      stderr,
    );
  });

  it("has our label on each of its services, so that it is known again", () => {
    const stacks: readonly OwnStack[] = ["registry", "ingress"];
    for (const file of readdirSync(join(root, "stacks"))) {
      const stack = stacks.find((name) => file.startsWith(name));
      assert.ok(stack, file);
      const { services } = parse(readFileSync(join(root, "stacks", file), "utf8"), { merge: true }) as {
        services: Record<string, { image?: string; deploy?: { labels?: Record<string, string> } }>;
      };
      for (const [name, { image, deploy }] of Object.entries(services)) {
        // What is laid over another file's service has its labels from there.
        if (image !== undefined) assert.equal(deploy?.labels?.[LABELS.stack], stackName(stack), `${file}: ${name}`);
        assert.ok(Object.values<string>(SERVICES).includes(`${stackName(stack)}_${name}`), `${file}: ${name}`);
      }
    }
  });

  it("has the name that the registry's garbage collection uses", () => {
    const script = readFileSync(join(root, "scripts/registry-gc.sh"), "utf8");
    assert.match(script, new RegExp(`^service=${SERVICES.registry}$`, "m"));
    // One lock for the stack, whoever takes it.
    assert.ok(script.includes(`exec 9>/run/swarm-ha-stack-${stackName("registry")}.lock`));
  });
});
