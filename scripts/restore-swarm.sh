#!/usr/bin/env bash
# Makes this host the only manager of a swarm whose state was backed up. What it has of another swarm is removed.
#
# Runs on the host, called by scripts/restore.sh on the bastion. Input: { name, address, swarmId, identity, state: base64 of the
# archive that scripts/save-swarm.sh has printed, compressed, nodeKey? }
# Prints: { nodeId, address: host:port that the swarm's managers know it by }

. lib/common.sh
. lib/service.sh
. lib/engine.sh
. lib/unlock.sh
. lib/forced.sh

name=$(value name)
address=$(value address)
data=/var/lib/docker
[ -e /etc/swarm-ha/prepared ] || fail "$name was never prepared as a host of this stack; run \`up\`"

# Unpacked before anything is removed.
new=$data/swarm-ha-restore
rm -rf "$new"
mkdir -m 0700 "$new"
trap 'rm -rf "$new"' EXIT
value state | base64 -d | tar -C "$new" -xzf - || fail "the backup can't be unpacked on $name"
[ -e "$new/complete" ] || fail "the backup is incomplete; take another snapshot"
# What is not of this host: its former addresses, the managers of then, and tasks of then.
rm -rf "$new/swarm/docker-state.json" "$new/swarm/state.json" "$new/swarm/worker"

# The Docker engine starts outside of any swarm. Starting with the old state it would wait for managers that are gone, for 20 s (measured).
service stop docker || fail "the Docker engine of $name didn't stop"
# The former state, until there is a swarm of the backup.
former=$data/swarm-ha-before-restore
put_back() {
  service stop docker >/dev/null 2>&1 || true
  rm -rf "$data/swarm" "$new"
  [ ! -e "$former" ] || mv "$former" "$data/swarm"
  service start docker >/dev/null 2>&1 || true
}
trap put_back EXIT
# (A run that was killed has moved it already.)
if [ -s "$data/swarm/docker-state.json" ]; then
  rm -rf "$former"
  mv "$data/swarm" "$former"
fi
rm -rf "$data/swarm"
service start docker || fail "the Docker engine of $name didn't start"
wait_for 90 "the Docker engine of $name to answer after its start" engine_up
swarm_state
[ "$state" = inactive ] || fail "$name should be in no swarm now, but its state is $state"
rm -rf "$data/swarm"
mv "$new/swarm" "$data/swarm"
decrypted "$data/swarm"

force_swarm "$address" 60 || fail "$name can't make a swarm of the backup: $reply"
longest_pause=500
wait_for 60 "$name to manage the swarm" manages
engine GET /info </dev/null || fail "the Docker engine of $name doesn't answer: $reply"
jq -r '.Swarm | "\(.NodeID) \(.Cluster.ID // "")"' <<<"$reply" | read -r node_id swarm_id
[ "$swarm_id" = "$(value swarmId)" ] ||
  fail "the backup is of the swarm $swarm_id, but the snapshot says $(value swarmId)"
trap 'rm -rf "$new"' EXIT
rm -rf "$former" /etc/swarm-ha/joined

# The node reports its name once it is up again; then the label says that it is this host's.
named() {
  engine GET "/nodes/$node_id" </dev/null || {
    seen=$reply
    return 1
  }
  seen=$(jq -r '"its node is \(.Status.State) under the name \(.Description.Hostname)"' <<<"$reply")
  [ "$seen" = "its node is ready under the name $name" ]
}
wait_for 60 "$name to be a Ready node" named
labelled() {
  local version
  named || return 1
  version=$(jq -r .Version.Index <<<"$reply")
  jq -c --arg identity "$(value identity)" '.Spec | .Labels["swarm-ha.identity"] = $identity' <<<"$reply" |
    engine POST "/nodes/$node_id/update?version=$version" || {
    seen=$reply
    return 1
  }
}
wait_for 30 "the label of $name to be set" labelled
named || fail "$seen"
jq -c '{ nodeId: .ID, address: .ManagerStatus.Addr }' <<<"$reply"
