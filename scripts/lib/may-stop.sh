# shellcheck shell=bash
# The quorum guard on the host itself, just before its Docker engine stops: minutes may have passed since the workstation
# planned it, and another workstation may have stopped another manager. Needs of lib/engine.sh engine and swarm_state.

# may_stop NAME: ends the step if NAME, this host, is a manager and the others are no majority of all managers. An only manager
# may stop: whether that is accepted is asked before.
may_stop() {
  swarm_state
  [[ $reply == *'"ControlAvailable":true'* ]] || return 0
  engine GET /nodes 25 </dev/null || fail "the managers can't be counted, so the Docker engine of $1 isn't stopped: $reply"
  jq -e --arg name "$1" '[.[] | select(.ManagerStatus != null)] as $managers
    | [$managers[] | select(.Description.Hostname != $name and .Status.State == "ready"
        and .ManagerStatus.Reachability == "reachable")] as $others
    | ($managers | length) == 1 or ($others | length) >= (($managers | length) / 2 | floor + 1)' <<<"$reply" >/dev/null ||
    fail "without $1 the managers would have no majority, so its Docker engine isn't stopped. Repair the others first"
}
