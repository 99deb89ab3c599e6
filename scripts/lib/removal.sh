# shellcheck shell=bash
# Taking a node out of the cluster. Nothing here dials the node itself, so all of it works when the node is dead.

# How long one manager waits for the others to be whole before it may go, in seconds: a replacement of the one before
# takes well under a minute, a cloud instance's start some minutes.
guard_limit=600

# may_go ID: a check for wait_for, the quorum guard.
may_go() {
  local verdict
  cluster GET /nodes </dev/null || fail "the cluster doesn't list its nodes: $reply"
  verdict=$(quorum_verdict "$1" "$(jq -Rnc '[inputs | split(" ")[0]]' "$managers")" <<<"$reply")
  case $verdict in
    ok) return 0 ;;
    no*) fail "$node_name can't be taken away: ${verdict#* }" ;;
  esac
  seen=${verdict#* }
  return 1
}

# demoted ID: a check for wait_for.
demoted() {
  cluster GET "/nodes/$1" </dev/null || return 0
  seen="still a manager ($(jq -r '.ManagerStatus.Reachability // "demoted"' <<<"$reply"))"
  [ "$(jq -r '.ManagerStatus // empty' <<<"$reply")" = "" ]
}

# removed ID: a check for wait_for.
removed() {
  if cluster DELETE "/nodes/$1?force=true" </dev/null || [ "$status" = 404 ]; then return 0; fi
  seen=$reply
  return 1
}

# remove_node ID NAME: demotes a manager under the quorum guard, then removes the node.
remove_node() {
  local id=$1
  node_name=$2
  if ! cluster GET "/nodes/$id" </dev/null; then
    [ "$status" = 404 ] || fail "the cluster doesn't show $node_name ($id): $reply"
    return 0
  fi
  if [ "$(jq -r '.ManagerStatus // empty' <<<"$reply")" != "" ]; then
    # One at a time: the guard's answer holds only as long as nobody else takes a manager away.
    exec 9>/run/swarm-ha-membership.lock
    flock -w "$guard_limit" 9 || fail "another step has changed the cluster's managers for more than $guard_limit s"
    wait_for "$guard_limit" "the moment in which $node_name can go without a risk to the quorum" may_go "$id"
    node_update "$id" '.Role = "worker"' || fail "$node_name can't be demoted: $reply"
    wait_for 60 "the demotion of $node_name" demoted "$id"
  fi
  wait_for 60 "the removal of $node_name ($id)" removed "$id"
  exec 9>&-
}
