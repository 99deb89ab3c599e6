import type { Login } from "../../plan/login";
import { elevation } from "./elevate";
import type { StepData } from "./script";

/** A login whose password may be unset. */
type HostLogin = Omit<Login, "sudoPassword"> & { readonly sudoPassword?: string | undefined };

/**
 * Input of scripts/on-host.sh: how the bastion reaches a host. Secret as a whole.
 *
 * For root it has no `user` and no `sudo`, so that the steps of hosts that let root in stay as they are.
 *
 * @param limit seconds until the host must have shown the pinned key and accepted the client
 */
export function hostWay(name: string, login: HostLogin, limit: number): StepData {
  const { address, port, user, privateKey, hostKey } = login;
  const sudo = elevation(login);
  return {
    ...{ name, address, port, hostKey: pinnedKey(hostKey), key: privateKey, limit },
    ...(sudo === undefined ? {} : { user, sudo }),
  };
}

/** An OpenSSH public key without the newline or comment at its end, because keys are compared as text. */
export function pinnedKey(hostKey: string): string {
  return hostKey.trim().split(/\s+/).slice(0, 2).join(" ");
}
