#!/usr/bin/env bash
# Brings another version of Docker's packages onto this host, and its system's updates and a reboot where that is asked for.
#
# Runs on the host, whose node is drained; `npm run upgrade` sends it. Input: { name, engine: version; empty: it stays as it is,
# reboot: true | false }. It is idempotent, and continues an installation that was interrupted. It ends before a reboot begins, and
# without one the Docker engine has been started, also when it fails.

. lib/common.sh
. lib/service.sh
. lib/packages.sh
. lib/engine.sh

name=$(value name)
wanted=$(optional engine)
reboot=$(value reboot)

# For how long packages are tried, in seconds.
packages_limit=600

end_upgrade() {
  allow_starts
  apt-mark hold "${docker_packages[@]}" >&2 || true
  resume_updates
  # With nothing changed, it still runs.
  service start docker || true
}
trap end_upgrade EXIT
pause_updates

lists() {
  finish_packages && apt update
}
repeated "$packages_limit" lists >&2 || fail "the lists of packages can't be refreshed"

# What apt has to install: exactly this version of the engine and its client, the newest containerd.
pinned=()
if [ -n "$wanted" ]; then
  for package in docker-ce docker-ce-cli; do
    version=$(offered "$package" "$wanted")
    [ -n "$version" ] || fail "no repository of $name has $package $wanted"
    pinned+=("$package=$version")
  done
  pinned+=(containerd.io)
fi

install_engine() {
  finish_packages && apt install --allow-change-held-packages --no-install-recommends "$@" "${pinned[@]}"
}
if ((${#pinned[@]} > 0)); then
  # First the download: the engine is down for as long as packages are unpacked, and no longer.
  repeated "$packages_limit" install_engine --download-only >&2 || fail "the packages can't be downloaded: ${pinned[*]}"
  # The socket would start the engine again at the first call.
  systemctl stop docker.socket docker.service || fail "the Docker engine of $name doesn't stop"
  forbid_starts
  repeated "$packages_limit" install_engine >&2 || fail "the packages can't be installed: ${pinned[*]}"
  allow_starts
fi

if $reboot; then
  # Docker's packages are held.
  apt-mark hold "${docker_packages[@]}" >&2
  update_system() {
    finish_packages && apt upgrade --with-new-pkgs -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold
  }
  repeated "$packages_limit" update_system >&2 || fail "the updates of the system can't be installed"
  # This step has to end before the connection does.
  systemd-run --quiet --on-active=2 systemctl reboot || fail "the reboot can't be planned"
  trap - EXIT
fi
