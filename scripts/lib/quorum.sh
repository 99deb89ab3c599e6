# shellcheck shell=bash
# The quorum guard, the same arithmetic as plan/quorum.ts (a test holds the two against each other).

# quorum_verdict NODE_ID DESIRED_NAMES_JSON: reads the cluster's nodes (GET /nodes) from standard input and prints
#   ok            the manager may be removed now
#   wait REASON   not now, but a manager that is being created may change that
#   no REASON     not with these managers
# A manager counts only if Ready *and* Reachable: a dead one whose address is in use again still shows "Reachable".
quorum_verdict() {
  jq -r --arg id "$1" --argjson desired "$2" '
    def healthy: .Status.State == "ready" and .ManagerStatus.Reachability == "reachable";
    [.[] | select(.ManagerStatus != null)] as $managers
    | ($managers | map(select(.ID == $id)) | first) as $candidate
    | ($managers | map(select(.ID != $id))) as $others
    | ($others | map(select(healthy)) | length) as $left
    | (($others | length) / 2 | floor + 1) as $majority
    | if $candidate == null then "ok"
      elif ($others | length) == 0 then "no it is the last manager"
      elif ($managers | map(select(healthy)) | length) <= ($managers | length) / 2 then
        "wait only \($managers | map(select(healthy)) | length) of \($managers | length) managers are Ready and Reachable, which is no majority"
      elif $left < $majority then
        "wait only \($left) of the \($others | length) managers left would be Ready and Reachable, a majority is \($majority)"
      elif ($candidate | healthy) and ($desired | index($candidate.Description.Hostname)) != null then
        ([$managers[] | select(healthy) | .Description.Hostname] | unique) as $up
        | ($desired - $up - [$candidate.Description.Hostname]) as $missing
        | if $missing == [] then "ok" else "wait \($missing | join(", ")) first has to be Ready and Reachable" end
      else "ok" end'
}
