import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { decryptNodeKey } from "../../../cli/cluster/node-key";

/** Of a throw-away manager, as Docker engine 26.1.5 wrote it after `docker swarm update --autolock=true`. */
const KEY = "SWMKEY-1-Ke+CvBxwmPtNuw8YgG1E8EEAdYN5dyzM7IvkqenmJ4E";
const FILE = `-----BEGIN ENCRYPTED PRIVATE KEY-----
kek-version: 32
raft-dek: CAESMLwH/UJXo8zubgH7zx088IAvWC4K4cXqCqmqTl50d7K+AYdFVXZ4gMoMW/0UG8aQahoYa0+R6BpCzsx6nmWwz77kD4EDCgFpapPn

MIHeMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAjCkOdzJrsIIQICCAAw
HQYJYIZIAWUDBAEqBBAPjpp/qFXBna3V815sel5yBIGQUTkxVJvUqhcvWL9esS6e
59fhApPUaSW8RFHDmhuLShtxLNrd/4mE+MmP+YqeIpcORI3UddNwFL6eGXzZpypa
x17tkWq8OzL/hqc/rGyWQvVPegbkuLVKFNnF0rEy/tRJg7wbNybDcB6Lshf/KNPN
8qpTRh1Qt5yigByiDJ9YHKqvpGej+tHMT2LjmW/UhiRf
-----END ENCRYPTED PRIVATE KEY-----
`;

describe("the key file of an autolocked manager", () => {
  it("is decrypted with the swarm's unlock key, the key of the Raft log included", () => {
    const plain = decryptNodeKey(FILE, KEY);
    const [begin, dek, blank, ...rest] = plain.split("\n");
    assert.equal(begin, "-----BEGIN PRIVATE KEY-----");
    // A protobuf record without an algorithm: its data are the key.
    assert.match(dek ?? "", /^raft-dek: EiC[A-Za-z0-9+/]{43}==$/);
    assert.equal(blank, "");
    assert.equal(createPrivateKey([begin, ...rest].join("\n")).asymmetricKeyType, "ec");
    assert.ok(!plain.includes("kek-version"));
  });

  it("is refused with another key, with what is no key, and where it isn't such a file", () => {
    const other = "SWMKEY-1-mqbyBHS/6qfXjp2ONO1O3hQRudNEDTsW1bvrhv8LpPw";
    assert.throws(() => decryptNodeKey(FILE, other), /unlock key doesn't decrypt/);
    assert.throws(() => decryptNodeKey(FILE, "secret"), /no unlock key/);
    assert.throws(() => decryptNodeKey("", KEY), /no PEM headers/);
    const fernet = FILE.replace("raft-dek: CAES", "raft-dek: CAIS");
    assert.throws(() => decryptNodeKey(fernet, KEY), /unsupported algorithm \(2\)/);
  });
});
