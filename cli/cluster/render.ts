import type { Colors } from "picocolors/types";
import type { ClusterStatus, NodeStatus } from "./model";

/** The status as a page for people. */
export function render(stack: string, status: ClusterStatus, exitCode: 0 | 1 | 2, colors: Colors): string {
  const word = [colors.green("healthy"), colors.yellow("degraded"), colors.red("unreachable")][exitCode] ?? "";
  const head = `${colors.bold(stack)} is ${colors.bold(word)}   swarm ${status.swarmId === "" ? "unknown" : status.swarmId}`;
  const nodes = table(
    ["NODE", "ROLE", "ZONE", "STATUS", "AVAILABILITY", "MANAGER", "NODE ID"],
    status.nodes.map((node) => nodeRow(node)),
    (cells, index) => paint(cells, status.nodes[index], colors),
    colors,
  );
  const balancers = table(
    ["LOAD BALANCER", "URL", "HEALTHY", "UNHEALTHY"],
    Object.entries(status.loadBalancers).map(([name, one]) => [
      name,
      one.url,
      one.healthy.join(" ") || "-",
      [...one.unhealthy, ...one.unknown.map((member) => `${member}?`)].join(" ") || "-",
    ]),
    (cells) => cells,
    colors,
  );
  const silent = Object.entries(status.loadBalancers).flatMap(([name, { unknown, reason }]) =>
    unknown.length === 0 || reason === undefined ? [] : [[name, reason] as const],
  );
  const unknown = [...new Set(silent.map(([, reason]) => reason))].map((reason) => {
    const which = silent.filter(([, other]) => other === reason).map(([name]) => name);
    return colors.dim(`members of ${which.join(", ")} unknown: ${reason}`);
  });
  const certificates = table(
    ["CERTIFICATE OF", "USE", "VALID UNTIL", "DAYS LEFT"],
    status.certificates.map(({ owner, use, notAfter, daysLeft }) => [
      owner,
      use,
      `${notAfter.slice(0, 16).replace("T", " ")} UTC`,
      String(daysLeft),
    ]),
    (cells, index) => ((status.certificates[index]?.daysLeft ?? 0) < 0 ? cells.map((cell) => colors.red(cell)) : cells),
    colors,
  );
  const applications = table(
    ["INGRESS: SERVICE", "LABEL", "LEVEL"],
    status.ingress.map(({ service, label, level }) => [service, label || "-", level]),
    (cells) => cells,
    colors,
  );
  const ingress = [
    ...(status.ingress.length === 0 ? [] : ["", ...applications]),
    ...status.ingress.flatMap(({ level, text }) => (level === "advice" ? [`  advice: ${text}`] : [])),
  ];
  const count = status.problems.length;
  const problems =
    count === 0
      ? []
      : [
          "",
          colors.bold(count === 1 ? "1 problem" : `${count} problems`),
          ...status.problems.map((text) => `  - ${text}`),
        ];
  return [head, "", ...nodes, "", ...balancers, ...unknown, "", ...certificates, ...ingress, ...problems].join("\n");
}

function nodeRow(node: NodeStatus): string[] {
  const name = node.desired ? node.name : `${node.name} (not wanted)`;
  return [name, node.role, node.zone, node.status, node.availability, node.managerStatus, node.nodeId].map(
    (cell) => cell || "-",
  );
}

function paint(cells: string[], node: NodeStatus | undefined, colors: Colors): string[] {
  if (node === undefined) return cells;
  if (!node.desired) return cells.map((cell) => colors.yellow(cell));
  const good = node.status === "Ready" && !["Unreachable", "Unknown"].includes(node.managerStatus);
  return good ? cells : cells.map((cell) => colors.red(cell));
}

/** Columns as wide as their widest cell. Widths are of the bare text: colours take no room. */
function table(
  head: readonly string[],
  rows: readonly string[][],
  paintRow: (cells: string[], index: number) => string[],
  colors: Colors,
): string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const pad = (cells: readonly string[]): string[] => cells.map((cell, i) => cell.padEnd(widths[i] ?? 0));
  const join = (cells: readonly string[]): string => cells.join("  ").trimEnd();
  return [colors.dim(join(pad(head))), ...rows.map((row, index) => join(paintRow(pad(row), index)))];
}
