/** Commands that messages recommend. */
export function commands(stack: string): {
  repair: string;
  recover: string;
  up: string;
  status: string;
  docker: string;
  replace: string;
  upgrade: string;
  context: string;
  trust: string;
  set: string;
} {
  return {
    repair: `npm run repair -- ${stack}`,
    recover: `npm run recover -- ${stack}`,
    up: `npm run pulumi -- up --stack ${stack}`,
    status: `npm run -s status -- ${stack}`,
    docker: `docker --context swarm-ha-${stack}`,
    replace: `npm run replace -- ${stack}`,
    upgrade: `npm run upgrade -- ${stack}`,
    context: `npm run context -- ${stack}`,
    trust: `npm run trust-hosts -- ${stack}`,
    set: `npm run pulumi -- config set --stack ${stack}`,
  };
}

/** Environment variable with an unlock key. */
export const UNLOCK_KEY = "SWARM_HA_UNLOCK_KEY";

/** How to give an unlock key to a command, for messages. The shell's history doesn't keep it. */
export function giveKey(command: string): string {
  return `read -rs ${UNLOCK_KEY}; export ${UNLOCK_KEY}; ${command}`;
}

/** A span of time: `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 100) return `${s} s`;
  const min = Math.round(s / 60);
  if (min < 100) return `${min} min`;
  const h = Math.floor(min / 60);
  return h < 48 ? `${h} h ${min % 60} min` : `${Math.floor(h / 24)} d ${h % 24} h`;
}

/** ` since 03:12:07 UTC (45 s ago)`, with the day when that isn't today's; empty when the time can't be read. */
export function since(time: string, now: Date): string {
  const then = new Date(time);
  if (Number.isNaN(then.getTime())) return "";
  const iso = then.toISOString();
  const day = iso.slice(0, 10) === now.toISOString().slice(0, 10) ? "" : `${iso.slice(0, 10)} `;
  return ` since ${day}${iso.slice(11, 19)} UTC (${span((now.getTime() - then.getTime()) / 1000)} ago)`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1) ?? ""}`;
}

/** With a capital first letter: `ready` is `Ready`, as `docker node ls` has it. */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
