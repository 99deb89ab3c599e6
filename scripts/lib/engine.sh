# shellcheck shell=bash
# This host's own Docker engine, over its socket.

# The steps of a killed run continue on the host. Those of the next run wait for them.
exec 8>/run/swarm-ha-step.lock
flock -w 900 8 || fail_locked "steps on this host" 900

# The answer of the last call, or what went wrong with it. (A variable, because a caller's `$(…)` would be a shell of
# its own, in which the reason of a failure is lost.)
reply=""

# engine METHOD PATH [SECONDS]: calls the Docker API with standard input as body.
# The body of a join holds a token: it never stands in an argument, which every user of the host could read.
engine() {
  local method=$1 path=$2 limit=${3:-30} code
  reply=$(curl -sS --max-time "$limit" --unix-socket /var/run/docker.sock -X "$method" \
    -H 'Content-Type: application/json' --data-binary @- -w '\n%{http_code}' "http://engine$path" 2>&1) || return 1
  code=${reply##*$'\n'}
  reply=${reply%$'\n'*}
  if ((code >= 400)); then
    reply="HTTP $code: $(jq -r '.message // .' <<<"$reply" 2>/dev/null || printf '%s' "${reply:0:400}")"
    return 1
  fi
}

# engine_up: true if the Docker engine answers; a check for wait_for.
engine_up() {
  engine GET /_ping 5 </dev/null || {
    seen=$reply
    return 1
  }
}

# The oldest Docker engine that is supported: its API, 1.41, has all that is called here. The tests ran on it until 2026-11.
oldest_engine=20.10

# engine_supported VERSION: whether a Docker engine of this version is new enough.
engine_supported() {
  [ "$(printf '%s\n' "$oldest_engine" "$1" | sort -V | head -n 1)" = "$oldest_engine" ]
}

# swarm_state: sets state to inactive, pending, active, error or locked, and reply to the Docker engine's whole information.
# (Polled, and so read without a jq, which takes longer than the question. The answer has no blanks.)
swarm_state() {
  engine GET /info </dev/null || fail "the Docker engine doesn't answer: $reply"
  [[ $reply =~ \"LocalNodeState\":\"([a-z]+)\" ]] || fail "the Docker engine doesn't report its swarm state: ${reply:0:400}"
  # shellcheck disable=SC2034 # the answer, for the caller
  state=${BASH_REMATCH[1]}
}

# agent_up: a check; the gossip agent listens.
agent_up() {
  seen="nothing listens on 7946/tcp"
  [ -n "$(ss -Hltn 'sport = :7946')" ]
}
