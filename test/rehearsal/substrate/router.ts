import type Docker from "dockerode";
import type { Run } from "./run";
import { routerTables, publicAddresses, type RouterPlan } from "./router-tables";
import { RESOLVER } from "./packet-filter";
import { runIn } from "./shell";

/** Where a router is. */
export interface RouterArgs {
  /** Id of its VPC. */
  readonly vpc: string;
  readonly image: string;
  /** The VPC's network, and the router's address in it. */
  readonly inside: { readonly network: string; readonly address: string };
  /** The network of public addresses, and the router's address in it, which nothing connects to. */
  readonly outside: { readonly network: string; readonly address: string };
}

/** Makes and starts a VPC's router. Its only egress is the network of public addresses. */
export async function createRouter(run: Run, { vpc, image, inside, outside }: RouterArgs): Promise<Docker.Container> {
  const container = await run.engine.createContainer({
    name: run.name(`router-${vpc}`),
    Image: image,
    Entrypoint: ["sleep", "infinity"],
    Labels: { ...run.labels },
    NetworkingConfig: { EndpointsConfig: { [outside.network]: { IPAMConfig: { IPv4Address: outside.address } } } },
    HostConfig: {
      NetworkMode: outside.network,
      Init: true,
      CapAdd: ["NET_ADMIN"],
      Sysctls: {
        "net.ipv4.ip_forward": "1",
        "net.ipv4.conf.all.send_redirects": "0",
        "net.ipv4.conf.default.send_redirects": "0",
        "net.ipv4.conf.all.rp_filter": "0",
        "net.ipv4.conf.default.rp_filter": "0",
        "net.ipv4.conf.all.arp_notify": "1",
      },
    },
  });
  await run.engine.getNetwork(inside.network).connect({
    Container: container.id,
    EndpointConfig: { IPAMConfig: { IPv4Address: inside.address } },
  });
  await container.start();
  await runIn(
    container,
    ["bash", "-e"],
    ["ip route del default 2>/dev/null || true", `ip addr add ${RESOLVER}/32 dev lo`, ""].join("\n"),
  );
  return container;
}

/** Sets what the router does, whole. */
export async function setRouter(container: Docker.Container, plan: RouterPlan, own: string): Promise<void> {
  const wanted = publicAddresses(plan);
  await runIn(
    container,
    ["bash", "-e", "-s", own, ...wanted],
    `own=$1; shift
device=$(ip -o -4 addr show to "$own" | awk '{ print $2 }')
for address in $(ip -o -4 addr show dev "$device" | awk '{ print $4 }'); do
  address=\${address%/*}
  [ "$address" = "$own" ] || [[ " $* " = *" $address "* ]] || ip addr del "$address/32" dev "$device"
done
for address; do ip addr replace "$address/32" dev "$device"; done
`,
  );
  await runIn(container, ["iptables-restore", "-w", "10"], routerTables(plan));
}
