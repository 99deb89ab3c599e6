/**
 * `npm run trust [-- <stack>]`: writes the certificate of the stack's authority to a file and explains how this workstation,
 * its browsers and its Docker engine come to trust it. It never changes what the workstation trusts.
 */
import { X509Certificate } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { readArguments } from "../terminal/arguments";
import { readStack } from "../cluster/stack";
import { trustText } from "../workstation/trust-text";
import { statePath } from "../paths";
import { DEFAULT_STACK } from "../pulumi/project";
import { runMain } from "../terminal/errors";

runMain(async () => {
  const { stack } = readArguments("npm run trust [-- <stack>]", { stack: DEFAULT_STACK });
  const { caCertificate, endpoints } = (await readStack(stack)).outputs;
  const file = statePath("trust", `${stack}.pem`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, caCertificate);
  const certificate = new X509Certificate(caCertificate);
  const text = trustText({
    stack,
    file,
    fingerprint: certificate.fingerprint256,
    validUntil: certificate.validTo,
    ...(endpoints.registry === undefined ? {} : { registry: new URL(endpoints.registry).host }),
    ...(endpoints.app === undefined ? {} : { apps: endpoints.app.replace("https://*.", "") }),
  });
  process.stdout.write(`${text}\n`);
  return 0;
});
