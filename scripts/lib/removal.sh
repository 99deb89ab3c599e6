# shellcheck shell=bash
# Removes a node from the cluster. Source it after lib/labels.sh. It never dials the node itself, so it works with a dead node.

# How long a manager waits for the next change among the others, in seconds: a replacement of the one
# before takes well under a minute, a cloud instance's start some minutes.
guard_limit=600

# demote_in_turn ID: demotes the manager once the quorum guard lets it go. When an `up` replaces several managers, each
# waits for all before it, so the limit starts again whenever the managers change, once for each of them at most.
demote_in_turn() {
  local before after turns
  turns=$(wc -l <"$managers")
  for ((; turns > 0; turns--)); do
    managers_now
    before=$managers_seen
    if within "$guard_limit" demote_now "$1"; then return 0; fi
    managers_now
    after=$managers_seen
    [ "$before" != "$after" ] || break
  done
  fail "waited $guard_limit s until $node_name could be removed without a risk to the quorum; saw last: $seen"
}

# managers_now: sets managers_seen to the managers' ids and states.
managers_now() {
  cluster GET /nodes </dev/null || fail "the cluster doesn't list its nodes: $reply"
  managers_seen=$(jq -c '[.[] | select(.ManagerStatus != null) | [.ID, .Status.State, .ManagerStatus.Reachability]] | sort' \
    <<<"$reply")
}

# demote_now ID: a check: demotes the manager if the quorum guard lets it go at this moment.
#
# The guard's answer is valid only while no other step removes a manager, so both are under one lock. The lock isn't held
# while the guard answers "wait": the awaited change may be a removal, too.
demote_now() {
  local verdict done=1
  exec 9>/run/swarm-ha-membership.lock
  flock -w 120 9 || fail_locked "the cluster's managers" 120
  cluster GET /nodes </dev/null || fail "the cluster doesn't list its nodes: $reply"
  # A killed run leaves its steps behind: one of them may have removed it in the meantime.
  if ! jq -e --arg id "$1" 'any(.[]; .ID == $id)' <<<"$reply" >/dev/null; then
    exec 9>&-
    return 0
  fi
  verdict=$(quorum_verdict "$1" "$(jq -Rnc '[inputs | split(" ")[0]]' "$managers")" <<<"$reply")
  case $verdict in
    ok)
      node_update "$1" '.Role = "worker"' || fail "$node_name can't be demoted: $reply"
      wait_for 60 "the demotion of $node_name" demoted "$1"
      done=0
      ;;
    no*) fail "$node_name can't be removed: ${verdict#* }" ;;
  esac
  exec 9>&-
  seen=${verdict#* }
  return "$done"
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
  local labels manager
  labels=$(jq -c '.Spec.Labels // {}' <<<"$reply")
  manager=$(jq -r '.ManagerStatus // empty' <<<"$reply")
  labels_keep "$node_name" "$labels"
  if [ "$manager" != "" ]; then
    demote_in_turn "$id"
  fi
  wait_for 60 "the removal of $node_name ($id)" removed "$id"
}
