# shellcheck shell=bash
# Packages on a host that isn't alone with apt: a cloud image updates itself at its first boot, and mirrors have hiccups.

# What apt and dpkg print is read: without this, in the host's language.
export LC_ALL=C

# apt ARGUMENT…: apt-get, which waits for dpkg's lock. Nothing makes it wait for the lock of the package lists.
apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -qy -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# finish_packages: configures what an interrupted installation has unpacked; apt installs nothing until then. A kill
# may leave half of a package, which dpkg can't configure, or one without another that it needs: apt installs these.
finish_packages() {
  local broken
  if DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a </dev/null; then return 0; fi
  # shellcheck disable=SC2016 # dpkg's
  broken=$(dpkg-query -W -f '${Package} ${db:Status-Eflag}\n' | awk '$2 == "reinstreq" { print $1 }') || return 1
  # shellcheck disable=SC2086 # a list
  apt install --fix-broken --reinstall --no-remove --no-install-recommends $broken
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

# docker_repository DISTRIBUTION CODENAME KEYRING LIST: adds Docker's package repository for debian or ubuntu, with its key.
docker_repository() {
  local fetched=/run/swarm-ha-docker.asc folder
  folder=$(dirname "$3")
  curl -sSf --retry 5 --max-time 60 -o "$fetched" "https://download.docker.com/linux/$1/gpg" &&
    only_key 9DC858229FC7DD38854AE2D88D81803C0EBFCD88 "$fetched" &&
    { [ -d "$folder" ] || install -d -m 0755 "$folder"; } && install -m 0644 "$fetched" "$3" &&
    echo "deb [signed-by=$3] https://download.docker.com/linux/$1 $2 stable" >"$4.new" && chmod 0644 "$4.new" && mv -f "$4.new" "$4"
}

# installed PACKAGE: whether it is installed.
installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Docker's packages on a node: those of Docker's repository, or those of Debian or Ubuntu where these are installed.
# shellcheck disable=SC2034 # read by others
docker_packages=(docker-ce docker-ce-cli containerd.io)
# The Docker engine, and what has exactly its version; the others of them get their newest one.
# shellcheck disable=SC2034 # read by others
engine_packages=(docker-ce docker-ce-cli)

# find_docker_packages: sets both to those that this host has.
find_docker_packages() {
  installed docker.io && ! installed docker-ce || return 0
  docker_packages=(docker.io) engine_packages=(docker.io)
  # Debian 13 and later have the client in a package of its own.
  if installed docker-cli; then docker_packages+=(docker-cli) engine_packages+=(docker-cli); fi
  if installed containerd; then docker_packages+=(containerd); fi
}

# Ubuntu updates itself, and holds apt's locks meanwhile.
apt_timers=(apt-daily.timer apt-daily-upgrade.timer)

# pause_updates: ends the system's own updates, until resume_updates.
pause_updates() {
  timeout 300 systemctl stop "${apt_timers[@]}" apt-daily.service apt-daily-upgrade.service || true
}

resume_updates() {
  local timer
  for timer in "${apt_timers[@]}"; do
    # Not those that somebody has disabled.
    ! systemctl is-enabled --quiet "$timer" 2>/dev/null || systemctl start --no-block "$timer" || true
  done
}

# No service starts by being installed. A policy that the host has already is kept beside.
start_policy=${start_policy:-/usr/sbin/policy-rc.d}

own_policy() { grep -qs '^# swarm-ha$' "$start_policy"; }

forbid_starts() {
  [ ! -e "$start_policy" ] || own_policy || mv -f "$start_policy" "$start_policy.swarm-ha"
  printf '#!/bin/sh\n# swarm-ha\nexit 101\n' >"$start_policy"
  chmod 0755 "$start_policy"
}

# allow_starts: also after a run that was killed.
allow_starts() {
  ! own_policy || rm -f "$start_policy"
  [ ! -e "$start_policy.swarm-ha" ] || mv -f "$start_policy.swarm-ha" "$start_policy"
}

# apt_errors FILE: prints what apt has complained of, in one line.
apt_errors() {
  local lines
  lines=$(grep -E '^(E|W): |^dpkg: |^ +[^ ]+ : (Pre)?(Depends|Conflicts|Breaks)' "$1" | awk '!seen[$0]++') || lines=$(grep -v '^[[:space:]]*$' "$1") || lines=""
  tail -n 4 <<<"$lines" | tr '\n' ' ' | cut -c 1-800
}

# offered PACKAGE VERSION: prints the newest package version that a repository has of this version of Docker; nothing if there is none.
# (Docker's is `5:28.5.2-1~debian.13~trixie`, Debian's `28.5.2+dfsg1-2`, Ubuntu's `28.5.2-0ubuntu1`.)
offered() {
  # (No exit in awk: under pipefail, SIGPIPE of apt-cache would fail the step.)
  apt-cache madison "$1" |
    awk -v wanted="$2" '{ version = $3; sub(/^[0-9]+:/, "", version) }
      !found && version !~ /~rc|~beta/ && index(version, wanted) == 1 && substr(version, length(wanted) + 1, 1) ~ /[-+]/ {
        print $3; found = 1 }'
}
