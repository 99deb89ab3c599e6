# shellcheck shell=bash
# Every step starts with this: strict mode, its input, and waits with a limit.

# lastpipe and inherit_errexit: a failure inside $(…) or at a pipe's end must end the step, too.
set -Eeuo pipefail
shopt -s inherit_errexit lastpipe
umask 077

# The step's data: a declaration of `given`, value by path, that the sender has quoted (components/ssh/script.ts). The
# shell reads it by itself, because a jq for each value (25 ms of processor time with Debian's 1.6) was most of a step's
# work. Read at once, so that no command of the script can eat it. (`input`: a step that hands on the rest of its standard
# input has read its own data already.)
declare -A given=()
eval "${input-$(cat)}"
step=$0

# value PATH: one value of the input; the step fails if it is missing.
value() {
  [ -n "${given[$1]+there}" ] || fail "the input has no $1"
  printf '%s\n' "${given[$1]}"
}

# optional PATH: one value of the input, or nothing.
optional() {
  printf '%s\n' "${given[$1]-}"
}

# fail MESSAGE…: fails the step with this message in the error of `pulumi up`.
fail() {
  printf '%s on %s: %s\n' "$step" "$(hostname)" "$*" >&2
  exit 1
}

# fail_locked LOCK SECONDS: fails because another step has held this lock all the time.
fail_locked() {
  fail "another step has held the lock of $1 for $2 s. Wait for it, or check \`ps\` on this host, then run this again"
}

# What the check of a wait saw last. Checks set it for the error message of the wait.
# shellcheck disable=SC2034 # read below, set elsewhere
seen="nothing yet"

# Longest pause between two checks of a wait, in milliseconds. Scripts lower it for cheap checks.
longest_pause=2000

# wait_for SECONDS WHAT CHECK…: repeats the check until it is true, and fails saying what it saw last.
wait_for() {
  local limit=$1 what=$2 pause=100 seconds
  shift 2
  local end=$((SECONDS + limit))
  until "$@"; do
    if ((SECONDS >= end)); then
      fail "waited ${limit} s for ${what}; saw last: ${seen}"
    fi
    printf -v seconds '%d.%03d' $((pause / 1000)) $((pause % 1000))
    sleep "$seconds"
    # Quick at first, because most waits are short; then slower, to spare the host.
    pause=$((pause * 8 / 5 > longest_pause ? longest_pause : pause * 8 / 5))
  done
}

# within SECONDS CHECK…: repeats the check until it is true; false when it isn't by then.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.5
  done
}

# write_file PATH MODE: writes standard input there if it differs, whole or not at all; true if it changed.
write_file() {
  local path=$1 mode=$2 temporary
  # Callers use this in a condition, where `set -e` is off. So each command handles its own failure.
  if ! { mkdir -p "$(dirname "$path")" && temporary=$(mktemp "${path}.XXXXXX") && cat >"$temporary" &&
    chmod "$mode" "$temporary"; }; then
    fail "$path can't be written"
  fi
  if cmp -s "$temporary" "$path"; then
    rm -f "$temporary"
    return 1
  fi
  mv -f "$temporary" "$path" || fail "$path can't be written"
}
