#!/usr/bin/env bash
# Brings another version of Docker's packages onto this host, and its system's updates and a reboot where that is asked for.
#
# Runs on the host, whose node is drained; `npm run upgrade` sends it. Input: { name, engine: version; empty: it stays as it is,
# reboot: true | false }. It is idempotent, and continues an installation that was interrupted. It ends before a reboot begins, and
# without one the Docker engine has been started, also when it fails.

. lib/common.sh
. lib/service.sh
. lib/marker.sh
. lib/packages.sh
. lib/own-packages.sh
. lib/engine.sh
. lib/may-stop.sh

name=$(value name)
wanted=$(optional engine)
reboot=$(value reboot)

# For how long packages are tried, in seconds.
packages_limit=600

# Exists from the end of this step until the boot: engine-back.sh, which waits for this step's lock, fails meanwhile.
reboot_planned=/run/swarm-ha-reboot-planned

end_upgrade() {
  allow_starts
  apt-mark hold "${docker_packages[@]}" >&2 || true
  resume_updates
  # With nothing changed, it still runs.
  service start docker || true
}
trap end_upgrade EXIT
find_docker_packages
pause_updates

lists() {
  finish_packages && apt update
}
repeated "$packages_limit" lists >&2 || fail "the lists of packages can't be refreshed"

# Before Debian 13, docker.io had the client. Where the wanted version has it in a package of its own, the host would lose it.
if [ -n "$wanted" ] && [ "${engine_packages[*]}" = docker.io ] && [ -n "$(offered docker-cli "$wanted")" ]; then
  engine_packages=(docker.io docker-cli) docker_packages=(docker.io docker-cli "${docker_packages[@]:1}")
fi

# What apt has to install: exactly this version of the Docker engine and its client, the newest containerd.
pinned=()
if [ -n "$wanted" ]; then
  for package in "${engine_packages[@]}"; do
    version=$(offered "$package" "$wanted")
    [ -n "$version" ] || fail "no repository of $name has $package $wanted"
    pinned+=("$package=$version")
  done
  pinned+=("${docker_packages[@]:${#engine_packages[@]}}")
fi

install_engine() {
  finish_packages && apt install --allow-change-held-packages --no-install-recommends "$@" "${pinned[@]}"
}
# note_new_packages: on a host that existed before the stack, notes what is new, so that a release removes it.
note_new_packages() {
  [ -s "$marker" ] || return 0
  # (What gets a newer version has its former one in brackets.)
  install_engine --simulate | awk '$1 == "Inst" && $3 ~ /^\(/ { print $2 }' | note_packages
}
if ((${#pinned[@]} > 0)); then
  # First the download: the Docker engine is down for as long as packages are unpacked, and no longer.
  repeated "$packages_limit" install_engine --download-only >&2 || fail "the packages can't be downloaded: ${pinned[*]}"
  note_new_packages || fail "apt can't plan the installation of ${pinned[*]}"
  may_stop "$name"
  # The socket would start the Docker engine again at the first call.
  systemctl stop docker.socket docker.service || fail "the Docker engine of $name doesn't stop"
  forbid_starts
  repeated "$packages_limit" install_engine >&2 || fail "the packages can't be installed: ${pinned[*]}"
  allow_starts
  # Its package couldn't restart it either.
  systemctl restart containerd || fail "containerd of $name doesn't start; $(service_log containerd)"
fi

if $reboot; then
  # Docker's packages are held.
  apt-mark hold "${docker_packages[@]}" >&2
  update_system() {
    finish_packages && apt upgrade --with-new-pkgs -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold
  }
  repeated "$packages_limit" update_system >&2 || fail "the updates of the system can't be installed"
  # (With other packages, the Docker engine is stopped already.)
  ((${#pinned[@]} > 0)) || may_stop "$name"
  # This step has to end before the connection does.
  systemd-run --quiet --on-active=2 systemctl reboot || fail "the reboot can't be planned"
  : >"$reboot_planned"
  trap - EXIT
fi
