# shellcheck shell=bash
# Empties a node: drains it in its turn, if its tasks have room elsewhere, and waits until they run there. The caller sets: id and
# name of the node, room_advice (the remedy when there is no room). Needs lib/cluster.sh, lib/drain.sh, lib/room.sh, lib/turns.sh.

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
    if jq -e 'any(.[]; .Status.State == "pending" and ((.Status.Err // "") | startswith("no suitable node")))' \
      <<<"$reply" >/dev/null; then
      stuck_since=${stuck_since:-$SECONDS}
    else
      stuck_since=""
    fi
    ((running >= wanted)) || return 1
  done
}

# has_to_move: whether the node has tasks that are to run elsewhere. Those of global services have nowhere to go.
has_to_move() {
  cluster GET /services </dev/null || fail "the cluster doesn't list its services: $reply"
  jq -e --arg here "$services" '($here | split("\n")) as $here
    | any(.[]; (.ID as $id | $here | index($id)) and .Spec.Mode.Global == null and .Spec.Mode.GlobalJob == null)' \
    <<<"$reply" >/dev/null
}

# The node's availability before its drain; empty until it is drained.
availability_before=""

# before_drain: called when it is this host's turn, just before its drain: the last check.
before_drain() {
  local reasons
  # 404: a step that a killed run has left behind has just removed it.
  cluster GET "/nodes/$id" </dev/null || { [ "$status" = 404 ] && return 0; } || fail "the cluster doesn't show $name ($id): $reply"
  availability_before=$(jq -r .Spec.Availability <<<"$reply")
  $moves || return 0
  room_without "$(leaving | jq -c --arg id "$id" '. + [$id] | unique')" ||
    fail "the cluster can't show whether there is room for the tasks of $name: $reply"
  [ "$without" != "[]" ] || return 0
  reasons=$(jq -r 'join(". ")' <<<"$without")
  gap_accepted || fail "$name is not drained, because its tasks have no room elsewhere. Nothing was changed." \
    "$reasons. $room_advice"
  printf '%s: drained although its tasks have no room elsewhere: %s\n' "$name" "$reasons" >&2
}

# known: a check; the managers have seen whether it is alive. After an election they haven't, until it connects.
known() {
  cluster GET "/nodes/$id" </dev/null || return 0
  seen=$(jq -r '.Status.State' <<<"$reply")
  [ "$seen" = ready ] || [ "$seen" = down ]
}
# empty_node: see above. A dead node has nothing to drain: its tasks run elsewhere already, or will once there is room.
empty_node() {
  local service moves=false
  # Read limit and choice from the bastion: the input dates from the node's creation, and the user may have changed the
  # setting during a stuck drain.
  # shellcheck disable=SC2034 # read by lib/drain.sh
  read -r drain_timeout on_timeout </etc/swarm-ha/drain || fail "/etc/swarm-ha/drain is missing; run \`up\` again"
  within 40 known || true
  [ "$seen" = ready ] || return 0
  tasks
  services=$(jq -r '[.[].service] | unique[]' <<<"$tasks")
  for service in $services; do
    running_of "$service" true || fail "the tasks of a service can't be counted: $reply"
    before[$service]=$running
  done
  if has_to_move; then moves=true; fi
  # A node that comes back keeps accepting tasks until its turn; a node that is removed for good accepts none.
  if $moves && ! grep -q "^$name " "$hosts_file"; then leave_together; fi
  drain_in_turn "$id" "$name"
  # Waiting for the turn doesn't count towards the drain timeout.
  deadline=$((SECONDS + drain_timeout))
  within_drain "$name to be empty" empty
  within_drain "the tasks of $name to run elsewhere" elsewhere
}
