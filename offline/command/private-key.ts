/** Private keys in the formats that ssh2 doesn't read itself. */
import { createPrivateKey } from "node:crypto";
import { openSshPrivateKey } from "../lib/openssh";

/**
 * A private key that ssh2 can read: PKCS#8 (as `tls.PrivateKey.privateKeyPem` of an ED25519 key is) becomes what ssh2
 * knows; everything else stays as it is.
 *
 * @throws Error for a PKCS#8 key that can't be read.
 */
export function sshPrivateKey(key: string, passphrase: string | undefined): string {
  if (!/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/m.test(key)) return key;
  const parsed = createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  if (parsed.asymmetricKeyType === "ed25519") return openSshPrivateKey(parsed);
  if (parsed.asymmetricKeyType === "rsa") return parsed.export({ type: "pkcs1", format: "pem" }).toString();
  if (parsed.asymmetricKeyType === "ec") return parsed.export({ type: "sec1", format: "pem" }).toString();
  throw new Error(`ssh: unsupported key type ${String(parsed.asymmetricKeyType)}`);
}
