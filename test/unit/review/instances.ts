/** Prices per hour of eu-central-1 as the table has them: they prove the arithmetic by family and size, not the list. */
export const INSTANCES: readonly (readonly [type: string, price: number])[] = [
  ["t3.micro", 0.012],
  ["t3.medium", 0.048],
  ["t3.2xlarge", 0.384],
  ["t4g.micro", 0.0096],
  ["t4g.medium", 0.0384],
  ["m6i.large", 0.115],
  ["m6i.xlarge", 0.23],
  ["m6i.12xlarge", 2.76],
  ["m6g.large", 0.092],
  ["c6i.2xlarge", 0.388],
  ["r6g.4xlarge", 0.9728],
];
