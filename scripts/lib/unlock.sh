# shellcheck shell=bash
# Starts of a manager's Docker engine: in an autolocked swarm it is locked after each of them. Needs lib/engine.sh and lib/service.sh.

# unlocked [KEY]: unlocks this manager if it is locked. KEY @default the input's unlockKey
unlocked() {
  local settled=false try key=${1-$(optional unlockKey)}
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
  [ -n "$key" ] || fail "this manager is locked, and this step has no key. Unlock it: npm run repair -- <stack>"
  # The key goes through a pipe: arguments can be read by everybody.
  printf '{"UnlockKey":"%s"}' "$key" | engine POST /swarm/unlock 60 ||
    fail "this manager can't be unlocked ($reply). Unlock it: npm run repair -- <stack>"
}

# remember_key: sets own_key to the key of an autolocked swarm while this host manages it; empty for workers, without autolock, and
# without a leader.
remember_key() {
  own_key=""
  engine GET /swarm/unlockkey 10 </dev/null || return 0
  [[ ! $reply =~ \"UnlockKey\":\"([^\"]+)\" ]] || own_key=${BASH_REMATCH[1]}
}

# member_again: a check; this manager is unlocked with own_key. (Right after its start, the Docker engine may not know that it is locked.)
member_again() {
  swarm_state
  seen="its swarm state is $state"
  [ "$state" != locked ] || unlocked "$own_key"
  [ "$state" = active ]
}

# restart_engine: for a state that only a new process clears.
restart_engine() {
  local own_key
  remember_key
  service restart docker
  wait_for 90 "the Docker engine to answer after its restart" engine_up
  [ -z "$own_key" ] || wait_for 60 "this manager to be unlocked after its restart" member_again
}

# await_agent NAME: waits for the gossip agent. "Ready" isn't "working": without it the node gets tasks whose overlay traffic is lost.
await_agent() {
  if within 10 agent_up; then return 0; fi
  restart_engine
  wait_for 60 "the gossip agent of $1" agent_up
}

# manages: a check; this host is a manager of a swarm that has a leader.
manages() {
  engine GET /nodes 25 </dev/null || {
    seen=$reply
    return 1
  }
}
