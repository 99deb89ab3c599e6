#!/usr/bin/env bash
# Fetches what one host needs to join: a fresh token and the managers it can join through. Before that, clears away
# what is left of the host's predecessor.
#
# Runs on the bastion. Input: { name, role: manager | worker, identity, swarmId, epoch, client }
# Prints: { token, managers: [address], at (seconds), known: [id of each node of that name at that time] }.
# Secret.

. lib/common.sh
. lib/cluster.sh
. lib/quorum.sh
. lib/labels.sh
. lib/removal.sh
. lib/joining.sh

name=$(value name)
identity=$(value identity)

cluster GET /swarm </dev/null || fail "the cluster doesn't return its join tokens: $reply"
swarm=$reply

# look: sets id to the cluster's, stale to the host's stale nodes, member to whether the host
# is in service already, alone to the name of the only manager (none where there are more), and grant to the answer.
look() {
  cluster GET /nodes </dev/null || fail "the cluster doesn't list its nodes: $reply"
  # The token goes through a pipe: an argument of jq could be read by every user of the bastion.
  printf '%s\n' "$swarm" "$reply" | jq -src --arg name "$name" --arg identity "$identity" --arg role "$(value role)" '
    . as [$swarm, $nodes]
    | [$nodes[] | select(.Description.Hostname == $name)] as $namesakes
    | $swarm.ID,
      ([$namesakes[] | select((.Spec.Labels["swarm-ha.identity"] // $identity) != $identity) | .ID] | join(" ")),
      ([$namesakes[] | select(.Spec.Labels["swarm-ha.identity"] == $identity)] != []),
      ([$nodes[] | select(.ManagerStatus != null) | .Description.Hostname] | if length == 1 then .[0] else "" end),
      { token: $swarm.JoinTokens[if $role == "manager" then "Manager" else "Worker" end],
        managers: [$nodes[] | select(.Status.State == "ready" and .ManagerStatus.Reachability == "reachable")
          | .ManagerStatus.Addr] | sort,
        at: (now | floor), known: [$namesakes[].ID] }' | {
    read -r id
    read -r stale
    read -r member
    read -r alone
    read -r grant
  }
}
look
[ "$id" = "$(value swarmId)" ] || fail "the managers are in the swarm $id, but this stack's swarm is $(value swarmId)"

# If `refresh` has dropped a lost host, it is created as a new one, and only this step removes its stale node. The label distinguishes it
# from the same host that is merely down for a moment, and it needn't be down: a manager shows the dead one as Ready
# for some 15 s. The node step removes stale nodes without a label, because it has the new node's id.
for stale_id in $stale; do
  remove_node "$stale_id" "$name"
done
[ -z "$stale" ] || look

# Managers join one by one, in whatever order they come; the first two that join the founder, together. The slot is free again when
# the node step has seen the manager in service. A host in service needs no slot: if its token is fetched again, no node step
# follows. The founder needs none either: it never joins.
has_slot() {
  # A run that was killed leaves its waiting steps behind; a slot that one of them took would be nobody's to free.
  kill -0 "${SWARM_HA_CALLER:-$PPID}" 2>/dev/null || fail "the run that wanted $name to join has ended"
  take_slot "$name"
}
# still_alone: whether the founder is the only manager now.
still_alone() {
  look
  [ -n "$alone" ]
}
if [ "$(value role)" = manager ] && [ "$member" != true ] && [ "$alone" != "$name" ]; then
  if [ -z "$alone" ] || ! take_slot "$name" still_alone; then
    longest_pause=500
    wait_for 900 "a slot for $name to join as a manager" has_slot
  fi
  look
fi

printf '%s\n' "$grant"
