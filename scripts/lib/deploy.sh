# shellcheck shell=bash
# Values of the cluster for the deployment of a stack. Needs lib/cluster.sh, and of lib/services.sh down_nodes.

# tenth ROLE: prints how many of the nodes of a tier an update may take down at once: one, and from 20 on a tenth. So an
# update has 19 turns at the most, however many nodes there are. Needs down_nodes.
tenth() {
  jq -r --arg role "$1" '[1, ([.[] | select(.role == $role and .state == "ready")] | length / 10 | floor)] | max' <<<"$nodes"
}

# borne ROLE: prints the max_failure_ratio of a tier's updates: one node may fail (and a half, against rounding). With fewer than
# three Ready nodes, any failure rolls the update back: the next one to fail would be the last that serves.
borne() {
  jq -r --arg role "$1" '[.[] | select(.role == $role and .state == "ready")] | length | if . < 3 then 0 else 1.5 / . end' <<<"$nodes"
}

# network_fits NAME CIDR: ends the step when there is a network of that name and of another size: networks can't be changed.
network_fits() {
  local range
  if ! cluster GET "/networks/$1" </dev/null; then
    [ "$status" = 404 ] || fail "the cluster can't show its network $1: $reply"
    return 0
  fi
  range=$(jq -r '.IPAM.Config[0].Subnet // "none"' <<<"$reply")
  [ "${range#*/}" = "${2#*/}" ] ||
    fail "the network $1 has the range $range and can't be changed to a /${2#*/}: write swarm-ha:network.$1: ${range#*/}, or recreate the stack"
}
