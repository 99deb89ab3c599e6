#!/usr/bin/env bash
# Stores the swarm's state of one manager in the repository, and removes snapshots that are too old; or lists the snapshots.
#
# Runs on the bastion. Input: { mode: save | list | check, stack, store: { repository, password, credentials, keep }, facts: a line of
# JSON that a restore needs, tags: [what the list shows], call: { command, input } of scripts/save-swarm.sh on the manager }
# Prints: save: { snapshot, away (ms), bytes }; list: the snapshots, as restic lists them.

. lib/common.sh
. lib/restic.sh

stack=$(value stack)

# What all snapshots of the stack's swarm have in common.
own=(--host "$stack" --tag swarm-ha)

case $(value mode) in
  list)
    if ! there; then
      # (restic 0.17 and later; older ones.)
      [[ $why == *"does not exist"* || $why == *"Is there a repository"* ]] || fail "the repository $repository can't be read: $why"
      echo '[]'
      exit 0
    fi
    store snapshots --json "${own[@]}" | jq -c '[.[]? | { id: .short_id, time, tags }]'
    exit 0
    ;;
  check)
    needed
    store check --read-data-subset=10% >"$folder/check" 2>&1 || fail "the repository $repository is damaged: $(last_lines "$folder/check")"
    exit 0
    ;;
  save) ;;
  *) fail "unknown mode $(value mode)" ;;
esac

made
# A killed run's lock.
store unlock >/dev/null 2>&1 || true
tags=()
for tag in $(value tags); do tags+=(--tag "$tag"); done

# What fails on the host must not look like the end of the archive, so its exit code is stored beside it.
stream() {
  local code=0
  value facts
  called </dev/null 2>"$folder/heard" || code=$?
  echo "$code" >"$folder/code"
}
codes=(0 0)
stream | store backup --json --stdin --stdin-filename swarm "${own[@]}" "${tags[@]}" \
  >"$folder/summary" 2>"$folder/restic" || codes=("${PIPESTATUS[@]}")
# If restic fails, the host's step loses its reader, and fails with it.
((codes[1] == 0)) || fail "restic can't store the backup in $repository: $(last_lines "$folder/restic")"
snapshot=$(jq -r 'select(.message_type == "summary") | .snapshot_id' "$folder/summary" | cut -c 1-8)
if [ "$(cat "$folder/code" 2>/dev/null || echo none)" != 0 ]; then
  incomplete=""
  [ -z "$snapshot" ] || store forget "$snapshot" >/dev/null 2>"$folder/forget" ||
    incomplete=" (the incomplete snapshot $snapshot can't be removed: $(last_lines "$folder/forget"). It would be the next restore's default)"
  fail "$(last_lines "$folder/heard")$incomplete"
fi

store forget "${own[@]}" --group-by host --keep-last 1 --keep-daily "$(value store.keep.daily)" \
  --keep-weekly "$(value store.keep.weekly)" --keep-monthly "$(value store.keep.monthly)" --prune >"$folder/forget" 2>&1 ||
  fail "the backup $snapshot is stored, but older ones can't be removed: $(last_lines "$folder/forget")"

jq -c --arg snapshot "$snapshot" --argjson away "$(awk '$1 == "away" { print $2 }' "$folder/heard")" \
  'select(.message_type == "summary") | { snapshot: $snapshot, away: $away, bytes: .total_bytes_processed }' "$folder/summary"
