#!/usr/bin/env bash
# Waits until this host's Docker engine is back in its swarm, with its gossip agent, after an upgrade or a reboot.
#
# Runs on the host; day-two commands send it. Input: { name, unlockKey? }
# Prints: { version } of the Docker engine.

. lib/common.sh
. lib/service.sh
. lib/failed-starts.sh
. lib/engine.sh
. lib/unlock.sh
. lib/may-stop.sh

name=$(value name)

# upgrade-engine.sh writes it; a boot removes it.
[ ! -e /run/swarm-ha-reboot-planned ] || fail "a reboot of $name is planned, and hasn't begun"

if ! service_runs docker; then
  forget_failed_starts
  service start docker || fail "the Docker engine of $name doesn't start; $(service_log docker)"
fi
wait_for 90 "the Docker engine of $name to answer" engine_up

member() {
  swarm_state
  seen="its swarm state is $state"
  [ "$state" != locked ] || unlocked
  [ "$state" = active ]
}
wait_for 90 "$name to be an active node" member
# (As await_agent does, under the guard.)
if ! within 10 agent_up; then
  may_stop "$name"
  restart_engine
  wait_for 90 "$name to be an active node after a restart" member
  wait_for 60 "the gossip agent of $name" agent_up
fi
[ ! -s /etc/haproxy/haproxy.cfg ] || service_runs haproxy || service start haproxy || fail "HAProxy of $name didn't start"

engine GET /version </dev/null || fail "the Docker engine of $name doesn't report its version: $reply"
jq -c '{ version: .Version }' <<<"$reply"
