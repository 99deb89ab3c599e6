/** The tls provider: keys and certificates. */
import { serveProvider } from "../lib/provider";
import { certRequest, locallySignedCert, selfSignedCert } from "./certificates";
import { privateKey } from "./private-key";

serveProvider({
  name: "tls",
  version: "5.6.1",
  types: {
    "tls:index/privateKey:PrivateKey": privateKey,
    "tls:index/selfSignedCert:SelfSignedCert": selfSignedCert,
    "tls:index/certRequest:CertRequest": certRequest,
    "tls:index/locallySignedCert:LocallySignedCert": locallySignedCert,
  },
});
