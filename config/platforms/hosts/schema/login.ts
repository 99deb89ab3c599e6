import { z } from "zod";
import { isPrivateKey, PRIVATE_KEY_EXAMPLE } from "../private-key";
import { line, port } from "./text";

const OF_ALL = "that of swarm-ha:hosts.ssh";

const user = z
  .string()
  .regex(/^[a-z_][a-z0-9_.-]{0,31}$/)
  .meta({
    description: "User that logs in. Any but root needs sudo, with `sudoPassword` or without a password.",
    allowed: "a Unix user name of at most 32 characters, in lower case",
    fix: "write user: root, or the name of a user who may run sudo",
    defaultText: OF_ALL,
  });

const sshPort = port.meta({
  description: "TCP port of the host's SSH server.",
  allowed: "a port from 1 to 65535",
  fix: "write port: 22",
  defaultText: OF_ALL,
});

const privateKey = z
  .string()
  .refine(isPrivateKey)
  .meta({
    description: "Private key of the user, in OpenSSH's format, without passphrase. A secret.",
    allowed: "a private key in OpenSSH's format, without passphrase",
    fix: "set it with: npm run pulumi -- config set -s <stack> --secret --path swarm-ha:hosts.ssh.privateKey < ~/.ssh/id_ed25519",
    defaultText: OF_ALL,
    secret: true,
    examples: [PRIVATE_KEY_EXAMPLE],
  });

const sudoPassword = line.meta({
  description: "Password that sudo asks the user for. A secret.",
  allowed: "a text on one line",
  fix: "set it with: npm run pulumi -- config set -s <stack> --secret --path swarm-ha:hosts.ssh.sudoPassword",
  defaultText: `${OF_ALL}; without one, sudo must ask for none (NOPASSWD)`,
  secret: true,
  examples: ["password"],
});

/** How one host is logged in to, where it differs from the others. */
export const ownLogin = {
  user: user.optional(),
  port: sshPort.optional(),
  privateKey: privateKey.optional(),
  sudoPassword: sudoPassword.optional(),
};

/** `swarm-ha:hosts.ssh`. */
export const ssh = z
  .strictObject({
    user: user.default("root"),
    port: sshPort.default(22),
    privateKey,
    sudoPassword: sudoPassword.meta({ defaultText: "none: sudo must ask for none (NOPASSWD)" }).optional(),
  })
  .meta({
    description: "How the hosts are logged in to. Each host may have its own user, port, key and password.",
    allowed: "a mapping with the keys user, port, privateKey and sudoPassword",
    fix: "write { user: root, port: 22, privateKey: … }, the key as a secret",
  });
