import { z } from "zod";
import { isRange } from "../../../../plan/ipv4";
import { balancer } from "./host";
import { address } from "./text";

const external = z
  .strictObject({
    endpoint: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*:([1-9]\d{0,4})$/)
      .meta({
        description: "Where people reach it.",
        allowed: "a host name or an address, a colon and a port",
        fix: "write an endpoint such as registry.swarm.example.com:5000",
      }),
    sources: z
      .array(
        z.string().refine(isRange).meta({
          description: "A range of IPv4 addresses in CIDR notation.",
          allowed: "an IPv4 range in CIDR notation",
          fix: "write a range such as 10.0.0.0/24, or one address as 10.0.0.7/32",
        }),
      )
      .default([])
      .meta({
        description: "Addresses that its connections to the hosts come from. Only these may use the PROXY protocol.",
        allowed: "a list of IPv4 ranges in CIDR notation",
        fix: "write a list such as [10.0.0.7/32]",
      }),
  })
  .meta({
    description:
      "A load balancer of your own. Nothing is installed; the output `forwards` states what it has to forward and to check.",
    allowed: "a mapping with the keys endpoint and sources, in place of hosts and virtualAddress",
    fix: "write { endpoint: registry.swarm.example.com:5000 }",
    defaultText: "`hosts` and `virtualAddress`",
  });

const balancers = (what: string) =>
  z
    .strictObject({
      hosts: z
        .array(balancer)
        .min(1)
        .max(3)
        .meta({
          description:
            "Hosts of this load balancer: HAProxy, and keepalived, which keeps the virtual address on one of them. They aren't in the inventory. Several load balancers may have the same hosts.",
          allowed: "a list of 1 to 3 hosts; two or three, so that none is a single point of failure",
          fix: "write a list such as [{ name: lb-1, address: 10.0.0.11, hostKey: … }, { name: lb-2, … }]",
          defaultText: "`external`",
        })
        .optional(),
      virtualAddress: address(
        "With `hosts`: the IPv4 address that moves between them by VRRP. It is free otherwise, in the network segment of these hosts. Load balancers on the same hosts may share one.",
        { defaultText: "required with `hosts`" },
      ).optional(),
      external: external.optional(),
    })
    .meta({
      description: `The ${what} load balancer: on hosts of its own, or one of yours.`,
      allowed: "a mapping with the keys hosts and virtualAddress, or with the key external",
      fix: "write { hosts: [{ name: lb-1, … }, { name: lb-2, … }], virtualAddress: 10.0.0.100 }",
    });

/** `swarm-ha:hosts.loadBalancers`. */
export const loadBalancers = z
  .strictObject({
    manager: balancers("manager"),
    registry: balancers("registry"),
    app: balancers("application"),
  })
  .meta({
    description: "The load balancers.",
    allowed: "a mapping with the keys manager, registry and app",
    fix: "write { manager: …, registry: …, app: … }; all three may have the same hosts and virtual address",
  });
