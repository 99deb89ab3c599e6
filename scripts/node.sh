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

name=$(value name)
id=$(value nodeId)
role=$(value role)

filter=$(query "{\"name\":[\"$name\"]}")

# ready: a check for wait_for. A manager counts only if Ready *and* Reachable. Sets node to the node as JSON, and stale to
# the ids of stale nodes of this name.
ready() {
  local is_ready
  # (The filter takes the name for a prefix.)
  cluster GET "/nodes?$filter" </dev/null || fail "the cluster doesn't list its nodes: $reply"
  jq -r --arg name "$name" --arg id "$id" --arg role "$role" '
    [.[] | select(.Description.Hostname == $name and .ID != $id and .Status.State != "ready") | .ID] as $stale
    | (first(.[] | select(.ID == $id)) // null) as $node
    | $node.ManagerStatus.Reachability as $reach
    | if $node == null then "false the cluster has no node \($id): it was removed, or belongs to another swarm; replace the host"
      else "\($node.Status.State == "ready" and $reach == (if $role == "manager" then "reachable" else null end)) "
        + "\($node.Status.State) \($node.Status.Message // "") \($reach // "")" end,
      ($node | tojson), ($stale | join(" "))' <<<"$reply" | {
    read -r is_ready seen
    read -r node
    read -r stale
  }
  [ "$is_ready" = true ]
}
longest_pause=500
wait_for 90 "$name to be Ready" ready

# Removes the stale node of a failed join: the same name with another id. As a manager it would be
# a dead vote for ever.
for stale_id in $stale; do
  remove_node "$stale_id" "$name"
done

# Labels that people have set stay, also those of a replaced node. A worker that was drained for maintenance stays drained.
labels_kept "$name"
node_update "$id" ".Labels = $kept + (.Labels // {}) + $(value labels) | if $(value drained) then .Availability = \"drain\" else . end" "$node" ||
  fail "$name can't be labelled: $reply"
[ -z "$kept_id" ] || labels_forget "$name"

# Its turn to join is over (see the token step).
[ "$role" != manager ] || end_turn "$name"
