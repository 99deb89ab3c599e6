import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { describeSchema, type KeyDescription } from "../config/describe";
import { NAMESPACE } from "../config/problem";

/** Where the generated page lies. */
export const CONFIG_DOCS = path.join(__dirname, "..", "docs", "configuration.md");

/** What a change of each top-level key does, and of those inside that do something else. A test holds it against the schema. */
export const EFFECTS: Readonly<Record<string, string>> = {
  platform: "a different stack: destroy it, and create it again",
  zones:
    "hosts whose zone changes are replaced, in batches. Append new zones at the end; where managers would move, do it in steps that move one each",
  managers:
    "a larger count: new hosts; a smaller one: the last hosts are removed, one at a time. `zones`: replaces what moves",
  registry:
    "a larger count: new hosts; a smaller one: the last hosts are removed. `zones`: replaces what moves, in batches. `maxUnavailable`: nothing",
  workers:
    "`count`: as above. `labels`: taken over without a restart. `zones`, `instanceType`, `architecture`: replaces what changes, in batches. `volume`: grows in place. `maxUnavailable`: nothing. Another name: a new pool, then the old one goes",
  network: "refused before anything is changed. Hosts and swarm get their ranges at creation: recreate the stack",
  domain:
    "replaces no host. Certificates are issued again, registry and ingress roll from replica to replica, and images have another name: log in again, and deploy your services with the new one",
  drain: "nothing, until the next host is drained",
  joinEpoch: "join tokens are fetched again; no host is replaced",
  certificateExpiry:
    "nodes take it over when they renew their certificates; no host is replaced, and no Docker engine restarted",
  externalCa:
    "the swarm's nodes get certificates of another root, and join tokens are new; no host is replaced, and no Docker engine restarted ([external CA](operations/external-ca.md)). Another list of `urls`: nothing else",
  autolock:
    "managers encrypt or decrypt their keys at once; no Docker engine restarts. To turn it off, all managers have to be Ready and Reachable. Removed after `true`: turned off",
  certificates:
    "certificates are issued again where their validity changes; services load them, and no Docker engine restarts",
  ingress: "the ingress rolls from replica to replica",
  housekeeping: "the schedule changes on all hosts, without a restart",
  rebalance: "nothing now; the next `up`, `npm start` or `npm run repair` ends with a rebalance",
  images: "registry and ingress roll from replica to replica; no host is replaced",
  acknowledge: "nothing",
  backup:
    "without `repository`: on local, the bastion is replaced the first time; on aws, a bucket and its password are created, and both are deleted when `repository` is set later (refused while they are protected): copy them first. Another `password`: the backups that are there need the former one. Else nothing",
  access: "security groups change in place",
  local:
    "`ports`: the load balancer or the bastion that publishes it is replaced, in seconds. `engine`, `image`: used by new hosts. Existing ones keep theirs until they are replaced",
  hosts:
    "`inventory`: a host that is added joins; one that is left out leaves the swarm, and what the program wrote there is removed. Another `hostKey` means another machine, and another `role` other work: the host is replaced. Another `address` replaces the host; for a manager it is refused, unless the `hostKey` is another one, too. Another `name` is refused while the host has its former one in the stack: remove it from the list, `pulumi up`, rename the host, and add it. Another `zone`, `pool` or `labels`: labels of the node and of its Docker engine change without a restart. `ssh`, `user`, `port`, `privateKey`, `sudoPassword`: the steps of these hosts run again and change nothing; for the bastion's login, those of all hosts. A destroy uses the logins of the last `pulumi up`. `bastion`: all later steps run from there. `engine`: used by hosts without a Docker engine; others keep theirs until `npm run upgrade`. `loadBalancers`: HAProxy and keepalived get their new settings in place; another `endpoint` of the registry is another name of its images. `registryStorage`: the registry rolls from replica to replica; copy the images first. `adopt`: read only when a host is claimed. `maxUnavailable`: nothing",
  aws: "`hosts`: another `instanceType` replaces the hosts of that tier, managers one at a time, others in batches; `volume` grows in place. `network`, `region`: recreate the stack. Images of hosts: used by new hosts",
};

