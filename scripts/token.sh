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

name=$(value .name)
identity=$(value .identity)

cluster GET /swarm </dev/null || fail "the cluster doesn't give its tokens: $reply"
id=$(jq -r '.ID' <<<"$reply")
[ "$id" = "$(value .swarmId)" ] || fail "the managers are in the swarm $id, but this stack's swarm is $(value .swarmId)"
token=$(jq -r --arg role "$(value .role)" '.JoinTokens[if $role == "manager" then "Manager" else "Worker" end]' <<<"$reply")

# A lost host that `refresh` has forgotten comes back as a new one, and nobody else removes its ghost. A node that is
# merely down for a moment is the same machine, which its label tells.
cluster GET /nodes </dev/null || fail "the cluster doesn't list its nodes: $reply"
ghosts=$(jq -r --arg name "$name" --arg identity "$identity" '.[] | select(.Description.Hostname == $name
  and .Status.State != "ready" and .Spec.Labels["swarm-ha.identity"] != $identity) | .ID' <<<"$reply")
for ghost in $ghosts; do
  remove_node "$ghost" "$name"
done

cluster GET /nodes </dev/null || fail "the cluster doesn't list its nodes: $reply"
# The token goes through a pipe: an argument of jq could be read by every user of the operator.
printf '%s' "$token" | jq -Rc --argjson nodes "$reply" '{ token: ., managers: [$nodes[]
  | select(.Status.State == "ready" and .ManagerStatus.Reachability == "reachable")
  | .ManagerStatus.Addr] | sort }'
