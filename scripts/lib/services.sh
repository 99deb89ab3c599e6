# shellcheck shell=bash
# Whether the services of a stack run as they are described, or have ended. Needs lib/cluster.sh.

# services STACK: sets reply to the stack's services.
services() {
  cluster GET "/services?$(query "{\"label\":[\"com.docker.stack.namespace=$1\"]}")" </dev/null ||
    fail "the cluster doesn't list the services of $1: $reply"
}

# Ids of the nodes that were down when an update began: it goes around those. By service, the same when its update was last restarted.
down=""
declare -A down_at_restart=()

# By service: its tasks at the last look, and since when they are the same (SECONDS).
declare -A last_tasks=() same_since=()

# How much longer than an update's delay nothing may happen until it counts as stuck, in seconds.
stuck_margin=${stuck_margin:-5}

# down_nodes: sets nodes to what the tasks' checks need of them, and down_now to the ids of those that are down.
down_nodes() {
  cluster GET /nodes </dev/null || fail "the cluster doesn't list its nodes: $reply"
  nodes=$(jq -c '[.[] | { id: .ID, name: .Description.Hostname, state: .Status.State, role: .Spec.Labels["swarm-ha.role"] }]' \
    <<<"$reply")
  down_now=$(jq -r '[.[] | select(.state == "down") | .id] | sort | join(" ")' <<<"$nodes")
}

# update_begins: to be called before services are changed, after down_nodes.
update_begins() {
  down=$down_now
  down_at_restart=() last_tasks=() same_since=()
}

# Seconds between the first and the last failure of a node's tasks, one after the other, from which on nobody waits for it
# any longer.
PATIENCE=300

# Failed tasks that are known, by id: those of before the first look too, for the node may have been repaired since.
declare -A known=()
# By service and node, where a task is missing: how many of its tasks have failed, and when the first and last did (SECONDS).
declare -A failed=() failing_since=() failed_last=()
looked=false

