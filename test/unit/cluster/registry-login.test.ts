import assert from "node:assert/strict";
import { exampleCommands } from "../../../cli/workstation/example-commands";
import { registryLogins } from "../../../cli/workstation/registry-login";

const registryCredentials = { username: "swarm-ha", password: "geheim" };

describe("docker's logins to the registry", () => {
  it("are done by a manager under the registry's own name, and here where the load balancers are", () => {
    const endpoints = { manager: "tcp://127.0.0.1:22376", registry: "https://registry.swarm.localhost:25000" };
    assert.deepEqual(registryLogins("swarm-ha-local", { endpoints, registryCredentials }), [
      { registry: "registry.swarm.localhost:25000", options: ["--context", "swarm-ha-local"], input: "geheim" },
      { registry: "localhost:25000", options: ["--context", "default"], input: "geheim" },
    ]);
  });

  it("leave localhost alone where the load balancers are elsewhere", () => {
    const endpoints = { manager: "tcp://manager.example.com:2376", registry: "https://registry.example.com:5000" };
    assert.deepEqual(registryLogins("swarm-ha-prod", { endpoints, registryCredentials }), [
      { registry: "registry.example.com:5000", options: ["--context", "swarm-ha-prod"], input: "geheim" },
    ]);
  });

  it("don't exist without a registry", () => {
    assert.deepEqual(registryLogins("c", { endpoints: { manager: "tcp://127.0.0.1:1" } }), []);
  });
});

describe("the commands of the example", () => {
  it("push to the registry's name on the workstation, and deploy with its name on the hosts", () => {
    const endpoints = {
      manager: "tcp://127.0.0.1:22376",
      registry: "https://registry.swarm.localhost:25000",
      app: "https://*.app.swarm.localhost:28443",
    };
    assert.deepEqual(exampleCommands("swarm-ha-demo", { endpoints }, "localhost:25000"), [
      "docker --context default build -t localhost:25000/hello examples/hello",
      "docker --context default push localhost:25000/hello",
      "REGISTRY=registry.swarm.localhost:25000 docker --context swarm-ha-demo stack deploy --with-registry-auth -c examples/hello/stack.yml hello",
      "curl -k https://hello.app.swarm.localhost:28443",
    ]);
    assert.deepEqual(exampleCommands("c", { endpoints: { manager: "tcp://127.0.0.1:1" } }, ""), []);
  });
});
