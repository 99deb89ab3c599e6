#!/usr/bin/env bash
# Tells whether the tasks of hosts that are to leave have room on the others.
#
# Runs on the bastion; day-two commands send it. Input: { nodes: [node id], client }
# Prints: a JSON list of texts, one for each service that has tasks without room.

. lib/common.sh
. lib/cluster.sh
. lib/room.sh

room_without "$(value nodes | jq -Rnc '[inputs]')" || fail "the cluster doesn't say it: $reply"
printf '%s\n' "$without"
