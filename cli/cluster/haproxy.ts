import type { LiveMember } from "./model";

/** Type of a row that is a server, in HAProxy's table. Source: HAProxy management guide, 9.1 CSV format, field 32. */
const SERVER = "2";

/**
 * Reads HAProxy's table of statistics (`/stats;csv`): the servers of all back-ends. A server with several back-ends (one per
 * port) is up when it is up in all of them.
 *
 * @throws Error when it isn't such a table
 */
export function readStats(csv: string): LiveMember[] {
  const [head, ...rows] = csv.split("\n").filter((line) => line.trim() !== "");
  const columns = (head ?? "").replace(/^# /, "").split(",");
  const [name, status, type] = ["svname", "status", "type"].map((column) => columns.indexOf(column));
  if (name === undefined || status === undefined || type === undefined || Math.min(name, status, type) < 0) {
    throw new Error(`this is no HAProxy table: ${csv.slice(0, 60)}`);
  }
  const [check, detail, changed] = ["check_status", "last_chk", "lastchg"].map((column) => columns.indexOf(column));
  const members = rows
    .map(fields)
    .filter((row) => row[type] === SERVER)
    .map((row) => ({
      name: row[name] ?? "",
      // "UP 1/2" is up and has failed once; "DOWN 1/2" is down and has passed once.
      up: /^(UP|no check)/.test(row[status] ?? ""),
      // While a check runs, HAProxy marks the one before with "* ", and its detail is gone.
      check: [row[status], row[check ?? -1]?.replace(/^\* /, ""), row[detail ?? -1]]
        .filter((text) => text !== undefined && text !== "")
        .join(" "),
      seconds: Number(row[changed ?? -1] ?? 0) || 0,
    }));
  const byName = new Map<string, LiveMember>();
  for (const member of members) if (byName.get(member.name)?.up !== false) byName.set(member.name, member);
  return [...byName.values()];
}

/** Splits one line; a field in double quotes may hold commas, and two double quotes stand for one. */
function fields(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((match) =>
    match[1] === undefined ? (match[2] ?? "") : match[1].replaceAll('""', '"'),
  );
}
