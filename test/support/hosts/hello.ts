/** The application of examples/hello on hosts that exist already, whose registry the workstation can't reach. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { root } from "../../../cli/paths";
import type { StackOutputs } from "../../../components/outputs";
import { AppClient } from "../app-client";
import { RegistryClient } from "../registry";
import { run, succeed, until, type Ran } from "../run";
import type { HostsStack } from "./hosts-stack";

const FOLDER = join(root, "examples/hello");

/** See the top of this file. */
export class HelloOnHosts {
  private readonly client: AppClient;

  public constructor(
    private readonly stack: HostsStack,
    private readonly outputs: StackOutputs,
  ) {
    this.client = new AppClient(outputs, stack.virtualAddress);
  }

  /** Builds it here, pushes it from a worker, deploys it through the managers' endpoint. */
  public async deploy(): Promise<void> {
    const image = `${this.stack.name}/hello`;
    const env = { ...process.env, DOCKER_BUILDKIT: "0" };
    await succeed("docker", ["build", "-q", "-t", image, FOLDER], { limit: 120, env });
    const save = `docker save ${image} | gzip -1 | base64 -w0`;
    const archive = Buffer.from(await succeed("bash", ["-c", save], { limit: 120 }), "base64");
    await this.stack.exec("worker-1", ["docker", "load", "--quiet"], archive, 120);
    const registry = new RegistryClient(this.stack, this.outputs);
    const push = `docker tag ${image} "$R/hello" && login && docker push --quiet "$R/hello"; code=$?; rm -rf /root/.docker; exit $code`;
    await registry.good("worker-1", push, 180);

    await this.stack.good("context", [this.stack.name], 60);
    const { username = "", password = "" } = this.outputs.registryCredentials ?? {};
    this.stack.dockerLogin(registry.name, Buffer.from(`${username}:${password}`).toString("base64"));
    const options = ["--with-registry-auth", "--resolve-image", "never", "--detach=false"];
    const { code, output } = await this.docker(
      ["stack", "deploy", ...options, "-c", join(FOLDER, "stack.yml"), "hello"],
      { REGISTRY: registry.name },
    );
    assert.equal(code, 0, output);
  }

  /** Asks it once, whoever has signed its certificate. @throws Error when the answer isn't its own */
  public async ask(): Promise<void> {
    const { status, body } = await this.client.ask("hello", "/", { rejectUnauthorized: false });
    if (status !== 200 || !body.startsWith("Hello ")) throw new Error(`${String(status)} ${body.trim()}`);
  }

  /** Waits until it answers: after its deployment, until the ingress has seen it. */
  public async untilAnswers(): Promise<void> {
    await until("the example to answer", 60, () => this.ask().then(() => undefined, String));
  }

  /** docker with the stack's context. */
  private docker(args: readonly string[], more: NodeJS.ProcessEnv): Promise<Ran> {
    const env = { ...this.stack.env, DOCKER_HOST: undefined, ...more };
    return run("docker", ["--context", `swarm-ha-${this.stack.name}`, ...args], { limit: 180, env });
  }
}
