#!/usr/bin/env bash
# Reports the state of this host's Docker engine, and the peers it reaches. With an action, changes the Docker engine first.
#
# Runs on the host; day-two commands send it. Input: { name, action: look | start | restart | leave, peers: [name address port] }
# Prints: { service, answers, state, error, nodeId, volumes: [name], reach: [{ to, port, outcome }] }
#   service: the supervisor runs the Docker engine; answers: its API answers. outcome: open, refused, silent or unreachable.

. lib/common.sh
. lib/service.sh
. lib/failed-starts.sh
. lib/reach.sh
. lib/may-stop.sh
. lib/interrupted.sh

name=$(value name)
action=$(value action)

# Seconds for one answer of the Docker engine.
answer_limit=5

# asked METHOD PATH [SECONDS]: one call to this host's Docker engine. (lib/engine.sh waits for the steps of a killed run.
# A look must not.)
asked() {
  local code
  reply=$(curl -sS --max-time "${3:-$answer_limit}" --unix-socket /var/run/docker.sock -X "$1" -w '\n%{http_code}' \
    "http://engine$2" 2>&1) || return 1
  code=${reply##*$'\n'}
  reply=${reply%$'\n'*}
  ((code < 400))
}

engine_up() {
  asked GET /_ping || {
    seen=$reply
    return 1
  }
}

# settled: a check; the Docker engine has finished its start as a swarm node.
settled() {
  asked GET /info || return 1
  seen="its swarm state is pending"
  [[ $reply != *'"LocalNodeState":"pending"'* ]]
}

# started ACTION: starts or restarts the Docker engine.
started() {
  forget_failed_starts
  service "$1" docker || fail "the Docker engine of $name didn't ${1#force-}; $(service_log docker)"
  wait_for 90 "the Docker engine of $name to answer after its ${1#force-}" engine_up
  within 30 settled || true
}

# What lib/may-stop.sh needs of lib/engine.sh.
engine() { asked "$@"; }
swarm_state() { asked GET /info 25 || fail "the Docker engine doesn't answer: $reply"; }

# serves: whether this is a manager that answers for the swarm, so that the majority may need it.
serves() {
  engine_up && asked GET /info 25 && [[ $reply == *'"ControlAvailable":true'* ]] && asked GET /nodes 25
}

if [ "$action" != look ]; then
  [ -e /etc/swarm-ha/prepared ] || fail "$name was never prepared as a host of this stack; run \`up\`"
  exec 8>/run/swarm-ha-step.lock
  flock -w 60 8 || fail_locked "steps on $name" 60
fi
case $action in
  look) ;;
  start) started start ;;
  restart)
    if serves; then may_stop "$name"; fi
    # A hung Docker engine ignores SIGTERM.
    started force-restart
    ;;
  # The gossip agent of the same process can't bind its port a second time, so the Docker engine restarts after leaving.
  leave)
    asked POST '/swarm/leave?force=true' 30 || [[ $reply == *"not part of a swarm"* ]] ||
      fail "$name can't leave the swarm: $reply"
    # (What an interrupted recovery has left: this host's data are given up here.)
    rm -f /etc/swarm-ha/joined "$state_aside"
    started restart
    ;;
  *) fail "unknown action $action" ;;
esac
# (Where SSH doesn't answer, the platform runs this script. systemd restarts its sshd by itself.)
if [ "$action" != look ] && [ ! -d /run/systemd/system ] && ! service_runs sshd; then
  service start sshd || fail "sshd of $name didn't start; $(service_log sshd)"
fi
if [ "$action" != look ] && [ -s /etc/haproxy/haproxy.cfg ] && ! service_runs haproxy; then
  service start haproxy || fail "HAProxy of $name didn't start; $(service_log haproxy)"
fi

reach=$(reached | sort | jq -Rnc '[inputs | split(" ") | { to: .[0], port: (.[1] | tonumber), outcome: .[2] }]')
service=false answers=false info='{}' volumes='[]'
if service_runs docker; then service=true; fi
if engine_up; then
  answers=true
  # On a manager without a leader this takes up to 20 s, and then the state is unknown.
  if asked GET /info; then info=$(jq -c .Swarm <<<"$reply"); fi
  # Volumes with a name were given one by a person; an anonymous one belongs to a container.
  if asked GET /volumes; then
    volumes=$(jq -c '[.Volumes // [] | .[] | .Name | select(test("^[0-9a-f]{64}$") | not)] | sort' <<<"$reply")
  fi
fi
jq -nc --argjson service "$service" --argjson answers "$answers" --argjson info "$info" --argjson volumes "$volumes" \
  --argjson reach "$reach" '{ service: $service, answers: $answers, state: ($info.LocalNodeState // ""),
    error: ($info.Error // ""), nodeId: ($info.NodeID // ""), volumes: $volumes, reach: $reach }'
