import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { RULES } from "../../policy/rules";
import { root } from "../../cli/paths";

const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWN_OBJECT = "dd056dcd-154b-4c76-9bd3-c8f88648b5ff";

/** An instance as the Pulumi engine hands it to a policy pack. */
function instance(name: string, inputs: Record<string, JavaScriptValue>): proto.AnalyzerResource {
  const resource = new proto.AnalyzerResource();
  resource.setType("aws:ec2/instance:Instance");
  resource.setName(name);
  resource.setUrn(`urn:pulumi:prod::swarm-ha::aws:ec2/instance:Instance::${name}`);
  resource.setProperties(Struct.fromJavaScript(inputs));
  resource.setOptions(new proto.AnalyzerResourceOptions());
  return resource;
}

/** The pack as the official CLI runs it: a process of its own, asked over gRPC. */
describe("the policy pack", function () {
  this.timeout(180_000);
  let child: ChildProcess;
  let client: AnalyzerClient;

  const violations = async (...resources: proto.AnalyzerResource[]): Promise<string[]> => {
    const request = new proto.AnalyzeStackRequest();
    request.setResourcesList(resources);
    const response = await new Promise<proto.AnalyzeResponse>((resolve, reject) => {
      client.analyzeStack(request, (error, answer) => {
        if (error === null) resolve(answer);
        else reject(error);
      });
    });
    return response.getDiagnosticsList().map((one) => `${one.getPolicyname()}: ${one.getMessage()}`);
  };

  before("the pack's server is up", async () => {
    const program = join(root, "node_modules/@pulumi/pulumi/cmd/run-policy-pack");
    child = spawn(process.execPath, [program, "127.0.0.1:1", join(root, "policy")], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const errors: Buffer[] = [];
    child.stderr?.on("data", (data: Buffer) => errors.push(data));
    const stdout = child.stdout;
    assert.ok(stdout !== null);
    const ended = once(child, "close").then(() => {
      throw new Error(`the pack ended: ${Buffer.concat(errors).toString()}`);
    });
    const [port] = (await Promise.race([once(stdout, "data"), ended])) as [Buffer];
    ended.catch(() => undefined);
    client = new AnalyzerClient(`127.0.0.1:${port.toString().trim()}`, grpc.credentials.createInsecure());
  });

  after(() => {
    client.close();
    child.kill();
  });

  it("has every rule, and all of them are mandatory", async () => {
    const info = await new Promise<proto.AnalyzerInfo>((resolve, reject) => {
      client.getAnalyzerInfo(new Empty(), (error, answer) => {
        if (error === null) resolve(answer);
        else reject(error);
      });
    });
    assert.deepEqual(
      info.getPoliciesList().map((policy) => policy.getName()),
      RULES.map(({ name }) => name),
    );
    for (const policy of info.getPoliciesList())
      assert.equal(policy.getEnforcementlevel(), proto.EnforcementLevel.MANDATORY);
  });

  it("finds what is wrong, and says of what", async () => {
    const found = await violations(
      instance("worker-1", { associatePublicIpAddress: true, rootBlockDevice: { encrypted: true } }),
    );
    assert.deepEqual(found.map((text) => text.slice(0, text.indexOf(":"))).sort(), [
      "imds-v2",
      "imds-v2",
      "no-public-hosts",
    ]);
    assert.match(found.join("\n"), /worker-1: metadataOptions\.httpTokens has to be required/);
  });

  it("says nothing of what isn't known yet", async () => {
    const unknown = {
      metadataOptions: UNKNOWN_OBJECT,
      rootBlockDevice: { encrypted: UNKNOWN_TEXT },
      userData: UNKNOWN_TEXT,
    };
    assert.deepEqual(await violations(instance("worker-1", unknown)), []);
  });
});
