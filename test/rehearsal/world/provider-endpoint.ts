/** The socket at which the plugin asks the simulated AWS. */
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { violations } from "../../../offline/aws/rules";
import type { Answer, Question } from "../provider/protocol";
import { AwsError } from "./errors";
import { readBody } from "./host-services";
import type { World } from "./world";

const verbs = { create: "creating", read: "reading", update: "updating", delete: "deleting" } as const;

/** Answers one question. */
export async function answer(world: World, question: Question): Promise<Answer> {
  try {
    return await work(world, question);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (!("type" in question)) return { error: text };
    return {
      error: `${verbs[question.operation]} ${question.type.split(":").at(-1) ?? ""} (${question.name}): ${text}`,
    };
  }
}

async function work(world: World, question: Question): Promise<Answer> {
  if (question.operation === "configure") return configure(world, question.config);
  if (question.operation === "invoke") {
    if (question.token !== "aws:ec2/getAmi:getAmi") throw new Error(`the simulated AWS has no ${question.token}`);
    return { outputs: world.images.find(question.inputs) };
  }
  const { type, name, id, inputs, state } = question;
  const kind = world.kinds[type];
  if (kind === undefined) throw new Error(`the simulated AWS has no ${type}`);
  switch (question.operation) {
    case "create":
      refuseByRule(type, inputs, name);
      return kind.create(inputs);
    case "update":
      refuseByRule(type, inputs, name);
      return { id, outputs: await kind.update(id, inputs, state) };
    case "delete":
      await kind.delete(id, state);
      return { outputs: {} };
    case "read": {
      const outputs = kind.read(id, state);
      return outputs === undefined ? { gone: true } : { id, outputs };
    }
  }
}

/** What AWS refuses whatever else there is: names, characters, ranges. One code stands for all of AWS's. */
function refuseByRule(type: string, inputs: Record<string, unknown>, name: string): void {
  const found = violations(type, inputs, name);
  if (found.length === 0) return;
  const texts = found.map(({ property, value, rule, source }) => `${property} ${value}: ${rule} (${source})`);
  throw new AwsError(type.split(":").at(-1) ?? type, "InvalidParameterValue", texts.join("; "));
}

/** The provider's own checks: region and account. Source: internal/provider/provider.go, `allowed_account_ids`. */
function configure(world: World, config: Record<string, unknown>): Answer {
  const { region, account } = world.cloud;
  if (config["region"] !== region)
    throw new Error(`invalid AWS Region: ${String(config["region"])}: the simulated AWS has ${region} only`);
  const allowed = config["allowedAccountIds"];
  if (Array.isArray(allowed) && allowed.length > 0 && !allowed.includes(account))
    throw new Error(`AWS account ID not allowed: ${account}`);
  return { outputs: {} };
}

/** Serves the plugin. @returns what ends it */
export async function serveProvider(world: World, socket: string): Promise<{ close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    void readBody(request)
      .then((body) => answer(world, JSON.parse(body.toString()) as Question))
      .catch((error: unknown): Answer => ({ error: String(error) }))
      .then((result) => {
        response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(result));
      });
  });
  // A create waits for minutes: an instance that boots.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.timeout = 0;
  rmSync(socket, { force: true });
  await new Promise<void>((done, failed) => {
    server.once("error", failed);
    server.listen(socket, done);
  });
  return {
    close: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
        server.closeAllConnections();
      }),
  };
}
