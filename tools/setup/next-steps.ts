/** What `npm start` ends with. */
import { BASE_IMAGE } from "./base-image";

/** Things to try with a stack that is up, as commands that work. */
export function nextSteps(stack: string): string {
  const of = `-- ${stack}`;
  const context = `docker --context swarm-ha-${stack}`;
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ["See how it is", [`npm run -s status ${of}`]],
    ["Use it with docker, through the manager load balancer", [`npm run context ${of}`, `${context} node ls`]],
    [
      "Run a service on the workers (the hosts have no internet: they are given its image)",
      [
        `for n in 1 2 3; do docker save ${BASE_IMAGE} | docker exec -i ${stack}-worker-$n docker load; done`,
        `${context} service create --name hello --replicas 6 --no-resolve-image --constraint node.labels.swarm-ha.role==worker ${BASE_IMAGE} sleep infinity`,
        `${context} service ps hello`,
      ],
    ],
    [
      "Lose a manager, and bring it back",
      [`docker kill ${stack}-manager-1`, `npm run -s status ${of}`, `npm run repair ${of}`],
    ],
    ["Remove it all", [`npm run destroy ${of}`]],
  ];
  const lines = steps.flatMap(([what, commands]) => [`  ${what}:`, ...commands.map((text) => `    ${text}`), ""]);
  return ["What to try next:", "", ...lines].join("\n").trimEnd();
}
