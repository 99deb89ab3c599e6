#!/usr/bin/env bash
# Prints the swarm's state of this manager as a tar archive. The Docker engine stops while its files are copied, for seconds.
#
# Runs on the host, called by scripts/backup.sh on the bastion. Input: { name, unlockKey? }
# Prints the archive: swarm/ as in the Docker engine's data, and last an empty file `complete`. Secret.

. lib/common.sh
. lib/service.sh
. lib/engine.sh
. lib/unlock.sh
. lib/may-stop.sh

name=$(value name)
data=/var/lib/docker
# On the disk where the state is already.
copy=$data/swarm-ha-backup

# Seconds after which the Docker engine is started again, even if this script was killed, and those that a copy may take.
away_limit=60 copy_limit=50

[ -e /etc/swarm-ha/prepared ] || fail "$name was never prepared as a host of this stack; run \`up\`"
[ -s "$data/swarm/docker-state.json" ] || fail "$name has no swarm's state"
rm -rf "$copy"
size=$(du -sk "$data/swarm" | cut -f 1)
room=$(df -Pk "$data" | awk 'NR == 2 { print $4 }')
((room > size + 102400)) || fail "$data has $room KiB left, and a copy of the swarm's state needs $size KiB and 100 MiB to spare"

may_stop "$name"

# Without the lock: it must not hold up later steps.
(
  trap '' HUP
  sleep "$away_limit"
  service start docker
  ! within 90 engine_up || unlocked
) </dev/null >/dev/null 2>&1 8>&- &
watch=$!
# back: the same where this script fails.
back() {
  service start docker || true
  kill "$watch" || true
  rm -rf "$copy"
  ! within 90 engine_up || (unlocked) || true
}
trap back EXIT
began=${EPOCHREALTIME/[.,]/}
service stop docker || fail "the Docker engine of $name didn't stop"
mkdir -m 0700 "$copy"
# Standard error: the caller's last words if it fails.
timeout "$copy_limit" cp -a "$data/swarm" "$copy/swarm" || fail "the swarm's state of $name can't be copied within $copy_limit s"
# What a running Docker engine writes may be torn in the copy.
! service_runs docker ||
  fail "the Docker engine of $name was away for $away_limit s, and was started again before the copy was complete; nothing is stored"
service start docker || fail "the Docker engine of $name didn't start"
wait_for 90 "the Docker engine of $name to answer after its start" engine_up
stopped=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
pkill -P "$watch" || true
kill "$watch" 2>/dev/null || true
trap 'rm -rf "$copy"' EXIT
unlocked
wait_for 60 "$name to be a manager again" manages

touch "$copy/complete"
tar -C "$copy" -cf - swarm complete
printf 'away %s\n' "$stopped" >&2
