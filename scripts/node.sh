#!/usr/bin/env bash
# Puts a node into service after its join: waits until it is Ready, sets its labels and its availability.
#
# Runs on the bastion. Input: { name, role, nodeId, labels, drained, client }

. lib/common.sh
. lib/cluster.sh
. lib/quorum.sh
. lib/labels.sh
. lib/removal.sh
. lib/joining.sh
. lib/ready.sh

name=$(value name)
id=$(value nodeId)
role=$(value role)

longest_pause=500
wait_for 90 "$name to be Ready" ready

# Removes the stale node of a failed join: the same name with another id. As a manager it would be
# a dead vote for ever. (The filter takes the name for a prefix.)
cluster GET "/nodes?$(query "{\"name\":[\"$name\"]}")" </dev/null || fail "the cluster doesn't list its nodes: $reply"
stale=$(jq -r --arg name "$name" --arg id "$id" \
  '.[] | select(.Description.Hostname == $name and .ID != $id and .Status.State != "ready") | .ID' <<<"$reply")
for stale_id in $stale; do
  remove_node "$stale_id" "$name"
done

# Labels that people have set stay, also those of a replaced node. A worker that was drained for maintenance stays drained.
labels_kept "$name"
node_update "$id" ".Labels = $kept + (.Labels // {}) + $(value labels) | if $(value drained) then .Availability = \"drain\" else . end" "$node" ||
  fail "$name can't be labelled: $reply"
[ -z "$kept_id" ] || labels_forget "$name"

# Its slot is free again (see the token step).
[ "$role" != manager ] || free_slot "$name"
