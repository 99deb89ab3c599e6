#!/usr/bin/env bash
# Creates the swarm, or finds the existing one. There is never a second one.
#
# Runs on the bastion. Input: { first: { name, address }, overlay: { pool, size },
# certificateExpiry (hours), externalCa?: { urls: [url], root: PEM }, client }
# Prints: { swarmId }

. lib/common.sh
. lib/cluster.sh
. lib/swarm-root.sh
. lib/external-ca.sh

# With two runs at the same time (an interrupted one whose command continues, for example), the second must see the first one's result.
exec 9>/run/swarm-ha-membership.lock
flock -w 300 9 || fail_locked "the cluster's managers" 300

first=$(value first.address)

# info ADDRESS: a check for wait_for.
info() {
  ask "$1" GET /info </dev/null || {
    seen=$reply
    return 1
  }
}

# Every manager is asked before a swarm is created, as soon as it is prepared. One that doesn't answer may be in a swarm: that is an error, and
# never a reason to create another one.
found=""
longest_pause=300
while read -r name address; do
  # (A host in the cloud installs its Docker engine first.)
  wait_for 600 "the Docker engine of $name ($address) to answer whether it is in a swarm" info "$address"
  [[ $reply =~ \"LocalNodeState\":\"([a-z]+)\" ]] || fail "$name doesn't report its state: ${reply:0:400}"
  state=${BASH_REMATCH[1]}
  case $state in
    inactive) ;;
    active)
      id=$(jq -r '.Swarm.Cluster.ID // empty' <<<"$reply")
      [ -n "$id" ] || fail "$name is in a swarm, as a worker, or in one that has lost its majority; repair that first"
      [ -z "$found" ] || [ "$found" = "$id" ] || fail "there are two swarms: $found and, on $name, $id"
      found=$id
      ;;
    *) fail "$name is in a swarm, but its state is '$state': $(jq -r '.Swarm.Error' <<<"$reply")" ;;
  esac
done <"$managers"

nanoseconds=$(($(value certificateExpiry) * 3600000000000))
root=$(optional externalCa.root)
created=false
if [ -z "$found" ]; then
  # Before there is a swarm, only the bastion can ask the CA.
  [ -z "$root" ] || require_external_ca "$(value externalCa.urls)" "$root" \
    "No swarm was created. If the CA wants client certificates: create the swarm without swarm-ha:externalCa, and move it (docs/operations/external-ca.md)"
  ask "$first" POST /swarm/init <<<"{
    \"ListenAddr\": \"$first:2377\", \"AdvertiseAddr\": \"$first:2377\",
    \"DefaultAddrPool\": [\"$(value overlay.pool)\"], \"SubnetSize\": $(value overlay.size),
    \"Spec\": { \"CAConfig\": { \"NodeCertExpiry\": $nanoseconds } }
  }" || fail "$(value first.name) can't create the swarm: $reply"
  wait_for 60 "$(value first.name) to answer after creating the swarm" info "$first"
  found=$(jq -r '.Swarm.Cluster.ID' <<<"$reply")
  created=true
fi

# alone: whether the swarm has one node, because a run was killed that has created it.
alone() {
  read_nodes
  [ "$(jq length <<<"$nodes")" = 1 ]
}

# While there is one node: all others join with a token of the external CA's root. A swarm with more is moved by the step of its settings,
# after every manager has checked the CA.
if [ -n "$root" ] && { $created || alone; }; then
  # shellcheck disable=SC2034 # for lib/swarm-root.sh
  await_members=false
  use_external_ca "$(value externalCa.urls)" "$root"
fi

printf '{"swarmId":"%s"}\n' "$found"
