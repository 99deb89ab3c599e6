# shellcheck shell=bash
# Whether a node is in the swarm as its role wants it. The caller sets: id and role. Needs lib/cluster.sh.

# ready: a check for wait_for. A manager counts only if Ready *and* Reachable. Sets node to the node as JSON.
ready() {
  local is_ready
  if ! cluster GET "/nodes/$id" </dev/null; then
    seen=$reply
    [ "$status" != 404 ] ||
      seen="the cluster has no node $id: it was removed, or belongs to another swarm; replace the host"
    return 1
  fi
  node=$reply
  jq -r --arg role "$role" '.ManagerStatus.Reachability as $reach
    | "\(.Status.State == "ready" and $reach == (if $role == "manager" then "reachable" else null end)) "
    + "\(.Status.State) \(.Status.Message // "") \($reach // "")"' <<<"$node" | read -r is_ready seen
  [ "$is_ready" != true ] || return 0
  # (Only then: on a manager that is joining, /info may take 20 s.)
  if [ "$role" = manager ] && [[ $seen == down* ]]; then not_locked; fi
  return 1
}

# not_locked: fails if the node is a locked manager: it stays locked, so nothing waits for it.
not_locked() {
  local address
  address=$(jq -r '.ManagerStatus.Addr // empty' <<<"$node")
  if [ -n "$address" ] && ask "${address%:*}" GET /info </dev/null && [[ $reply == *'"LocalNodeState":"locked"'* ]]; then
    fail "$(jq -r .Description.Hostname <<<"$node") is locked (autolock), because its Docker engine was restarted. Unlock it: npm run repair -- <stack>"
  fi
}
