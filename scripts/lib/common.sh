# shellcheck shell=bash
# Every step starts with this: strict mode, its input, and waits that end.

# lastpipe and inherit_errexit: a failure inside $(…) or at a pipe's end must end the step, too.
set -Eeuo pipefail
shopt -s inherit_errexit lastpipe
umask 077

# The step's data, JSON on standard input. Read at once, so that no command of the script can eat it.
input=$(cat)
step=$0

# value JQ_PATH: one value of the input; the step ends when it isn't there.
value() {
  jq -r "$1 | if . == null then error else . end" <<<"$input" 2>/dev/null || fail "the input has no $1"
}

# optional JQ_PATH: one value of the input, or nothing.
optional() {
  jq -r "$1 // empty" <<<"$input"
}

# fail MESSAGE…: ends the step; the message is what a person reads in the error of `pulumi up`.
fail() {
  printf '%s on %s: %s\n' "$step" "$(hostname)" "$*" >&2
  exit 1
}

# What the check of a wait saw last; checks set it for the message of a wait that ends in vain.
# shellcheck disable=SC2034 # read below, set elsewhere
seen="nothing yet"

# wait_for SECONDS WHAT CHECK…: repeats the check until it is true, and fails saying what it saw last.
wait_for() {
  local limit=$1 what=$2 pause=0.1
  shift 2
  local end=$((SECONDS + limit))
  until "$@"; do
    if ((SECONDS >= end)); then
      fail "waited ${limit} s for ${what}; saw last: ${seen}"
    fi
    sleep "$pause"
    # Quick at first, because most waits are short; then easy on the machine.
    pause=$(awk -v p="$pause" 'BEGIN { p *= 1.6; print (p > 2 ? 2 : p) }')
  done
}

# write_file PATH MODE: writes standard input there if it differs, whole or not at all; true if it changed.
write_file() {
  local path=$1 mode=$2 temporary
  # Callers ask "did it change?", and inside a condition the shell's own strictness is off: each step says so itself.
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
