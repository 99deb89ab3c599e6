#!/usr/bin/env bash
# Removes a node from the swarm: waits for its turn, checks that its tasks have room elsewhere, drains it, waits until they run
# there, demotes it, removes it. When it fails, the node has its availability back.
#
# Runs on the bastion and never dials the node, so that a dead one can be removed. Input: as node.sh.

. lib/common.sh
. lib/cluster.sh
. lib/quorum.sh
. lib/drain.sh
. lib/labels.sh
. lib/removal.sh
. lib/room.sh
. lib/turns.sh
. lib/empty.sh

name=$(value name)
id=$(value nodeId)

if ! cluster GET "/nodes/$id" </dev/null; then
  [ "$status" = 404 ] || fail "the cluster doesn't show $name ($id): $reply"
  exit 0
fi

# What helps when its tasks have no room elsewhere.
# shellcheck disable=SC2034 # read by lib/empty.sh
room_advice="Make room first; or replace the host with a spare one beside it: npm run replace -- <stack> $name --surge;
or accept that these tasks wait: --force instead of --surge, and for a host that is to go for good
swarm-ha:drain.onTimeout: continue"

# A failed step restores the node's availability.
removal_done=false
end_removal() {
  rm -f "$leaving_folder/$id"
  if ! $removal_done && [ -n "$availability_before" ]; then
    node_update "$id" ".Availability = \"$availability_before\"" ||
      printf '%s: its availability stays drain, because it could not be set back to %s: %s\n' "$name" "$availability_before" "$reply" >&2
  fi
}
trap end_removal EXIT

empty_node
remove_node "$id" "$name"
removal_done=true
