# shellcheck shell=bash
# Waiting for the end of a drain. The caller sets: id and name of the node, drain_timeout (seconds), on_timeout (fail or
# continue), deadline (of SECONDS).

# When the scheduler was first seen without a node for a task, in SECONDS; empty while it has one.
stuck_since=""

# Seconds for which the scheduler must find no node for a task before the drain gives up. Another step may be about to
# free the room.
stuck_limit=10

# What `npm run replace -- … --force` writes: lines of a time in seconds and a host's name.
gaps_file=${gaps_file:-/run/swarm-ha-accepted-gaps}

# What an operation writes that goes on without hosts that are dead: lines of a time in seconds and a host's name.
absent_file=${absent_file:-/run/swarm-ha-accepted-absent}

# until_now FILE: prints the hosts of those lines whose time isn't over.
until_now() {
  local until host
  while read -r until host; do
    if ((until >= EPOCHSECONDS)); then printf '%s\n' "$host"; fi
  done < <(cat "$1" 2>/dev/null || true)
}

# absent: prints the hosts that nobody waits for as a JSON list.
absent() {
  until_now "$absent_file" | jq -Rnc '[inputs]'
}

# gap_accepted: whether tasks may be without a node for a while: for all drains by
# configuration or for this one by name.
gap_accepted() {
  [ "$on_timeout" != continue ] || return 0
  # (No pipe into grep -q: it ends at the first match, and under pipefail the writer's SIGPIPE would be the answer.)
  [[ $'\n'$(until_now "$gaps_file")$'\n' == *$'\n'"$name"$'\n'* ]]
}

# within_drain WHAT CHECK: waits for the rest of the drain's time, or until the scheduler finds no node for a task.
within_drain() {
  local why pause=1
  stuck_since=""
  until "$2"; do
    if [ -n "$stuck_since" ] && ((SECONDS - stuck_since >= stuck_limit)); then
      why="the scheduler finds no node for them"
    elif ((SECONDS >= deadline)); then
      why="waited ${drain_timeout} s (swarm-ha:drain.timeout)"
    else
      sleep "0.$pause"
      pause=$((pause < 9 ? pause + 2 : 9))
      continue
    fi
    gap_accepted || fail "gave up waiting for $1: $why; saw last: $seen. $name gets its availability back"
    printf '%s: continuing without waiting for %s: %s; saw last: %s\n' "$name" "$1" "$why" "$seen" >&2
    return 0
  done
}

# Nodes that steps are about to remove for good, each with the id of its step's process: nobody's tasks have room on those.
leaving_folder=${leaving_folder:-/run/swarm-ha-leaving}

# leaving: prints the ids of these nodes as a JSON list.
leaving() {
  local file pid
  for file in "$leaving_folder"/*; do
    if read -r pid 2>/dev/null <"$file" && kill -0 "$pid" 2>/dev/null; then basename "$file"; else rm -f "$file"; fi
  done | jq -Rnc '[inputs | select(. != "*")]'
}

# leave_together: notes that this node leaves, and gives the steps of others that leave in the same run the time to do so.
leave_together() {
  mkdir -p "$leaving_folder"
  echo "$$" >"$leaving_folder/$id"
  sleep 3
}
