#!/usr/bin/env bash
# Removes our services, networks, secrets and configs of a stack. Volumes stay, because their content may be
# wanted.
#
# Runs on the bastion. Input: as stack.sh.

. lib/common.sh
. lib/cluster.sh
. lib/docker-cli.sh
. lib/services.sh
. lib/own-stack.sh

stack=$(value stack)
# An older program's data has no other name for it.
former=$(optional former)
former=${former:-$stack}
exec 9>"/run/swarm-ha-stack-$stack.lock"
flock -w 900 9 || fail_locked "the stack $stack" 900

# gone: a check for wait_for.
gone() {
  prune_services "$stack"
  remove_former "$former"
  left_of "$stack"
  seen="tasks still run on $left"
  [ -z "$left" ]
}
wait_for 180 "the stack $stack to be gone" gone

for kind in secret config; do
  prune "$kind" "$stack" "$former" ""
done
# A network that applications use stays.
cluster GET "/networks?$(query "{\"label\":[\"swarm-ha.stack=$stack\"]}")" </dev/null || fail "the cluster doesn't list its networks: $reply"
jq -r '.[] | "\(.Id) \(.Name)"' <<<"$reply" | while read -r id name; do
  drop network "$id" "$name"
done
