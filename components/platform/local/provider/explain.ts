import { messageOf } from "../../../message";

/** Causes and remedies, by the error message of the Docker engine or of the system. */
const REMEDIES: readonly (readonly [sign: RegExp, remedy: string])[] = [
  [
    /connect (ENOENT|ECONNREFUSED)/,
    "no Docker engine answers there; `npm start` starts one where there is none, and DOCKER_HOST says where another one is",
  ],
  [/connect EACCES/, "run as root, or as a member of the group `docker`"],
  [
    /port is already allocated|bind: address already in use|listen tcp4? 127\.0\.0\.1/i,
    "another program or stack has that port; free it, or choose another one in swarm-ha:local.ports",
  ],
  [
    /address already in use/i,
    "another container on the stack's network has that address (`docker network inspect`); remove it",
  ],
];

/** Message of an error, with the remedy if one is known. */
export function explain(error: unknown): string {
  const said = messageOf(error);
  const known = REMEDIES.find(([sign]) => sign.test(said));
  return known === undefined || said.includes(known[1]) ? said : `${said} (${known[1]})`;
}

/** Wraps a method, so that its errors include the remedy. */
export function explained<A extends unknown[], R>(method: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await method(...args);
    } catch (error) {
      const words = explain(error);
      throw words === messageOf(error) ? error : new Error(words, { cause: error });
    }
  };
}
