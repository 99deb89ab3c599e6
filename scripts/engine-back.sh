#!/usr/bin/env bash
# Waits until this host's Docker engine is back in its swarm, with its gossip agent, after an upgrade or a reboot.
#
# Runs on the host; day-two commands send it. Input: { name }. Prints: { version } of the Docker engine.

. lib/common.sh
. lib/service.sh
. lib/engine.sh

name=$(value name)

service_runs docker || service start docker || fail "the Docker engine of $name doesn't start"
wait_for 90 "the Docker engine of $name to answer" engine_up

member() {
  swarm_state
  seen="its swarm state is $state"
  [ "$state" = active ]
}
wait_for 90 "$name to be an active node" member
await_agent "$name"
[ ! -s /etc/haproxy/haproxy.cfg ] || service_runs haproxy || service start haproxy || fail "HAProxy of $name didn't start"

engine GET /version </dev/null || fail "the Docker engine of $name doesn't report its version: $reply"
jq -c '{ version: .Version }' <<<"$reply"
