# shellcheck shell=bash
# A manager after a start of its Docker engine. Needs lib/engine.sh.

# unlocked: unlocks this manager with the input's unlockKey if it is locked.
unlocked() {
  local settled=false try
  for try in $(seq 40); do
    swarm_state
    [ "$state" = pending ] || {
      settled=true
      break
    }
    sleep 0.5
  done
  $settled || fail "the swarm state of this host is still pending after $try checks"
  [ "$state" = locked ] || return 0
  [ -n "$(optional unlockKey)" ] || fail "this manager is locked, and there is no key: docker swarm unlock"
  # The key goes through a pipe: arguments can be read by everybody.
  printf '{"UnlockKey":"%s"}' "$(value unlockKey)" | engine POST /swarm/unlock 60 ||
    fail "this manager can't be unlocked: $reply"
}

# manages: a check; this host is a manager of a swarm that has a leader.
manages() {
  engine GET /nodes 25 </dev/null || {
    seen=$reply
    return 1
  }
}
