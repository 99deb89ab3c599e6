#!/usr/bin/env bash
# Fetches what one host needs to join: a fresh token and the managers it can join through. Before that, clears away
# what is left of the host's predecessor.
#
# Runs on the operator. Input: { name, role: manager | worker, identity, swarmId, epoch, client }
# Prints: { token, managers: [address] }. Secret.

. lib/common.sh
. lib/cluster.sh
. lib/quorum.sh
. lib/removal.sh

name=$(value name)
identity=$(value identity)

cluster GET /swarm </dev/null || fail "the cluster doesn't give its tokens: $reply"
swarm=$reply

# look: sets id to the cluster's, ghosts to the nodes that the host's predecessors have left, and grant to the answer.
look() {
  cluster GET /nodes </dev/null || fail "the cluster doesn't list its nodes: $reply"
  # The token goes through a pipe: an argument of jq could be read by every user of the operator.
  printf '%s\n' "$swarm" "$reply" | jq -src --arg name "$name" --arg identity "$identity" --arg role "$(value role)" '
    . as [$swarm, $nodes]
    | $swarm.ID,
      ([$nodes[] | select(.Description.Hostname == $name and .Status.State != "ready"
        and .Spec.Labels["swarm-ha.identity"] != $identity) | .ID] | join(" ")),
      { token: $swarm.JoinTokens[if $role == "manager" then "Manager" else "Worker" end],
        managers: [$nodes[] | select(.Status.State == "ready" and .ManagerStatus.Reachability == "reachable")
          | .ManagerStatus.Addr] | sort }' | {
    read -r id
    read -r ghosts
    read -r grant
  }
}
look
[ "$id" = "$(value swarmId)" ] || fail "the managers are in the swarm $id, but this stack's swarm is $(value swarmId)"

# A lost host that `refresh` has forgotten comes back as a new one, and nobody else removes its ghost. A node that is
# merely down for a moment is the same machine, which its label tells.
for ghost in $ghosts; do
  remove_node "$ghost" "$name"
done
[ -z "$ghosts" ] || look

printf '%s\n' "$grant"
