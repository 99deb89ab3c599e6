#!/usr/bin/env bash
# Empties a node that stays in the swarm, before its Docker engine or its host restarts: waits for its turn, checks that its tasks
# have room elsewhere, drains it, waits until they run there. When it fails, the node has its availability back.
#
# Runs on the bastion; day-two commands send it. Input: { name, nodeId, client }
# A label of the node keeps its availability of before, so that activate-node.sh can restore it, in a later run, too.

. lib/common.sh
. lib/cluster.sh
. lib/drain.sh
. lib/room.sh
. lib/turns.sh
. lib/empty.sh

name=$(value name)
id=$(value nodeId)

# shellcheck disable=SC2034 # read by lib/empty.sh
room_advice="Make room first, or accept that these tasks wait: --force"

# The label of a run that was killed has the true value.
# shellcheck disable=SC2034 # read by lib/turns.sh
drain_change='.Labels = ({ "swarm-ha.before-upgrade": .Availability } + (.Labels // {})) | .Availability = "drain"'

done=false
end_drain() {
  if ! $done && [ -n "$availability_before" ]; then
    node_update "$id" '.Availability = (.Labels["swarm-ha.before-upgrade"] // .Availability) | del(.Labels["swarm-ha.before-upgrade"])' ||
      printf '%s: its availability stays drain, because it could not be set back: %s\n' "$name" "$reply" >&2
  fi
}
trap end_drain EXIT

empty_node
[ -n "$availability_before" ] || fail "$name is not Ready (saw last: $seen), so it isn't drained"
done=true