# converged STACK: a check for wait_for. It fails the step if waiting can't help: if an update was paused or rolled back,
# or if only tasks are missing that fail again and again on their nodes.
converged() {
  local stack=$1 list id state delay message ready late="" hopeless=true failures waiting running progress
  down_nodes
  services "$stack"
  list=$reply
  [ "$list" != "[]" ] || fail "the stack $stack has no services"
  while read -r id state delay message; do
    if tasks_of "$id" "$nodes" "$list"; then ready=true; else ready=false; fi
    case $state in
      none | completed)
        note_failures "$id" "$looked"
        if ! $ready; then
          late+="; $seen$error"
          keeps_failing "$id" || hopeless=false
        fi
        ;;
      paused | rollback_paused | rollback_completed) fail "the update of the stack $stack ended as $state ($message); $seen$error" ;;
      *)
        note_failures "$id" false
        late+="; $seen$error; update: $state, $message"
        hopeless=false
        if [ "$down_now" != "${down_at_restart[$id]-$down}" ] && stuck "$id" "$delay"; then restart_update "$id"; fi
        ;;
    esac
  done < <(jq -r '.[] | "\(.ID) \(.UpdateStatus.State // "" | if . == "" then "none" else . end) \(
    [.Spec.UpdateConfig.Delay // 0, .Spec.RollbackConfig.Delay // 0] | max / 1000000000 | ceil) \(
    .UpdateStatus.Message // "" | gsub("\\s+"; " "))"' <<<"$list")
  looked=true
  seen=${late#; }
  [ -z "$late" ] && return 0
  ! $hopeless || fail "the stack $stack isn't running as described: tasks have failed repeatedly for $PATIENCE s; $seen." \
    "Docker keeps retrying. Repair or replace these hosts, then run this again"
  return 1
}

# note_failures SERVICE_ID COUNTS: takes failures and waiting from tasks_of. What fails while an update goes on doesn't count:
# that ends by itself.
note_failures() {
  local pair task key
  for pair in $failures; do
    key=$1/${pair%/*} task=${pair#*/}
    [ -z "${known[$task]-}" ] || continue
    known[$task]=true
    $2 || continue
    failed[$key]=$((${failed[$key]-0} + 1))
    failed_last[$key]=$SECONDS
    : "${failing_since[$key]:=$SECONDS}"
  done
  for key in "${!failed[@]}"; do
    # Where the task runs now, it is as if nothing had been.
    [[ $key != "$1"/* || " $waiting " == *" ${key#*/} "* ]] || unset "failed[$key]" "failing_since[$key]" "failed_last[$key]"
  done
}

# keeps_failing SERVICE_ID: whether the service runs, and all that it lacks are tasks of nodes where at least three have
# failed, over PATIENCE. Where none of it runs, what it needs may still be coming: an image's registry, a load balancer.
keeps_failing() {
  local node key
  ((running > 0)) || return 1
  for node in $waiting; do
    key=$1/$node
    ((${failed[$key]-0} >= 3 && failed_last[$key] - failing_since[$key] >= PATIENCE)) || return 1
  done
  [ -n "$waiting" ]
}

# stuck SERVICE_ID DELAY: whether an update has stopped: all of its tasks on living nodes run, and for longer than its delay (in
# seconds) none was changed. Otherwise it goes on by itself, and would lose its delay if it were restarted: the next task would stop while
# the one before isn't back at the load balancer. (Measured: a node died as the first of two others was updated, and for 4.7 s
# nobody served.)
stuck() {
  if [ "$progress" != "${last_tasks[$1]-none}" ]; then
    last_tasks[$1]=$progress
    same_since[$1]=$SECONDS
  fi
  [[ $progress != moving* ]] || return 1
  ((SECONDS - same_since[$1] >= $2 + stuck_margin))
}

# restart_update SERVICE_ID: an update waits for the task of a node that died while it ran: after 60 s it still did (measured),
# and nothing ends it but the node's tasks being given up after 24 h. Any other description of the service makes the
# orchestrator begin again with what is left to do; a label touches no task.
# Source: swarmkit, manager/orchestrator/update/updater.go (updateTask has no limit), manager/dispatcher (defaultNodeDownPeriod).
restart_update() {
  local version spec
  cluster GET "/services/$1" </dev/null || return 0
  jq -r --arg down "$down_now" '"\(.Version.Index) \(.Spec | .Labels["swarm-ha.down"] = $down | tojson)"' <<<"$reply" |
    read -r version spec
  # A refusal means that something else has just changed the service: read it again.
  if cluster POST "/services/$1/update?version=$version" <<<"$spec"; then down_at_restart[$1]=$down_now; fi
}

# tasks_of SERVICE_ID NODES SERVICES: whether all of a service's tasks run, and none of an older description; sets seen,
# error to the last one that a task had, running to how many run, waiting to the ids of the nodes that lack one, failures
# to those that failed as the service is described now: NODE_ID/TASK_ID, and progress to the ids of all that are to run, after
# `moving` while one of them has a node and doesn't run yet.
#
# A global service has a task on each node that it may use. Those on a node that is down don't count: nobody can start
# or stop them, and they must not keep the others from being taken for what they are.
tasks_of() {
  local id=$1 all fresh good
  error=""
  cluster GET "/tasks?$(query "{\"service\":[\"$id\"]}")" </dev/null || fail "the cluster doesn't list tasks: $reply"
  all=$reply
  # The filter of docker's own command line: tasks as the service is described now. Source: moby, cluster/filters.go.
  cluster GET "/tasks?$(query "{\"service\":[\"$id\"],\"_up-to-date\":[\"true\"]}")" </dev/null ||
    fail "the cluster doesn't list tasks: $reply"
  fresh=$reply
  printf '%s\n' "$2" "$3" "$all" "$fresh" | jq -sr --arg id "$id" '
    . as [$nodes, $services, $all, $fresh]
    | ($services[] | select(.ID == $id)) as $service
    | ([$nodes[] | select(.state == "down") | .id]) as $down
    # One that failed has a successor at once, which is "ready" until the time for another attempt has come.
    | def wanted: select((.DesiredState == "running" or .DesiredState == "ready")
        and (.NodeID as $node | $down | index([$node]) | not));
    ([$all[] | wanted]) as $wanted
    | ([$fresh[].ID]) as $current
    | ([$wanted[] | select(.ID as $task | $current | index([$task]))]) as $new
    | (if $service.Spec.Mode.Replicated then $service.Spec.Mode.Replicated.Replicas
       else [$wanted[].NodeID] | unique | length end) as $count
    | ([$new[] | select(.Status.State == "running")] | length) as $running
    | (($wanted | length) - ($new | length)) as $old
    | def place: .NodeID as $node | [$nodes[] | select(.id == $node) | .name] | first // "no node";
    ([$new[] | select(.Status.State != "running") | "\(place): \(.Status.State)"] | join(", ")) as $late
    | ([$all[] | select((.Status.Err // "") != "")] | sort_by(.Status.Timestamp) | last
       | if . then "; last error, on \(place): \(.Status.Err | gsub("\\s+"; " "))" else "" end) as $error
    | ([$new[] | select(.Status.State != "running") | .NodeID // "none"] | unique | join(" ")) as $waiting
    | ([$fresh[] | select(.Status.State == "failed" or .Status.State == "rejected") | "\(.NodeID)/\(.ID)"] | join(" ")) as $failures
    | (if any($wanted[]; (.NodeID // "") != "" and .Status.State != "running") then "moving " else "" end
       + ([$wanted[].ID] | sort | join(" "))) as $progress
    | $error, $running, $waiting, $failures, $progress, "\($running >= $count and $old == 0 and ($count > 0 or ($service.Spec.Mode.Replicated != null))) "
      + "\($service.Spec.Name): \($running) of \($count) tasks run as described"
      + (if $old > 0 then ", \($old) of an older description" else "" end)
      + (if $late != "" then " (\($late))" else "" end)' | {
    read -r error
    read -r running
    read -r waiting
    read -r failures
    read -r progress
    read -r good seen
  }
  [ "$good" = true ]
}

# left_of STACK: sets left to the hosts on which tasks of the stack still run. Those that are down don't count here,
# either: their tasks stop once the host rejoins.
left_of() {
  down_nodes
  cluster GET /tasks </dev/null || fail "the cluster doesn't list its tasks: $reply"
  # shellcheck disable=SC2034 # read by remove-stack.sh
  left=$(printf '%s\n' "$nodes" "$reply" | jq -sr --arg stack "$1" '
    . as [$nodes, $tasks]
    | [$tasks[] | select(.Status.State == "running"
        and .Spec.ContainerSpec.Labels["com.docker.stack.namespace"] == $stack) | .NodeID] as $running
    | [$nodes[] | select(.state != "down" and (.id | IN($running[]))) | .name] | sort | join(", ")')
}
