#!/usr/bin/env bash
# Reports how far this manager's Raft log goes. Changes nothing.
#
# Runs on the host; `npm run recover` sends it. Input: { name, key: whether the node's encrypted key is wanted }
# Prints: { log: read, locked, commit, last, terms, nodeKey }, or { log: none | unread, seen }
#   locked: the swarm is autolocked; commit: the last index that is known to be committed; last: the last that is written;
#   terms: [first index, term] of entries with the same term; nodeKey: the node's key file, if it is encrypted and wanted.

. lib/common.sh
. lib/raft.sh

locked=false
if raft_locked; then locked=true; fi
if raft_position; then
  # The file itself, because every user of the host can read an argument.
  key=(--arg key "")
  if $locked && [ "$(value key)" = true ]; then key=(--rawfile key "$swarm_folder/certificates/swarm-node.key"); fi
  jq -nc --argjson locked "$locked" --argjson commit "$commit" --argjson last "$last" --argjson terms "$terms" "${key[@]}" \
    '{ log: "read", locked: $locked, commit: $commit, last: $last, terms: $terms, nodeKey: $key }'
else
  jq -nc --arg log "$found" --arg seen "$seen" '{ log: $log, seen: $seen }'
fi
