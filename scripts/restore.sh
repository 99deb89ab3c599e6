#!/usr/bin/env bash
# Reads a snapshot, and gives it to a host.
#
# Runs on the bastion. Input: { mode: read | give, snapshot, store: { repository, password, credentials },
# call: { command, input } of the host's step }. `read` only checks that all of it can be read.
# Prints what the host's step prints.

. lib/common.sh
. lib/restic.sh

needed
snapshot=$(value snapshot)

if [ "$(value mode)" = read ]; then
  # All of it: the file that is last in the archive shows that none is missing.
  store dump "$snapshot" /swarm 2>"$folder/restic" | tail -n +2 | tar -tf - >"$folder/files" 2>"$folder/tar" ||
    fail "the snapshot $snapshot can't be read: $(said "$folder/restic") $(said "$folder/tar")"
  grep -qx complete "$folder/files" || fail "the snapshot $snapshot is incomplete; take another one"
  exit 0
fi

# state: more of the host's input: the archive, and the key that unlocks it. (The reading shell takes no byte too many.)
state() {
  store dump "$snapshot" /swarm | {
    IFS= read -r facts
    printf '%s\n' "$facts" | jq -r '.unlockKey // "" | @sh "given+=([unlockKey]=\(.))"'
    printf "given+=([state]='"
    gzip -1 | base64 -w 0
    printf "')\n"
  }
}
state | called
