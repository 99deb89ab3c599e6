import { z } from "zod";
import { describer } from "../../../description";
import { engine } from "./engine";
import { bastion, host } from "./host";
import { loadBalancers } from "./load-balancers";
import { ssh } from "./login";
import { pools } from "./pools";
import { registryStorage } from "./storage";

/** `swarm-ha:hosts`. */
const hosts = z
  .strictObject({
    ssh,
    bastion: bastion.optional(),
    engine,
    adopt: z.boolean().default(false).meta({
      description:
        "Whether an existing swarm of these hosts, or hosts with containers, are taken over as they are. Without it, such hosts are refused and not touched.",
      allowed: "true or false",
      fix: "write adopt: true to take an existing swarm over, or leave the key out",
    }),
    inventory: z.array(host).min(1).meta({
      description:
        "The hosts of the swarm. Roles, counts and pools follow from it. Beside them there are the bastion and the hosts of load balancers.",
      allowed: "a list of hosts: 1, 3, 5 or 7 managers, 1 to 7 registry hosts, and at least 1 worker",
      fix: "write a list such as [{ name: manager-1, role: manager, zone: rack-1, address: 10.0.1.1, hostKey: … }, …]",
    }),
    pools,
    loadBalancers,
    registryStorage,
  })
  .meta({
    description: "Keys of the platform `hosts`.",
    allowed:
      "a mapping with the keys ssh, bastion, engine, adopt, inventory, pools, loadBalancers and registryStorage, on the platform hosts only",
    fix: "copy the example in docs/hosts.md",
    defaultText: "required on hosts",
  });

/** Top-level keys. */
export const keys = { hosts };

/** Description of one of these keys at a path. */
export const describeKey = describer(z.strictObject(keys));
