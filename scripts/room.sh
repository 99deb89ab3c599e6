#!/usr/bin/env bash
# Prints whether the tasks of leaving hosts have room on the others.
#
# Runs on the bastion; day-two commands send it. Input: { nodes: [node id], client }
# Prints: a JSON list of texts, one for each service that has tasks without room.

. lib/common.sh
. lib/cluster.sh
. lib/room.sh

room_without "$(value nodes | jq -Rnc '[inputs]')" || fail "the cluster can't show its tasks: $reply"
printf '%s\n' "$without"
