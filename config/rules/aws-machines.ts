import { architectureOf, INSTANCE_TYPES } from "../aws/instance-types";
import type { Known } from "../known";
import { keyText, valueText, type PathPart, type Problem } from "../problem";
import { didYouMean } from "../suggest";

/** Every instance type exists, and has the architecture that its hosts are to have. */
export function awsMachineProblems({ aws, workers = {} }: Known): Problem[] {
  const hosts = aws?.hosts;
  const tiers = (["manager", "registry", "worker", "operator"] as const).flatMap((tier) =>
    problems(["aws", "hosts", tier], hosts?.[tier].instanceType, hosts?.[tier].architecture),
  );
  const pools = Object.entries(workers).flatMap(([pool, { instanceType, architecture }]) =>
    problems(["workers", pool], instanceType, architecture ?? hosts?.worker.architecture),
  );
  return [...tiers, ...pools];
}

function problems(path: readonly PathPart[], type: string | undefined, wanted: string | undefined): Problem[] {
  if (type === undefined) return [];
  const key = keyText([...path, "instanceType"]);
  const architecture = architectureOf(type);
  if (architecture === undefined) {
    return [
      {
        key,
        got: valueText(type),
        allowed: "an instance type that config/aws/instance-types.ts knows (as of 2026-11-21)",
        fix: didYouMean(type, INSTANCE_TYPES) ?? "use a type such as m6i.large, or add its family to that table",
      },
    ];
  }
  if (wanted === undefined || architecture === wanted) return [];
  return [
    {
      key,
      got: `${valueText(type)}, which is ${architecture}`,
      allowed: `a type of the architecture ${wanted}, which ${keyText([...path, "architecture"])} says`,
      fix: `write architecture: ${architecture} beside it, or use a type such as ${wanted === "arm64" ? "m6g.large" : "m6i.large"}`,
    },
  ];
}
