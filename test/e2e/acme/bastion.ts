/** A machine on which the step runs as on a bastion, with a DNS provider that takes records for whoever knows its token. */
import type Docker from "dockerode";
import { hostImage } from "../../../components/platform/local/image";
import { dataText, readScript, sent, type StepData } from "../../../components/ssh/script";
import { TEST_LABEL } from "../../support/test-objects";
import { run, succeed, type Ran } from "../../support/run";

/** What the DNS provider wants to have. */
export const TOKEN = "token-of-the-dns-provider";

/** Where the provider is on the bastion, and where it notes what it saw. */
const PROVIDER = "/usr/local/bin/dns-provider";
const NOTES = "/tmp/notes";

/** Called by lego as `present|cleanup <name> <value>`; it notes the command line and the tempers of who called it. */
const PROVIDER_TEXT = `#!/bin/bash
set -eu
[ "$DNS_TOKEN" = ${TOKEN} ] || { echo "GET https://dns.example/?token=$DNS_TOKEN: 403" >&2; exit 1; }
{ echo "$1 $2"; tr '\\0' ' ' </proc/$PPID/cmdline; echo; } >>${NOTES}
case $1 in
present) curl -sSf -d "{\\"host\\":\\"$2\\",\\"value\\":\\"$3\\"}" "http://$DNS_SERVER:8055/set-txt" ;;
cleanup) curl -sSf -d "{\\"host\\":\\"$2\\"}" "http://$DNS_SERVER:8055/clear-txt" ;;
esac
`;

/** What the step's input has for this provider. */
export function credentials(server: string, token = TOKEN): Record<string, string> {
  return { EXEC_PATH: PROVIDER, DNS_SERVER: server, DNS_TOKEN: token };
}

/** The bastion, running. */
export class BastionMachine {
  private constructor(private readonly name: string) {}

  /** Starts it. @param dns address of its name server */
  public static async start(docker: Docker, network: string, dns: string): Promise<BastionMachine> {
    const name = `${network}-bastion`;
    const container = await docker.createContainer({
      Image: hostImage(),
      name,
      Labels: { [TEST_LABEL]: network },
      Entrypoint: ["/bin/sleep", "infinity"],
      HostConfig: { NetworkMode: network, Dns: [dns], Tmpfs: { "/run": "" }, Init: true },
    });
    await container.start();
    const bastion = new BastionMachine(name);
    await bastion.shell(`cat >${PROVIDER} && chmod 0755 ${PROVIDER}`, PROVIDER_TEXT);
    return bastion;
  }

  /** Runs the step with its input, as a connection of Pulumi's does. */
  public step(input: StepData): Promise<Ran> {
    const script = readScript("acme");
    const command = ["exec", "-i", this.name, "bash", "-c", sent(script)];
    return run("docker", command, { limit: 120, input: script.text + dataText(input) });
  }

  /** What the provider has noted. */
  public notes(): Promise<string> {
    return this.shell(`cat ${NOTES}`);
  }

  /** Runs a shell's text. @returns what it printed */
  public shell(text: string, input = ""): Promise<string> {
    return succeed("docker", ["exec", "-i", this.name, "bash", "-c", text], { limit: 30, input });
  }
}
