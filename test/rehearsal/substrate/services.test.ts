import assert from "node:assert/strict";
import { docker } from "../../../components/docker";
import { ContainerSubstrate } from ".";
import { startObjectStore, type RunningObjectStore } from "./object-store";
import { REGISTRY_HOST, type RegistryContent } from "./registry";
import { TestCloud } from "./test-cloud";
import { RUN_LABEL } from "./run";

const BUCKET = "of-a-registry";

describe("substrate: services", () => {
  const cloud = new TestCloud("10.235.0.0/20");
  let substrate: ContainerSubstrate;
  let store: RunningObjectStore | undefined;
  let images: RegistryContent;

  const curl = (...args: string[]): Promise<string> =>
    substrate.execute("i-1", ["curl", "-sS", "--max-time", "20", ...args]);

  before(async function () {
    this.timeout(900_000);
    substrate = await ContainerSubstrate.start(cloud, { prefix: "subsvc", publicRange: "198.51.100.0/24" });
    const started = await startObjectStore();
    store = started;
    substrate.serve(`${BUCKET}.s3.eu-central-1.amazonaws.com`, (request, response) => {
      started.forward(request, response, BUCKET);
    });
    images = await substrate.startRegistry();
    console.log(`        ${images.registry}\n        ${images.traefik}`);
    await cloud.createVpc(substrate);
    await cloud.launch(substrate, "i-1", "10.235.1.10", "#!/bin/sh\n");
  });
  after(async () => {
    await store?.stop();
    await substrate.end();
  });

  it("the image registry has the stack's images by digest, over TLS that instances trust", async () => {
    for (const reference of Object.values(images) as string[]) {
      const [, name, digest] = /^[^/]+\/(\w+):[^@]+@(sha256:[0-9a-f]{64})$/.exec(reference) ?? [];
      const url = `https://${REGISTRY_HOST}/v2/${name ?? ""}/manifests/${digest ?? ""}`;
      const accept = "Accept: application/vnd.docker.distribution.manifest.v2+json";
      const manifest = JSON.parse(await curl("-f", "-H", accept, url)) as {
        layers: { digest: string; size: number }[];
      };
      const last = manifest.layers.at(-1);
      const blob = `https://${REGISTRY_HOST}/v2/${name ?? ""}/blobs/${last?.digest ?? ""}`;
      assert.equal(await curl("-f", "-o", "/dev/null", "-w", "%{size_download}", blob), String(last?.size));
    }
  });

  it("a name that no service answers for has no certificate", async () => {
    const args = ["--resolve", `nowhere.example:443:${substrate.servicesAddress}`, "https://nowhere.example/"];
    await assert.rejects(curl(...args), /SSL|TLS/i);
  });

  it("S3 keeps what is put into a bucket, and gives it back", async () => {
    assert.ok(store !== undefined);
    await store.createBucket(BUCKET);
    const url = `https://${BUCKET}.s3.eu-central-1.amazonaws.com/docker/registry/v2/some%20key`;
    const signed = ["--aws-sigv4", "aws:amz:eu-central-1:s3", "-u", "key:secret"];
    const code = ["-o", "/dev/null", "-w", "%{http_code}"];
    assert.equal(await curl(...signed, ...code, "-T", "/etc/os-release", url), "200");
    assert.match(await curl(...signed, "-f", url), /noble/);
    assert.equal(await store.isEmpty(BUCKET), false);
    await assert.rejects(store.deleteBucket(BUCKET), /BucketNotEmpty/);
    await store.empty(BUCKET);
    assert.equal(await store.isEmpty(BUCKET), true);
    await store.deleteBucket(BUCKET);
    assert.equal(await curl(...signed, ...code, url), "404");
  });

  it("its end leaves nothing on the Docker engine", async function () {
    this.timeout(120_000);
    const engine = docker();
    const id = await engine.getContainer(substrate.containerOf("i-1").id).inspect();
    const run = id.Config.Labels[RUN_LABEL] ?? "";
    const filters = { label: [`${RUN_LABEL}=${run}`] };
    const left = async (): Promise<number> =>
      [
        ...(await engine.listContainers({ all: true, filters })),
        ...(await engine.listNetworks({ filters })),
        ...(await engine.listVolumes({ filters })).Volumes,
        ...(await engine.listImages({ filters })),
      ].length;
    assert.ok((await left()) >= 6);
    await substrate.end();
    assert.equal(await left(), 0);
  });
});
