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

# For how long a manager that has no leader is asked for the key, in seconds: an election takes up to 21.
key_limit=30

# known_key: a check; own_key is the key of an autolocked swarm, or empty: this host is a worker, in no swarm, or locked already, or autolock
# is off. (Reasons of moby's: daemon/cluster/cluster.go, errNoManager.)
known_key() {
  own_key=""
  if engine GET /swarm/unlockkey 10 </dev/null; then
    [[ ! $reply =~ \"UnlockKey\":\"([^\"]+)\" ]] || own_key=${BASH_REMATCH[1]}
    return 0
  fi
  case $reply in
    *"Manager is being prepared"*) return 1 ;;
    *"not a swarm manager"* | *"not part of a swarm"* | *"needs to be unlocked"* | "HTTP 404: "* | "HTTP 409: "*) return 0 ;;
  esac
  return 1
}

# remember_key: sets own_key, see above; empty where no manager with a leader has answered in time.
remember_key() {
  within "$key_limit" known_key || own_key=""
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

# agent_or_locked NAME: a check; the gossip agent listens. A manager that is locked has none, and stays locked.
agent_or_locked() {
  agent_up && return 0
  if engine GET /info 5 </dev/null && [[ $reply == *'"LocalNodeState":"locked"'* ]]; then
    fail "$1 is locked (autolock) after a restart of its Docker engine, and gave no key before it. Unlock it: npm run repair -- <stack>; then run \`up\` again"
  fi
  return 1
}

# await_agent NAME: waits for the gossip agent. "Ready" isn't "working": without it the node gets tasks whose overlay traffic is lost.
await_agent() {
  if within 10 agent_up; then return 0; fi
  restart_engine
  wait_for 60 "the gossip agent of $1" agent_or_locked "$1"
}

# manages: a check; this host is a manager of a swarm that has a leader.
manages() {
  engine GET /nodes 25 </dev/null || {
    seen=$reply
    return 1
  }
}
