# shellcheck shell=bash
# Join slots: a manager joins only while it has one, because two changes of the Raft group at the same time put its quorum at
# risk. While the founder is the only manager there are two slots: if the first that joins is lost, so is the quorum, with one slot
# as well. Source: swarmkit, manager/state/raft/raft.go (Join holds membershipLock: members are added one after the other).

# Who has a slot: lines `name end`, the end in seconds of the epoch.
slots_file=${slots_file:-/run/swarm-ha-joining}
slots_lock=${slots_lock:-/run/swarm-ha-joining.lock}

# Seconds after which a slot is free again although nobody freed it, as when its run was killed. A join takes some seconds; one that
# uses up all of its limits may take longer.
slot_limit=600

# slots_locked NAME: takes the lock, and sets others to the lines of those who have a slot besides NAME. False without the lock.
slots_locked() {
  local other end
  others=()
  exec 9>"$slots_lock"
  flock -w 120 9 || return 1
  [ -e "$slots_file" ] || return 0
  while read -r other end; do
    [ "$other" = "$1" ] || ((end <= EPOCHSECONDS)) || others+=("$other $end")
  done <"$slots_file"
}

# slots_write LINE…: replaces the file.
slots_write() {
  printf '%s\n' "$@" | write_file "$slots_file" 0600 || true
}

# take_slot NAME [CHECK…]: true if nobody else has a slot, or only one and the check says that there is a second slot; then NAME has
# one. The check runs under the lock. Sets seen to who has them.
take_slot() {
  local name=$1 code=0
  shift
  slots_locked "$name" || fail_locked "the join slots" 120
  seen=$(printf '%s, ' "${others[@]%% *}") seen="${seen%, } still joining"
  if ((${#others[@]} == 0)) || { ((${#others[@]} == 1 && $# > 0)) && "$@"; }; then
    slots_write "${others[@]}" "$name $((EPOCHSECONDS + slot_limit))"
  else
    code=1
  fi
  exec 9>&-
  return "$code"
}

# free_slot NAME: NAME has joined. (Without the lock, it has its slot until the limit.)
free_slot() {
  if slots_locked "$1"; then slots_write "${others[@]}"; fi
  exec 9>&-
}
