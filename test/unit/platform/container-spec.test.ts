import assert from "node:assert/strict";
import { containerOptions, volumeOf, type ContainerInputs } from "../../../components/platform/local/container-spec";

const SECRET = "a-private-key";
const INPUTS: ContainerInputs = {
  container: "unit-manager-1",
  hostname: "manager-1",
  labels: { "swarm-ha.stack": "unit", "swarm-ha.role": "manager", "swarm-ha.zone": "zone-a" },
  image: "swarm-ha/host:1",
  network: "unit",
  address: "10.210.2.8",
  files: [{ path: "/etc/ssh/ssh_host_ed25519_key", mode: "0600", content: SECRET }],
  reload: ["sshd"],
  ports: [],
  nested: true,
};

describe("what the Docker engine is asked for", () => {
  const options = containerOptions(INPUTS, "10.210.2.8");

  it("holds no file, for everybody who may ask the Docker engine could read it there", () => {
    assert.ok(!JSON.stringify(options).includes(SECRET));
    assert.equal(options.Env, undefined);
    assert.equal(options.Cmd, undefined);
  });

  it("has the names, labels and address of the plan", () => {
    assert.equal(options.name, "unit-manager-1");
    assert.equal(options.Hostname, "manager-1");
    assert.deepEqual(options.Labels, INPUTS.labels);
    assert.deepEqual(options.NetworkingConfig?.EndpointsConfig?.["unit"]?.IPAMConfig, { IPv4Address: "10.210.2.8" });
  });

  it("gives a nested Docker engine what it needs without --privileged, which fails where root lacks SYS_RESOURCE", () => {
    const host = options.HostConfig;
    assert.notEqual(host?.Privileged, true);
    assert.deepEqual([host?.CapAdd, host?.CapDrop], [["ALL"], ["SYS_RESOURCE"]]);
    assert.deepEqual([host?.MaskedPaths, host?.ReadonlyPaths], [[], []]);
    assert.equal(host?.Mounts?.[0]?.Source, volumeOf("unit-manager-1"));
    assert.equal(host.Mounts[0].Target, "/var/lib/docker");
  });

  it("gives all others nothing beyond any container", () => {
    const host = containerOptions({ ...INPUTS, nested: false }, "10.210.0.8").HostConfig;
    assert.deepEqual([host?.CapAdd, host?.SecurityOpt, host?.Mounts], [undefined, undefined, []]);
  });

  it("publishes on the loopback address only, and bounds the logs", () => {
    const host = containerOptions({ ...INPUTS, ports: ["22022:22"] }, "10.210.0.8").HostConfig;
    assert.deepEqual(host?.PortBindings, { "22/tcp": [{ HostIp: "127.0.0.1", HostPort: "22022" }] });
    assert.match(JSON.stringify(host.LogConfig), /"max-size"/);
  });
});
