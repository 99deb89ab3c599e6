#!/usr/bin/env bash
# Holds the lock of operations that stop managers while the workstation's connection lasts, or prints who holds it.
#
# Runs on the bastion; day-two commands send it. Standard input: the length of the input below and a newline, the input, and then
# a line every few seconds. Input: { mode: hold | look, holder: what others are shown, silence: seconds without a line
# after which the workstation counts as lost }
# Prints: hold: `held`, or `taken <holder>` at once; look: `free` or `taken <holder>`. The holder is a JSON object, and its pid is
# this shell's: without the shell there is no lock.

read -r size && input=$(head -c "$size")

. lib/common.sh

mode=$(value mode)
file=${operation_lock_file:-/run/swarm-ha-operation.lock}
exec 9>>"$file"
# (A second, because a look takes it for an instant.)
code=0
flock -w 1 -E 75 9 || code=$?
if ((code == 75)); then
  holder=""
  # Its holder has it for an instant before its name is in the file.
  for _ in 1 2 3 4 5; do
    holder=$(<"$file")
    [ -z "$holder" ] || break
    sleep 0.2
  done
  printf 'taken %s\n' "$holder"
  exit 0
fi
((code == 0)) || fail "flock failed with code $code, on $file"
if [ "$mode" = look ]; then
  echo free
  exit 0
fi
silence=$(value silence)
trap ': >"$file"' EXIT
holder=$(value holder)
printf '%s,"pid":%d}\n' "${holder%\}}" "$$" >"$file"
echo held
# Only builtins from here on: a child would keep the lock after this shell's end.
while read -r -t "$silence" _; do :; done
