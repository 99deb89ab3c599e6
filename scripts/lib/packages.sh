# shellcheck shell=bash
# Packages on a host that isn't alone with apt: a cloud image updates itself at its first boot, and mirrors have hiccups.

# apt ARGUMENT…: apt-get, which waits for dpkg's lock. Nothing makes it wait for the lock of the package lists.
apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -qy -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# finish_packages: configures what an interrupted installation has unpacked; apt installs nothing until then.
finish_packages() {
  DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a </dev/null
}

# repeated SECONDS COMMAND…: repeats a command until it succeeds, with growing pauses; false when the time is over.
# The command runs in a condition, where the shell's own strictness is off: each of its steps says so itself.
repeated() {
  local end=$((SECONDS + $1)) pause=5
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    echo "$1 failed; again in $pause s" >&2
    sleep "$pause"
    pause=$((pause * 2 > 60 ? 60 : pause * 2))
  done
}

# only_key FINGERPRINT FILE: whether a file holds exactly this primary key. Each one in it could sign packages.
only_key() {
  local keys
  keys=$(gpg --show-keys --with-colons "$2" |
    awk -F: '$1 == "pub" { primary = 1 } $1 == "fpr" && primary { print $10; primary = 0 }')
  [ "$keys" = "$1" ] || {
    printf '%s has to hold the key %s alone; it holds: %s\n' "$2" "$1" "${keys:-none}" >&2
    return 1
  }
}

# Docker's packages on a node.
# shellcheck disable=SC2034 # read by others
docker_packages=(docker-ce docker-ce-cli containerd.io)

# Ubuntu updates itself, and holds apt's locks meanwhile.
apt_timers=(apt-daily.timer apt-daily-upgrade.timer)

# pause_updates: ends the system's own updates, until resume_updates.
pause_updates() {
  timeout 300 systemctl stop "${apt_timers[@]}" apt-daily.service apt-daily-upgrade.service || true
}

resume_updates() {
  systemctl start --no-block "${apt_timers[@]}" || true
}

# No service starts by being installed.
start_policy=${start_policy:-/usr/sbin/policy-rc.d}

forbid_starts() {
  printf '#!/bin/sh\nexit 101\n' >"$start_policy"
  chmod 0755 "$start_policy"
}

allow_starts() {
  rm -f "$start_policy"
}

# offered PACKAGE VERSION: prints the newest package version that a repository has of this version of Docker; nothing if there is none.
offered() {
  # (No exit in awk: under pipefail, SIGPIPE of apt-cache would fail the step.)
  apt-cache madison "$1" |
    awk -v wanted="5:$2-" '!found && $3 !~ /~rc|~beta/ && index($3, wanted) == 1 { print $3; found = 1 }'
}
