import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { PRICES } from "../cli/review/price-table";

/** Where the generated page lies. */
export const COST_DOCS = path.join(__dirname, "..", "docs", "cost.md");

/** The page about costs, with the table that reviews count with. */
export function costDocs(): string {
  const monthly = (hourly: number): string => (hourly * PRICES.hoursPerMonth).toFixed(2);
  const rows: [string, string][] = [
    ...Object.entries(PRICES.instances).map(([type, price]): [string, string] => [
      `instance \`${type}\``,
      monthly(price),
    ]),
    ["NAT gateway, without traffic", monthly(PRICES.natGateway)],
    ["network load balancer, without capacity units", monthly(PRICES.networkLoadBalancer)],
    ["public IPv4 address", monthly(PRICES.publicAddress)],
    ["gp3 volume, a GiB", PRICES.gp3.toFixed(4)],
    ["zone of Route 53", PRICES.hostedZone.toFixed(2)],
    ["KMS key", PRICES.kmsKey.toFixed(2)],
    ["alarm", PRICES.alarm.toFixed(2)],
  ];
  const table = rows.map(([what, price]) => `| ${what} | ${price} |`);
  return `# Cost

<!-- Generated from cli/review/price-table.ts by \`npx tsx dev/cost-docs.ts\`: change it there. -->

\`npm run -s review -- <stack>\` says roughly what an environment costs in a month, now and after the update. It counts list
prices of ${PRICES.region} as of ${PRICES.date}, in ${PRICES.currency}: on demand, without tax, traffic (to the internet, through NAT gateways and
between zones), load balancer capacity units, CPU credits, requests, logs and storage by use. The table was written from memory,
without a look at the lists, and what it had no price for here was derived from us-east-1's: it is there to compare an update by,
and no quotation. Reserved capacity and other agreements make it less. A stack on this workstation costs nothing.

What it comes from, by size: workers, then managers and registry nodes; one NAT gateway for each zone
(\`swarm-ha:aws.network.nat: single\` is one for all, which ends with its zone); three load balancers, and a public address in
each zone for each public one. A test environment is cheapest when it isn't there: \`destroy-test.yml\` removes it each night.
\`npm run acceptance -- <stack>\` says by the same table what an hour costs, and a whole run at most.

| a month (${PRICES.hoursPerMonth} hours) | ${PRICES.currency} |
| --- | --- |
${table.join("\n")}

The next larger size of an instance costs twice as much. All types in config/platforms/aws/instance-types.ts have a price. A review that
finds another one says "at least", how many hosts it left out, and of which type.
`;
}

if (require.main === module) writeFileSync(COST_DOCS, costDocs());
