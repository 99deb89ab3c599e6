/** The unlock key of a throw-away manager, as Docker engine 26.1.5 wrote it after `docker swarm update --autolock=true`. */
export const KEY = "SWMKEY-1-Ke+CvBxwmPtNuw8YgG1E8EEAdYN5dyzM7IvkqenmJ4E";
/** The key file of its node. */
export const FILE = `-----BEGIN ENCRYPTED PRIVATE KEY-----
kek-version: 32
raft-dek: CAESMLwH/UJXo8zubgH7zx088IAvWC4K4cXqCqmqTl50d7K+AYdFVXZ4gMoMW/0UG8aQahoYa0+R6BpCzsx6nmWwz77kD4EDCgFpapPn

MIHeMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAjCkOdzJrsIIQICCAAw
HQYJYIZIAWUDBAEqBBAPjpp/qFXBna3V815sel5yBIGQUTkxVJvUqhcvWL9esS6e
59fhApPUaSW8RFHDmhuLShtxLNrd/4mE+MmP+YqeIpcORI3UddNwFL6eGXzZpypa
x17tkWq8OzL/hqc/rGyWQvVPegbkuLVKFNnF0rEy/tRJg7wbNybDcB6Lshf/KNPN
8qpTRh1Qt5yigByiDJ9YHKqvpGej+tHMT2LjmW/UhiRf
-----END ENCRYPTED PRIVATE KEY-----
`;

/** Another key, which doesn't fit. */
export const OTHER_KEY = "SWMKEY-1-mqbyBHS/6qfXjp2ONO1O3hQRudNEDTsW1bvrhv8LpPw";
