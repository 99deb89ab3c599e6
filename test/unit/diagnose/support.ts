import { dataText } from "../../../components/ssh/script";
import type { Deployment } from "../../../cli/cluster/deployment";

/** How Pulumi's engine wraps a secret in a state that shows them. */
const secret = (value: unknown): unknown => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

const password = "Zx81-PasswordOfTheRegistry-42";
const httpSecret = "Zx82-SecretOfTheUploads-4242";
const dnsToken = "it's quite an innocent text";
const phrase = "correct horse battery";
const wideCode = "Zx83ThatNothingNames";
const keyLine = "QyNTUxOQAAACDplantedKeyLineplantedKeyLineplantedKeyLine";
const privateKey = `-----BEGIN OPENSSH PRIVATE KEY-----\n${keyLine}\n-----END OPENSSH PRIVATE KEY-----\n`;
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIpublic";

/** The state of a stack with one host and one step, and secrets in the places where the program has them. */
export function bastionStateOf(): Deployment {
  const urn = (type: string, name: string): string => `urn:pulumi:local::swarm-ha::${type}::${name}`;
  return {
    deployment: {
      resources: [
        {
          urn: urn("pulumi-nodejs:dynamic/swarm-ha:Container", "manager-1"),
          type: "pulumi-nodejs:dynamic/swarm-ha:Container",
          id: "id",
          outputs: {
            address: "10.0.0.1",
            labels: { "swarm-ha.role": "manager", "swarm-ha.host": "manager-1", "swarm-ha.zone": "a" },
            secretFile: "/run/secret/path",
          },
        },
        {
          urn: urn("command:remote:Command", "prepare-bastion"),
          type: "command:remote:Command",
          inputs: {
            connection: secret({ host: "127.0.0.1", port: 22022, user: "root", privateKey, hostKey: publicKey }),
            stdin: secret(
              dataText({
                configs: { settings: `http:\n  addr: :5000\n  secret: ${httpSecret}\n` },
                credentials: { CF_DNS_API_TOKEN: dnsToken, AWS_REGION: "eu-central-1" },
                note: "manager-1.example.com",
              }),
            ),
            marked: secret(phrase),
            wide: secret({ owner: "ingress-authority", code: wideCode }),
            region: "in eu-central-1a",
          },
        },
        {
          urn: urn("pulumi:pulumi:Stack", "local"),
          type: "pulumi:pulumi:Stack",
          outputs: { registryCredentials: secret({ username: "swarm-ha", password }), publicKey },
        },
      ],
    },
  };
}
bastionStateOf.password = password;
bastionStateOf.httpSecret = httpSecret;
bastionStateOf.dnsToken = dnsToken;
bastionStateOf.phrase = phrase;
bastionStateOf.wideCode = wideCode;
bastionStateOf.keyLine = keyLine;
