#!/usr/bin/env bash
# Founds the swarm, or finds it: there is never a second one.
#
# Runs on the bastion. Input: { first: { name, address }, overlay: { pool, size },
# certificateExpiry (hours), client }
# Prints: { swarmId }

. lib/common.sh
. lib/cluster.sh

# Of two runs at the same time (an interrupted one whose command goes on, say) the second must see what the first did.
exec 9>/run/swarm-ha-membership.lock
flock -w 300 9 || fail "another step has changed the cluster's managers for more than 300 s"

first=$(value first.address)

# info ADDRESS: a check for wait_for.
info() {
  ask "$1" GET /info </dev/null || {
    seen=$reply
    return 1
  }
}

# Every manager is asked before anything is founded, as soon as it is prepared. One that can't be asked may be in a swarm: that is an error, and
# never a reason to found another one.
found=""
while read -r name address; do
  # (A host in the cloud installs its engine first.)
  wait_for 600 "the engine of $name ($address), which has to be asked whether it is in a swarm" info "$address"
  [[ $reply =~ \"LocalNodeState\":\"([a-z]+)\" ]] || fail "$name doesn't tell its state: ${reply:0:400}"
  state=${BASH_REMATCH[1]}
  case $state in
    inactive) ;;
    active)
      id=$(jq -r '.Swarm.Cluster.ID // empty' <<<"$reply")
      [ -n "$id" ] || fail "$name is in a swarm, as a worker or in one that has lost its majority; see to that first"
      [ -z "$found" ] || [ "$found" = "$id" ] || fail "there are two swarms: $found and, on $name, $id"
      found=$id
      ;;
    *) fail "$name is in a swarm, but its state is '$state': $(jq -r '.Swarm.Error' <<<"$reply")" ;;
  esac
done <"$managers"

if [ -z "$found" ]; then
  expiry=$(($(value certificateExpiry) * 3600000000000))
  ask "$first" POST /swarm/init <<<"{
    \"ListenAddr\": \"$first:2377\", \"AdvertiseAddr\": \"$first:2377\",
    \"DefaultAddrPool\": [\"$(value overlay.pool)\"], \"SubnetSize\": $(value overlay.size),
    \"Spec\": { \"CAConfig\": { \"NodeCertExpiry\": $expiry } }
  }" || fail "$(value first.name) can't found the swarm: $reply"
  wait_for 60 "$(value first.name) to answer, which has just founded the swarm" info "$first"
  found=$(jq -r '.Swarm.Cluster.ID' <<<"$reply")
fi

printf '{"swarmId":"%s"}\n' "$found"
