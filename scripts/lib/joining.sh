# shellcheck shell=bash
# Turns of the managers that join: two changes of the Raft group at the same time put its quorum at risk. Only while the founder is
# alone do two join at once: swarmkit takes them in one after the other, and there is no other vote yet that could be lost.
# Source: swarmkit, manager/state/raft/raft.go (Join holds membershipLock).

# Who has a turn: lines `name end`, the end in seconds of the epoch.
joining_file=${joining_file:-/run/swarm-ha-joining}
joining_lock=${joining_lock:-/run/swarm-ha-membership.lock}

# A turn ends by itself after so many seconds: the run that had it was killed.
turn_limit=240

# joining_others NAME: locks the turns, and sets others to the lines of those who have one besides NAME.
joining_others() {
  local other end
  others=()
  exec 9>"$joining_lock"
  flock -w 120 9 || fail "another step has held the lock of the cluster's managers for more than 120 s"
  [ -e "$joining_file" ] || return 0
  while read -r other end; do
    [ "$other" = "$1" ] || ((end <= EPOCHSECONDS)) || others+=("$other $end")
  done <"$joining_file"
}

# take_turn NAME PLACES: true when fewer than PLACES others have a turn; then NAME has one. Sets seen to who has them.
take_turn() {
  local code=0
  joining_others "$1"
  if ((${#others[@]} >= $2)); then
    seen="${others[*]%% *} joining" code=1
  else
    printf '%s\n' "${others[@]}" "$1 $((EPOCHSECONDS + turn_limit))" >"$joining_file"
  fi
  exec 9>&-
  return "$code"
}

# end_turn NAME: NAME has no turn any more.
end_turn() {
  joining_others "$1"
  printf '%s\n' "${others[@]}" >"$joining_file"
  exec 9>&-
}
