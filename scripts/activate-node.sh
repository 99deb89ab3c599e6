#!/usr/bin/env bash
# Puts a node that drain-node.sh has emptied back into service: waits until it is Ready, restores its availability of before.
#
# Runs on the bastion; day-two commands send it. Input: { name, role, nodeId, limit: seconds, client }

. lib/common.sh
. lib/cluster.sh
. lib/ready.sh

name=$(value name)
id=$(value nodeId)
role=$(value role)
# shellcheck disable=SC2034 # read by wait_for
longest_pause=500

wait_for "$(value limit)" "$name to be Ready" ready
node_update "$id" '.Availability = (.Labels["swarm-ha.before-upgrade"] // .Availability) | del(.Labels["swarm-ha.before-upgrade"])' ||
  fail "the availability of $name can't be restored: $reply"