const HEAD = `# Configuration

<!-- Generated from config/schema by \`npx tsx dev/config-docs.ts\`: change it there. -->

A stack is described by \`Pulumi.<stack>.yaml\`. Keys belong to the namespace \`${NAMESPACE}\`; every key but
\`platform\` has a default on the platform \`local\`. A minimal stack file:

\`\`\`yaml
config:
  ${NAMESPACE}:platform: local
\`\`\`

A configuration is checked as a whole before anything is changed, and all problems are in one error, a
line for each problem: the key, what was found there, what is allowed, and how to fix it. Single values inside a
structured key can be set with \`pulumi config set --path '${NAMESPACE}:managers.count' 5\`.

What has to fit together:

- With 3 or more managers, at least 3 zones: no zone may hold the majority.
- A tier of 3 or more hosts (registry nodes; all workers together) must not lie in one zone alone.
- \`zones\` of a tier or pool name zones of the stack, each once.
- The ranges in \`network\` are private, don't overlap, and have room for all hosts of each zone. On the platform
  \`local\` none of them may overlap 172.17.0.0/16, the default bridge of the Docker engine that runs the hosts.
- On the platform \`hosts\`, roles, counts and pools follow from \`hosts.inventory\`: the keys \`managers\`, \`registry\`,
  \`workers\` and \`network.hosts\` are refused there. Names and addresses of hosts are unique, and no address lies in
  \`network.overlay\` or \`network.engine\`.
- Pool names: DNS labels of at most 40 characters that begin with a letter; not \`manager\`, \`registry\`, \`bastion\`,
  \`lb\`, nor the name that a host of another pool has (\`web-1\` beside the pool \`web\`).
- The stack's name, on the platform \`local\`: a letter or digit first, and none of the Docker engine's own networks (\`bridge\`,
  \`host\`, \`none\`, \`default\`, \`ingress\`, \`docker_gwbridge\`). A stack keeps its name: names of hosts, networks and
  certificates come from it, so a renamed one (\`pulumi stack rename\`) is refused until it is renamed back.
- Engine labels: names like \`com.example.storage\` or \`storage\`; \`swarm-ha.*\` and Docker's own prefixes are reserved.
- \`renewalDays\` is less than every certificate's validity.

## What a change does

- A larger count: new hosts join, nobody moves. A smaller one: the hosts with the highest numbers are drained and removed.
- A whole pool or all registry hosts: replaced in batches of at most \`maxUnavailable\`, each of one zone. The next hosts go when
  those before are in service. \`npm run review\` asks for \`tier-unavailable\` in \`swarm-ha:acknowledge\`. A host that waits takes one
  of Pulumi's parallel steps (four for each processor). \`npm run pulumi -- up\` sets as many as the largest pool needs; for plain
  \`pulumi up\`, set \`PULUMI_PARALLEL\` yourself: the hosts of the largest pool, plus 4.
- A renamed pool: the new one joins and serves, then the old one is drained and removed. Its volumes go with it.

What a change of each key does to what is there:

${Object.entries(EFFECTS)
  .map(([key, effect]) => `- \`${key}\`: ${effect}.`)
  .join("\n")}

## Keys
`;

/** The whole page. */
export function configDocs(): string {
  return `${[HEAD, ...sections(describeSchema(), [])].join("\n").trimEnd()}\n`;
}

/** One section for each key, those inside a key right behind it. */
function sections(parent: KeyDescription, above: readonly string[]): string[] {
  return Object.entries(parent.properties ?? {}).flatMap(([name, key]) => {
    const path = [...above, name];
    const required = above.length === 0 ? name === "platform" : (parent.required ?? []).includes(name);
    const own = [`### \`${NAMESPACE}:${path.join(".")}\``, "", key.description ?? "", "", ...facts(key, required), ""];
    return [...own, ...sections(key, path), ...free(key, path), ...entries(key, above, name)];
  });
}

/** The values of a mapping whose keys are the user's own. */
function free(key: KeyDescription, path: readonly string[]): string[] {
  const values = key.additionalProperties;
  return values === undefined || values === false ? [] : sections(values, [...path, "<name>"]);
}

/** The entries of a list, where they have keys. */
function entries(key: KeyDescription, above: readonly string[], name: string): string[] {
  return key.items?.properties === undefined ? [] : sections(key.items, [...above, `${name}[]`]);
}

function facts(key: KeyDescription, required: boolean): string[] {
  const unit = key.unit === undefined ? [] : [`- Unit: ${key.unit}`];
  return [`- Allowed: ${key.allowed ?? ""}`, ...unit, `- Default: ${defaultOf(key, required)}`];
}

function defaultOf(key: KeyDescription, required: boolean): string {
  if (required) return "none, it is required";
  if (key.defaultText !== undefined) return key.defaultText;
  if (key.properties !== undefined) return "that of each key in it";
  return `\`${JSON.stringify(key.default)}\``;
}

if (require.main === module) writeFileSync(CONFIG_DOCS, configDocs());
