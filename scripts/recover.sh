#!/usr/bin/env bash
# Makes this manager the only one of its swarm: the swarm's majority is lost, and what this manager knows is what is left of it.
#
# Runs on the host; `npm run recover` sends it, after everything that loses nothing. Input: { name, address, swarmId, at: when the
# recovery began, unlock: { nodeKey } where the swarm is autolocked: the node's own key, decrypted by the swarm's }
# Prints: { nodeId }

. lib/common.sh
. lib/service.sh
. lib/engine.sh
. lib/unlock.sh
. lib/raft.sh
. lib/forced.sh
. lib/interrupted.sh

name=$(value name)
address=$(value address)
key_file=$swarm_folder/certificates/swarm-node.key

# remembered: the Docker engine starts as a node again. (A run that was killed has left it forgotten.)
remembered() {
  [ -e "$state_aside" ] || return 0
  if [ -e "$state_file" ]; then rm -f "$state_aside"; else mv "$state_aside" "$state_file"; fi
}

# Until the new cluster is formed there is no leader, and so no key to wait for.
election_limit=$key_limit key_limit=0

# undo: a manager that is not the new swarm goes back to what it was.
forced=false locked_key=""
undo() {
  $forced || [ -z "$locked_key" ] || printf '%s\n' "$locked_key" | write_file "$key_file" 0600 || true
  $forced || remembered || true
}
trap undo EXIT

# leads: a check; this manager leads the swarm, and is its only manager.
leads() {
  engine GET /nodes </dev/null || {
    seen=$reply
    return 1
  }
  seen=$(jq -c '[.[] | select(.ManagerStatus != null) | .ManagerStatus]' <<<"$reply")
  [ "$(jq -r 'length == 1 and (.[0].Leader // false)' <<<"$seen")" = true ]
}

# control_available: a check; the Docker engine runs as a manager. (One that has started without a leader stays pending.)
control_available() {
  swarm_state
  seen="its swarm state is $state: $(jq -r .Swarm.Error <<<"$reply")"
  [[ $reply == *'"ControlAvailable":true'* ]]
}

# startable: a check; the same, or its Docker engine has given up, because the node's certificate has expired: then expired is true.
expired=false
startable() {
  control_available && return 0
  # (Reasons of swarmkit's: ca/certificates.go.)
  if [[ $state == error && ${seen,,} =~ certificate.*(expired|not\ valid\ after) ]]; then expired=true; fi
  $expired
}

# valid: a check; the node has a certificate that is valid now.
valid() {
  seen=$(openssl x509 -noout -enddate -in "$swarm_folder/certificates/swarm-node.crt" 2>&1) || true
  openssl x509 -noout -checkend 0 -in "$swarm_folder/certificates/swarm-node.crt" >/dev/null 2>&1
}

# relocked: a check; the swarm has encrypted the node's key again.
relocked() {
  seen="the key of the node is not encrypted"
  raft_locked
}

raft_position || fail "$name has nothing that the swarm could be recovered from: $seen"
# Before anything is changed: a forced start of another swarm's data would cost that swarm its majority.
raft_swarm || fail "$name has no data that can be forced: $seen. Nothing was changed"
[ "$swarm" = "$(value swarmId)" ] ||
  fail "$name has the data of the swarm $swarm, but this stack's swarm is $(value swarmId). Nothing was changed"
[[ $(ip -o address show) == *" $address/"* ]] ||
  fail "$name does not have the address $address, by which the other hosts know it. Nothing was changed"
if raft_locked; then
  [ -n "$(optional unlock.nodeKey)" ] || fail "the swarm is autolocked, so $name needs its unlock key. Nothing was changed"
  # The Docker engine's forced start takes no key (moby 36852), so it has to find the node's own one decrypted.
  locked_key=$(<"$key_file")
  value unlock.nodeKey | write_file "$key_file" 0600 || true
  restart_engine
fi

# After an attempt that failed, the Docker engine has forgotten its swarm until it restarts.
remembered
swarm_state
if [ "$state" = inactive ]; then restart_engine; fi
wait_for 60 "the Docker engine of $name to start as a manager" startable
if $expired; then
  # A forced start takes an expired certificate and renews it (swarmkit, node/node.go), but the Docker engine refuses to force a node that
  # it couldn't start. So it starts as none, with the swarm's data in their place.
  service stop docker || fail "the Docker engine of $name didn't stop"
  mv "$state_file" "$state_aside"
  service start docker || fail "the Docker engine of $name didn't start"
  wait_for 90 "the Docker engine of $name to answer after its start" engine_up
fi
if engine GET /nodes 30 </dev/null; then fail "the swarm has a leader again. Nothing was forced"; fi

force_swarm "$address" 120 || {
  refusal=$reply
  remembered
  restart_engine
  fail "$name can't form a new cluster: $refusal"
}
forced=true key_limit=$election_limit
rm -f "$state_aside"
wait_for 60 "$name to lead the swarm" leads
# The next start needs it. (An external CA has to answer for that.)
wait_for 60 "$name to renew its certificate" valid

if [ -n "$locked_key" ]; then wait_for 60 "$name to encrypt its key again" relocked; fi
# The gossip agent of the same process can't bind its port a second time (docker-archive/classicswarm 2847).
if ! within 5 agent_up; then
  restart_engine
  wait_for 60 "$name to lead the swarm after a restart" leads
fi

engine GET /info </dev/null || fail "the Docker engine of $name does not answer: $reply"
jq -r '.Swarm | "\(.NodeID) \(.Cluster.ID) \(.NodeAddr)"' <<<"$reply" | read -r node_id cluster_id node_address
[ "$cluster_id" = "$(value swarmId)" ] || fail "$name is in the swarm $cluster_id, but this stack's swarm is $(value swarmId)"
[ "$node_address" = "$address" ] || fail "$name announces the address $node_address instead of $address"
engine GET "/nodes/$node_id" </dev/null || fail "$name does not list its own node: $reply"
announced=$(jq -r .ManagerStatus.Addr <<<"$reply")
[ "$announced" = "$address:2377" ] || fail "the swarm has the address $announced for $name instead of $address:2377"

# labelled: a check; the swarm says when it was recovered. By that, managers with older data are told apart from it.
labelled() {
  engine GET /swarm </dev/null || {
    seen=$reply
    return 1
  }
  local version
  version=$(jq -r .Version.Index <<<"$reply")
  # Through pipes: the answer holds join tokens.
  printf '%s\n' "$reply" | jq -c --arg at "$(value at)" '.Spec | .Labels = (.Labels // {}) + {"swarm-ha.recovered": $at}' |
    engine POST "/swarm/update?version=$version" || {
    seen=$reply
    return 1
  }
}
wait_for 30 "the swarm to accept the time of its recovery" labelled

printf '{"nodeId":"%s"}\n' "$node_id"
