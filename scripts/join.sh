#!/usr/bin/env bash
# Makes this host a node of the swarm.
#
# Runs on the host. Input: { name, address, swarmId, grant: { token, managers: [address:2377],
# at, known: [node id] } }
# Prints: { nodeId }

. lib/common.sh
. lib/service.sh
. lib/engine.sh
. lib/unlock.sh
. lib/interrupted.sh

name=$(value name)
address=$(value address)

# The node's id, and the time of the grant it joined by. From then on it is a member. Whatever state its Docker engine shows (after a restart
# pending, while it looks for the others error), leaving the swarm would leave a dead vote behind.
joined=/etc/swarm-ha/joined

# is_active: a check for wait_for. A locked manager stays locked, so nothing waits for it.
is_active() {
  swarm_state
  [ "$state" != active ] || return 0
  [ "$state" != locked ] || fail_unlocked
  seen="$state $(jq -r '.Swarm.Error' <<<"$reply")"
  return 1
}

# fail_unlocked: fails because this manager is locked.
fail_unlocked() {
  fail "$name is locked (autolock), because its Docker engine was restarted. Unlock it: npm run repair -- <stack>; then run \`up\` again"
}

# start_over: leaves a half-finished membership. The Docker engine must be restarted, too: the gossip agent of the same
# process can't bind its port a second time, and the node would be Ready without an overlay network.
start_over() {
  engine POST '/swarm/leave?force=true' </dev/null || true
  restart_engine
}

# join MANAGER: true once this node is active.
join() {
  # Through a pipe: older shells keep a here-string in a file.
  if printf '{"ListenAddr":"%s:2377","AdvertiseAddr":"%s:2377","RemoteAddrs":["%s"],"JoinToken":"%s"}' \
    "$address" "$address" "$1" "$(value grant.token)" | engine POST /swarm/join 60; then return 0; fi
  heard+="; $1: $reply"
  # The Docker engine's call fails after 20 s, but the join continues.
  if [[ $reply == *"will continue in the background"* ]]; then
    # (By the clock: each check may take 20 s while there is no leader.)
    if within 60 is_active; then return 0; fi
  fi
  swarm_state
  [ "$state" = inactive ] || start_over
  return 1
}

# expelled: whether this node was removed from the swarm: by a run that was killed before it replaced this host. The swarm
# doesn't notify a removed node. Only a grant newer than its join proves the removal: it lists the nodes at that time.
expelled() {
  local own="" by="" id
  [ ! -s "$joined" ] || read -r own by <"$joined"
  if [ -z "$by" ] || [ -z "$(optional grant.at)" ] || (($(value grant.at) <= by)); then return 1; fi
  for id in $(value grant.known); do
    [ "$id" != "$own" ] || return 1
  done
}

require_no_recovery "$name"
if expelled; then
  rm -f "$joined"
  start_over
fi
swarm_state
if [ -s "$joined" ] && [ "$state" != active ] && [ "$state" != locked ]; then
  [ "$state" != inactive ] || fail "$name has left the swarm by itself; replace it: npm run replace -- <stack> $name"
  wait_for 120 "$name, which is a member of the swarm, to be active again" is_active
fi
case $state in
  active | inactive) ;;
  locked) fail_unlocked ;;
  # What an interrupted join left behind.
  *)
    start_over
    swarm_state
    ;;
esac

if [ "$state" = inactive ]; then
  heard=""
  let_in=false
  # One limit for all attempts: a manager that others can't reach fails with each of them.
  join_limit=300
  join_deadline=$((SECONDS + join_limit))
  for manager in $(value grant.managers); do
    if ((SECONDS >= join_deadline)); then
      heard+="; gave up after $join_limit s"
      break
    fi
    # Its own address is in the list while the cluster still has its stale node.
    if [ "${manager%:*}" != "$address" ] && join "$manager"; then
      let_in=true
      break
    fi
  done
  $let_in || fail "no manager let $name join${heard:-; none is Ready and Reachable}"
fi
wait_for 60 "$name to be an active node" is_active

# (A worker can't report its cluster's id.)
swarm_state
jq -r '.Swarm | "\(.NodeID) \(.Cluster.ID // "")"' <<<"$reply" | read -r node_id cluster_id
if [ -n "$cluster_id" ] && [ "$cluster_id" != "$(value swarmId)" ]; then
  fail "$name is in the swarm $cluster_id, but this stack's swarm is $(value swarmId)"
fi

# An old grant says nothing about the time since: the newest that it was a member by counts.
printf '%s %s\n' "$node_id" "$(optional grant.at)" | write_file "$joined" 0644 || true

await_agent "$name"

printf '{"nodeId":"%s"}\n' "$node_id"
