#!/usr/bin/env bash
# Ends a node's membership: waits for its turn, drains it, waits until its tasks run elsewhere, demotes it, removes it.
#
# Runs on the operator and never dials the node, so that a dead one can be removed. Input: as node.sh.

. lib/common.sh
. lib/cluster.sh
. lib/quorum.sh
. lib/removal.sh
. lib/turns.sh

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

# running_of SERVICE JQ_CONDITION: sets running to the number of a service's tasks that run, as far as they meet it.
running_of() {
  cluster GET "/tasks?$(query "{\"service\":[\"$1\"],\"desired-state\":[\"running\"]}")" </dev/null || return 1
  running=$(jq --arg id "$id" "[.[] | select(.Status.State == \"running\" and $2)] | length" <<<"$reply")
}

# How many tasks each service ran before the drain. One that was short of replicas already can't be expected to be whole
# afterwards, and is no reason to keep the node.
declare -A before=()

# elsewhere: a check; every service that was on the node runs as many tasks as before, or all it wants, on other nodes.
elsewhere() {
  local service replicas wanted
  for service in $services; do
    # A service that was removed in the meantime needs nothing.
    cluster GET "/services/$service" </dev/null || continue
    replicas=$(jq -r '.Spec.Mode.Replicated.Replicas // empty' <<<"$reply")
    # A global service has one task on each node: it has nowhere to go.
    [ -n "$replicas" ] || continue
    seen=$(jq -r '.Spec.Name' <<<"$reply")
    wanted=$((replicas < before[$service] ? replicas : before[$service]))
    running_of "$service" ".NodeID != \$id" || return 1
    seen="the service $seen runs $running of $wanted tasks elsewhere$(jq -r '[.[].Status.Err // empty | select(. != "")]
      | unique | map("; " + .) | add // ""' <<<"$reply")"
    ((running >= wanted)) || return 1
  done
}

# within_drain WHAT CHECK: waits for what is left of the drain's time; then it is the configuration's choice.
#
# Limit and choice come from the operator's file, not from the input: the state's input is as old as the node, and
# somebody who has just changed the choice because a drain is stuck wants the new one.
read -r drain_timeout on_timeout </etc/swarm-ha/drain || fail "/etc/swarm-ha/drain is missing; run \`up\` again"
deadline=$((SECONDS + drain_timeout))
within_drain() {
  local left=$((deadline - SECONDS))
  if [ "$on_timeout" = continue ]; then
    (wait_for "$((left > 0 ? left : 0))" "$1" "$2") || printf '%s: going on, as swarm-ha:drain says\n' "$name" >&2
  else
    wait_for "$((left > 0 ? left : 0))" "$1 (the node stays drained; swarm-ha:drain sets limit and choice)" "$2"
  fi
}

# known: a check; the managers know whether it lives. After an election they don't, until it has called.
known() {
  cluster GET "/nodes/$id" </dev/null || return 0
  seen=$(jq -r '.Status.State' <<<"$reply")
  [ "$seen" = ready ] || [ "$seen" = down ]
}
for _ in $(seq 40); do
  if known; then break; fi
  sleep 1
done

# A dead node has nothing to drain: its tasks run elsewhere already, or will once there is room.
if [ "$seen" = ready ]; then
  tasks
  services=$(jq -r '[.[].service] | unique[]' <<<"$tasks")
  for service in $services; do
    running_of "$service" true || fail "the tasks of a service can't be counted: $reply"
    before[$service]=$running
  done
  drain_in_turn "$id" "$name"
  # The time of the drain begins with the drain.
  deadline=$((SECONDS + drain_timeout))
  within_drain "$name to be empty" empty
  within_drain "the tasks of $name to run elsewhere" elsewhere
fi

remove_node "$id" "$name"
