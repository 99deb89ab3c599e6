/** What `npm run rotate` can rotate. */
import { ca } from "./ca";
import { certificates } from "./certificates";
import { joinTokens } from "./join-tokens";
import { registryPassword } from "./registry-password";
import type { Rotation } from "./rotation";
import { sshKeys } from "./ssh-keys";
import { swarmCa } from "./swarm-ca";
import { unlockKey } from "./unlock-key";

/** By the name on the command line, in the order of the usage. */
export const ROTATIONS: Readonly<Record<string, Rotation>> = {
  "join-tokens": joinTokens,
  "swarm-ca": swarmCa,
  "registry-password": registryPassword,
  certificates,
  "unlock-key": unlockKey,
  "ssh-keys": sshKeys,
  ca,
};
