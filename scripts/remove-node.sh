#!/usr/bin/env bash
# Ends a node's membership: drains it, waits until its tasks run elsewhere, demotes it, removes it.
#
# Runs on the operator and never dials the node, so that a dead one can be removed. Input: as node.sh, where
# drain is { timeout (seconds), onTimeout: fail | continue }.

. lib/common.sh
. lib/cluster.sh
. lib/quorum.sh
. lib/removal.sh

name=$(value name)
id=$(value nodeId)

if ! cluster GET "/nodes/$id" </dev/null; then
  [ "$status" = 404 ] || fail "the cluster doesn't show $name ($id): $reply"
  exit 0
fi

# tasks: sets tasks to what the node still runs or is about to, by service id and slot.
tasks() {
  cluster GET "/tasks?$(query "{\"node\":[\"$id\"]}")" </dev/null || fail "the cluster doesn't list tasks: $reply"
  tasks=$(jq -c '[.[] | select(.Status.State | IN("assigned", "accepted", "preparing", "ready", "starting", "running"))
    | { service: .ServiceID, state: .Status.State }]' <<<"$reply")
}

# empty: a check; the node runs nothing any more.
empty() {
  tasks
  seen="$(jq -r 'length' <<<"$tasks") tasks on the node"
  [ "$tasks" = "[]" ]
}

# elsewhere: a check; every service that was on the node has all its replicas running again, on other nodes.
elsewhere() {
  local service replicas running
  for service in $services; do
    # A service that was removed in the meantime needs nothing.
    cluster GET "/services/$service" </dev/null || continue
    replicas=$(jq -r '.Spec.Mode.Replicated.Replicas // empty' <<<"$reply")
    # A global service has one task on each node: it has nowhere to go.
    [ -n "$replicas" ] || continue
    seen=$(jq -r '.Spec.Name' <<<"$reply")
    cluster GET "/tasks?$(query "{\"service\":[\"$service\"],\"desired-state\":[\"running\"]}")" </dev/null || return 1
    running=$(jq --arg id "$id" '[.[] | select(.Status.State == "running" and .NodeID != $id)] | length' <<<"$reply")
    seen="the service $seen runs $running of $replicas tasks elsewhere$(jq -r '[.[].Status.Err // empty | select(. != "")]
      | unique | map("; " + .) | add // ""' <<<"$reply")"
    ((running >= replicas)) || return 1
  done
}

# within_drain WHAT CHECK: waits for what is left of the drain's time; then it is the configuration's choice.
deadline=$((SECONDS + $(value drain.timeout)))
within_drain() {
  local left=$((deadline - SECONDS))
  if [ "$(value drain.onTimeout)" = continue ]; then
    (wait_for "$((left > 0 ? left : 0))" "$1" "$2") || printf '%s: going on, as swarm-ha:drain says\n' "$name" >&2
  else
    wait_for "$((left > 0 ? left : 0))" "$1 (the node stays drained; swarm-ha:drain sets limit and choice)" "$2"
  fi
}

# A dead node has nothing to drain: its tasks run elsewhere already, or will once there is room.
if [ "$(jq -r '.Status.State' <<<"$reply")" = ready ]; then
  tasks
  services=$(jq -r '[.[].service] | unique[]' <<<"$tasks")
  node_update "$id" '.Availability = "drain"' || fail "$name can't be drained: $reply"
  within_drain "$name to be empty" empty
  within_drain "the tasks of $name to run elsewhere" elsewhere
fi

remove_node "$id" "$name"
