#!/usr/bin/env bash
# Reads a snapshot, and gives it to a host.
#
# Runs on the bastion. Input: { mode: read | keys | give, snapshot, store: { repository, password, credentials },
# call: { command, input } of the host's step }. `read` only checks that all of it can be read.
# Prints: give: what the host's step prints; keys: { unlockKey, nodeKey: the node's key file }, a secret;
# both are empty for a swarm without autolock.

. lib/common.sh
. lib/restic.sh

needed
snapshot=$(value snapshot)

if [ "$(value mode)" = read ]; then
  # All of it: the file that is last in the archive shows that none is missing.
  store dump "$snapshot" /swarm 2>"$folder/restic" | tail -n +2 | tar -tf - >"$folder/files" 2>"$folder/tar" ||
    fail "the snapshot $snapshot can't be read: $(last_lines "$folder/restic") $(last_lines "$folder/tar")"
  grep -qx complete "$folder/files" || fail "the snapshot $snapshot is incomplete; take another one"
  exit 0
fi

if [ "$(value mode)" = keys ]; then
  # From the first line to the last: a reader that stops early would look like a failure of restic.
  store dump "$snapshot" /swarm | {
    IFS= read -r facts
    tar -xOf - swarm/certificates/swarm-node.key >"$folder/key"
    cat >/dev/null
  }
  # Through files of a tmpfs and pipes: arguments can be read by everybody.
  printf '%s\n' "$facts" | jq -c --rawfile key "$folder/key" '{ unlockKey: (.unlockKey // ""), nodeKey: (if .unlockKey then $key else "" end) }'
  exit 0
fi

# state: more of the host's input: the archive. (The reading shell takes no byte too many.)
state() {
  store dump "$snapshot" /swarm | {
    IFS= read -r facts
    : "$facts"
    printf "given+=([state]='"
    gzip -1 | base64 -w 0
    printf "')\n"
  }
}
state | called
