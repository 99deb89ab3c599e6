# shellcheck shell=bash
# When a registry host or a worker may go: in batches, so that an update never takes a whole pool away, nor hosts of two zones at
# once. The order is made while the steps run, as for managers: each host's removal waits here until those before it are back.
# Needs lib/cluster.sh and lib/drain.sh.

# The desired hosts, written by the bastion step: a line `name role pool zone maxUnavailable` for each.
hosts_file=/etc/swarm-ha/hosts

# How long nothing may change while a host waits for its turn, in seconds: a replaced cloud instance takes some minutes to serve.
turn_patience=900

# A task counts once it has run for so long, in seconds: by then the load balancer has taken its host in (two checks, five seconds
# apart), as the update of the services waits, too.
settled_after=12

# What a drain changes in a node's spec: a jq program.
drain_change='.Availability = "drain"'

# batch_verdict NODE_ID [LEAVING [ABSENT]]: reads the desired hosts as JSON, the nodes and the tasks that are to run, one after the other,
# and prints
#   ok            the host may go now
#   wait REASON   not yet
# LEAVING: ids of the nodes that are being removed for good, a JSON list. @default none
# ABSENT: names of hosts that nobody waits for while they aren't Ready, a JSON list. @default none
#
# While others are being drained, a host may go for good only if each of its replicated services keeps two thirds of its tasks:
# hosts that are removed together may have all replicas of a service among them.
#
# In service is a host that is Ready and takes tasks, and on which all tasks of global services run that it is to run: the ingress's
# or the registry's, and those of users. (A service that runs nowhere is broken, and no reason to wait.)
batch_verdict() {
  jq -sr --arg id "$1" --argjson leaving "${2:-[]}" --argjson absent "${3:-[]}" --argjson settled "$settled_after" '
    . as [$desired, $nodes, $tasks]
    | ($nodes | map(select(.ID == $id)) | first) as $node
    | def since: .Status.Timestamp[0:19] + "Z" | fromdateiso8601;
    def runs: .Status.State == "running" and (now - since) >= $settled;
    [$tasks[] | select((.Slot // 0) == 0)] as $global
    | [$global[] | select(runs) | .ServiceID] as $alive
    | def global_of($ids): [$global[] | select((.NodeID | IN($ids[])) and (.ServiceID | IN($alive[])))];
    def in_service($host):
      [$nodes[] | select(.Description.Hostname == $host.name and .Status.State == "ready"
        and .Spec.Availability == "active" and (.Spec.Labels["swarm-ha.identity"] // "") != "") | .ID] as $own
      | [$nodes[] | select(.Spec.Labels["swarm-ha.role"] == $host.role) | .ID] as $tier
      | global_of($own) as $tasks
      | ($own | length) > 0 and ($tasks | all(runs)) and (($tasks | length) > 0 or global_of($tier) == []);
    def ready($host): any($nodes[]; .Description.Hostname == $host.name and .Status.State == "ready" and .Spec.Availability == "active");
    def names: map(.name) | join(", ");
    # Whether a service keeps two thirds of its tasks without this host and those that are being drained.
    ([$nodes[] | select(.ID != $id and .Spec.Availability == "drain" and (.ID | IN($leaving[])))]) as $draining
    | def keeps_enough($service):
        [$tasks[] | select(.ServiceID == $service and (.Slot // 0) != 0)] as $all
        | [$all[] | select(.Status.State == "running" and .NodeID != $id and (.NodeID | IN($draining[].ID) | not))] as $left
        | ($left | length) >= (($all | length) * 2 / 3 | floor);
    def short: [$tasks[] | select(.NodeID == $id and (.Slot // 0) != 0) | .ServiceID] | unique | map(select(keeps_enough(.) | not));
    # One that is dead, or takes no tasks already, takes nothing away.
    if $node == null or $node.Status.State != "ready" or $node.Spec.Availability == "drain" then "ok"
    else
      $node.Spec.Labels as $labels
      | ($desired | map(select(.name == $node.Description.Hostname)) | first) as $self
      | if $self == null then
          # It goes for good: those that stay have to serve, a pool that takes its place among them.
          [$desired[] | select(.role == $labels["swarm-ha.role"])] as $others
          | [$others[] | select(ready(.) and (in_service(.) | not))] as $late
          | if $others == [] then "ok"
            elif ([$others[] | select(ready(.))] | length) == 0 then "wait none of \($others | names) is Ready"
            elif $late != [] then "wait \($late | names) first has to serve"
            elif $draining != [] and short != [] then
              "wait tasks of \([$draining[].Description.Hostname] | join(", ")) first have to run elsewhere"
            else "ok" end
        else
          [$desired[] | select(.role == $self.role and .pool == $self.pool)] as $members
          | ([1, ([$self.max, ($members | length) - 1] | min)] | max) as $most
          | [$members[] | select(.name != $self.name and (in_service(.) | not)
              and ((.name | IN($absent[])) and (ready(.) | not) | not))] as $away
          | [$away[] | select(.zone != ($labels["swarm-ha.zone"] // .zone))] as $elsewhere
          | if ($members | length) == 1 or $away == [] then "ok"
            elif $elsewhere != [] then "wait \($elsewhere | names) of another zone first has to be in service again"
            elif ($away | length) >= $most then "wait \($away | names) first has to be in service again: of \($self.pool) at most \($most) may be away"
            else "ok" end
        end
    end'
}

# desired_hosts: prints the file as JSON.
desired_hosts() {
  jq -Rnc '[inputs | split(" ") | { name: .[0], role: .[1], pool: .[2], zone: .[3], max: (.[4] | tonumber) }]' "$hosts_file"
}

# drain_in_turn ID NAME: drains a host of a pool once it is its turn. The limit starts again whenever the nodes change, once for
# each host at most.
drain_in_turn() {
  local before turns
  [ -s "$hosts_file" ] || fail "$hosts_file is missing: the bastion was replaced and not prepared yet; run \`up\` again"
  turns=$(wc -l <"$hosts_file")
  for ((; turns > 0; turns--)); do
    before=$(nodes_seen)
    if within "$turn_patience" drain_now "$1"; then return 0; fi
    [ "$before" != "$(nodes_seen)" ] || break
  done
  fail "waited $turn_patience s for the turn of $2 to be drained; saw last: $seen. Repair that (npm run repair), then run the same command again"
}

# nodes_seen: prints the nodes and their states.
nodes_seen() {
  cluster GET /nodes </dev/null || fail "the cluster doesn't list its nodes: $reply"
  jq -c '[.[] | [.ID, .Status.State, .Spec.Availability]] | sort' <<<"$reply"
}

# drain_now ID: a check: drains the host if it may go at this moment. The answer holds only as long as nobody else goes, so both are
# under one lock.
drain_now() {
  local verdict nodes tasks code=1
  exec 8>/run/swarm-ha-turns.lock
  flock -w 120 8 || fail_locked "the hosts' turns" 120
  cluster GET /nodes </dev/null || fail "the cluster doesn't list its nodes: $reply"
  nodes=$reply
  # (ready: the successors of tasks that a drain ends, until these have ended.)
  cluster GET "/tasks?$(query '{"desired-state":["running","ready"]}')" </dev/null || fail "the cluster doesn't list its tasks: $reply"
  tasks=$reply
  verdict=$({
    desired_hosts
    printf '%s\n' "$nodes" "$tasks"
  } | batch_verdict "$1" "$(leaving)" "$(absent)")
  seen=${verdict#* }
  if [ "$verdict" = ok ]; then
    # The caller's own last question; it ends the step where the answer is no.
    ! declare -F before_drain >/dev/null || before_drain
    # (404: a step that a killed run has left behind has just removed it.)
    node_update "$1" "$drain_change" || [ "$status" = 404 ] || fail "it can't be drained: $reply"
    code=0
  fi
  exec 8>&-
  return "$code"
}
