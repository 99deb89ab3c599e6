/** What `npm start` ends with. */

/** Things to try with a stack that is up, as commands that work. */
export function nextSteps(stack: string): string {
  const of = `-- ${stack}`;
  const context = `docker --context swarm-ha-${stack}`;
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ["See how it is", [`npm run -s status ${of}`]],
    [
      "Use it with docker, through the manager load balancer (it says how the example application is deployed, too)",
      [`npm run context ${of}`, `${context} node ls`],
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
