import type { Answer } from "./recording-mocks";

/** A secret that must never show up outside of secrets: mocked steps print it, mocked keys are made of it. */
export const SECRET = "s3cret-that-must-not-show";

/** What the mocked providers answer, close enough to the real ones for the program to go on. */
export const answer: Answer = ({ type, name }) => {
  switch (type) {
    case "tls:index/privateKey:PrivateKey":
      return {
        id: name,
        outputs: {
          privateKeyPem: `${SECRET} pem ${name}`,
          privateKeyOpenssh: `${SECRET} openssh ${name}`,
          publicKeyOpenssh: `ssh-ed25519 AAAA${name}\n`,
        },
      };
    case "tls:index/certRequest:CertRequest":
      return { id: name, outputs: { certRequestPem: `request ${name}` } };
    case "tls:index/selfSignedCert:SelfSignedCert":
      return { id: name, outputs: { certPem: `certificate ${name}`, validityStartTime: `start of ${name}` } };
    case "tls:index/locallySignedCert:LocallySignedCert":
      return { id: name, outputs: { certPem: `certificate ${name}` } };
    case "command:remote:Command":
      return { id: name, outputs: { stdout: stdoutOf(name), stderr: "" } };
    default:
      return { id: `id-${name}`, outputs: { identity: `identity-${name}`, address: "10.0.0.99" } };
  }
};

function stdoutOf(step: string): string {
  if (step === "init") return JSON.stringify({ swarmId: "swarm-of-the-test" });
  if (step.startsWith("token-")) return JSON.stringify({ token: `SWMTKN-1-${SECRET}`, managers: ["10.0.0.1:2377"] });
  if (step === "swarm-settings") return JSON.stringify({ autolock: true, unlockKey: `SWMKEY-1-${SECRET}` });
  if (step === "acme") return "chain that acme printed";
  if (step.startsWith("join-")) return JSON.stringify({ nodeId: `node-id-of-${step}` });
  return "";
}
