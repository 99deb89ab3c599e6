/**
 * `npm run context [-- <stack>] [--tunnel]`: writes the docker context `swarm-ha-<stack>`: the managers' API through the manager load
 * balancer, with mutual TLS. It also logs docker in to the stack's registry. With `--tunnel` the context leads to the port
 * of `npm run tunnel`, for a load balancer without a public address.
 *
 * The certificate is the short-lived one for people. After it has run out, `up` has made a new one: run this again.
 */
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../components/message";
import type { StackOutputs } from "../../components/outputs";
import { PORTS } from "../../plan/ports";
import { readArguments } from "../terminal/arguments";
import { exampleCommands } from "../workstation/example-commands";
import { registryLogins, type RegistryLogin } from "../workstation/registry-login";
import { readStack } from "../cluster/stack";
import { commands, list } from "../cluster/words";
import { command, findProgram } from "../workstation/command";
import { dockerConfigFile, missingHelper } from "../workstation/docker-credentials";
import { DEFAULT_STACK } from "../pulumi/project";
import { runMain, UserError } from "../terminal/errors";

/** Milliseconds for a call of the docker CLI, which writes files or logs in. */
const LIMIT = 30_000;

runMain(async () => {
  const usage = "npm run context [-- <stack>] [--tunnel]";
  const { stack, tunnel } = readArguments(usage, { flags: ["tunnel"], stack: DEFAULT_STACK });
  const docker = findProgram("docker");
  if (docker === undefined) {
    throw new UserError(
      "No docker command was found, so there is no context to write. " +
        "Install it (Debian, Ubuntu: apt-get install docker.io, or docker-cli): https://docs.docker.com/engine/install/",
    );
  }
  const { outputs } = await readStack(stack);
  const name = `swarm-ha-${stack}`;
  const host = tunnel ? `tcp://127.0.0.1:${PORTS.api}` : outputs.endpoints.manager;
  const certificate = await writeContext(docker, name, outputs, host);
  const until = new X509Certificate(certificate).validTo;
  process.stdout.write(`The docker context ${name} leads to ${host} (certificate valid until ${until}).\n`);
  const logins = registryLogins(name, outputs);
  const refused = await logIn(docker, stack, logins, outputs.registryCredentials?.username ?? "");
  process.stdout.write(`Try:\n\n  docker --context ${name} node ls\n`);
  const example = exampleCommands(name, outputs, logins.at(-1)?.registry ?? "");
  if (example.length > 0) {
    const lines = example.map((line) => `  ${line}\n`).join("");
    process.stdout.write(
      `\nDeploy the example application, and ask it (npm run trust -- ${stack}: without -k):\n\n${lines}`,
    );
  }
  return refused ? 1 : 0;
});

/**
 * Logs docker in to the registry, under each of its names. A failure is only reported: the context works
 * without it.
 *
 * @returns whether one failed
 */
async function logIn(
  docker: string,
  stack: string,
  logins: readonly RegistryLogin[],
  username: string,
): Promise<boolean> {
  const done: string[] = [];
  for (const { registry, options, input } of logins) {
    const missing = missingHelper(registry);
    if (missing !== undefined) {
      process.stderr.write(`docker isn't logged in to ${registry}: ${missing}\n`);
      continue;
    }
    const args = [...options, "login", "--username", username, "--password-stdin", registry];
    try {
      await command(docker, args, { timeout: LIMIT, input, as: "docker" });
      done.push(registry);
    } catch (error) {
      process.stderr.write(
        `docker isn't logged in to ${registry}: ${messageOf(error)}\n` +
          `Check the registry (${commands(stack).status}), then run this again.\n`,
      );
    }
  }
  if (done.length > 0) {
    process.stdout.write(
      `docker is logged in to ${list(done)} (${dockerConfigFile()}, or the credential store that it names).\n`,
    );
  }
  return done.length < logins.length;
}

/** @returns the client certificate that was used */
async function writeContext(
  docker: string,
  name: string,
  { access, caCertificate }: StackOutputs,
  host: string,
): Promise<string> {
  const { cert, key } = access.person ?? access.client;
  // The CLI copies the files into its own store; here they exist briefly, readable by this user only (0700, 0600).
  const folder = mkdtempSync(join(tmpdir(), "swarm-ha-context-"));
  try {
    const file = (base: string, text: string): string => {
      const path = join(folder, base);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    const files = `ca=${file("ca.pem", caCertificate)},cert=${file("cert.pem", cert)},key=${file("key.pem", key)}`;
    const verb = (await contexts(docker)).includes(name) ? "update" : "create";
    const settings = [
      "--description",
      "swarm-ha: managers behind the load balancer",
      "--docker",
      `host=${host},${files}`,
    ];
    await command(docker, ["context", verb, name, ...settings], { timeout: LIMIT, as: "docker" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return cert;
}

async function contexts(docker: string): Promise<string[]> {
  const args = ["context", "ls", "--format", "{{.Name}}"];
  const names = await command(docker, args, { timeout: LIMIT, as: "docker" });
  // Without a format of its own an old CLI marks the current one with a star.
  return names.split("\n").map((line) => line.replace(/\*$/, "").trim());
}
