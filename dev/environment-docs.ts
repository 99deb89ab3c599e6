/** `npx tsx dev/environment-docs.ts`: writes the list of environment variables to docs/environment-variables.md. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { RULES, type Recipient, type Rule } from "../cli/environment";
import { root } from "../cli/paths";

/** Where the page lies. */
export const ENVIRONMENT_DOCS = join(root, "docs", "environment-variables.md");

const HEAD = `# Environment variables

<!-- Generated from cli/environment/variables.json by \`npx tsx dev/environment-docs.ts\`: change it there. -->

For whoever sets variables of Pulumi, Docker, Node, npm, AWS or SSH on a workstation, or runs this behind a proxy.

Our commands (\`npm start\`, \`npm run …\`) give each program that they start the variables of this list, and nothing else.
Who gets a variable:

- **Pulumi (local)**: the Pulumi engine for stacks on this workstation; **Pulumi (elsewhere)**: for all other stacks
- **docker**: the docker client; **Docker engine**: one that \`npm start\` has started, without systemd
- **aws**, **npm**: these programs; **set-up**: apt-get, mmdebstrap, go, tar, systemctl

"Ignored": no program gets it. "Refused": with that value, a command ends before it does anything. A variable that isn't
listed is ignored.

## Proxies

\`HTTP_PROXY\`, \`HTTPS_PROXY\` and \`NO_PROXY\`, in either case, are used for downloads. Loopback never goes to a proxy.

\`pulumi up\` without \`npm run\` gets your whole environment. With \`http_proxy\` or \`https_proxy\` in lower case it fails:
grpc-js, a part of Pulumi's Node SDK, sends its connection to 127.0.0.1 to that proxy. It compares \`no_proxy\` with the
address as text, so \`localhost\` doesn't help
([grpc-js, http_proxy.ts](https://github.com/grpc/grpc-node/blob/master/packages/grpc-js/src/http_proxy.ts)). Use
\`npm run pulumi -- up -s <stack>\`, or add 127.0.0.1 to \`no_proxy\`.

## The list
`;

const WHO: Readonly<Record<Recipient, string>> = {
  local: "Pulumi (local)",
  cloud: "Pulumi (elsewhere)",
  docker: "docker",
  dockerd: "Docker engine",
  aws: "aws",
  npm: "npm",
  program: "set-up",
};

/** The page's text. */
export function environmentDocs(rules: readonly Rule[] = RULES): string {
  const groups = [...new Set(rules.map((rule) => rule.of))];
  const sections = groups.map((group) => {
    const items = rules.filter((rule) => rule.of === group).map(item);
    return `\n### ${group}\n\n${items.join("\n")}\n`;
  });
  return HEAD + sections.join("");
}

function item({ names, to, refused, why }: Rule): string {
  const who = to === "all" ? "all programs" : to.map((one) => WHO[one]).join(", ");
  const verdict = who === "" ? "Ignored" : `Passed on to ${who}`;
  const unless = refused === undefined ? "" : ` Refused with \`${refused.replaceAll(/[\^$]/g, "")}\`.`;
  return `- ${names.map((name) => `\`${name}\``).join(", ")}: ${verdict}.${unless} ${why}`;
}

if (require.main === module) writeFileSync(ENVIRONMENT_DOCS, environmentDocs());
