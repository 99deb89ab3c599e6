#!/usr/bin/env bash
# Installs on a claimed host what the steps need there: the Docker engine and tools. Nothing is started, and what runs goes on
# running. It is idempotent, and continues where it was interrupted.
#
# Runs on the host. Input: { name, node: true | false, balancer: true | false, bastion: true | false, engine: { source: docker |
# debian | installed, version?: @default the newest }, readOnlyApi?: address at which containers reach the managers' read-only API }
# Prints: { engine: its version (of the client where there is no engine), installed: [packages that the stack has installed] }

. lib/common.sh
. lib/json.sh
. lib/marker.sh
. lib/packages.sh
. lib/engine.sh
. lib/own-packages.sh
. lib/written.sh
. lib/adopted.sh

name=$(value name)
node=$(value node)
balancer=$(value balancer)
bastion=$(value bastion)
source=$(value engine.source)
wanted=$(optional engine.version)

# For how long packages are tried, in seconds.
packages_limit=900

require_root
require_marker "$name"
# A killed run may have left its own.
allow_starts

# --- The host's own first boot -------------------------------------------------------------------------------------------

# It may hold apt's locks. Whether it had errors is the host's own matter: for the steps it is done (lib/booted.sh).
if command -v cloud-init >/dev/null; then
  timeout 600 cloud-init status --wait >/dev/null 2>&1 || (($? != 124)) || fail "cloud-init of $name is still running after 600 s"
  printf '#!/bin/sh\nexit 0\n' | write_file "${first_boot:-/var/lib/swarm-ha/boot.sh}" 0700 || true
  : | write_file "${first_boot_done:-/var/lib/swarm-ha/booted}" 0600 || true
fi

# --- What is missing -----------------------------------------------------------------------------------------------------

# Commands, and the packages that have them.
tools=(curl:curl jq:jq openssl:openssl ip:iproute2 ss:iproute2 flock:util-linux ps:procps perl:perl-base)
if [ "$node" = true ]; then tools+=(haproxy:haproxy iptables:iptables modprobe:kmod); fi
if [ "$balancer" = true ]; then tools+=(haproxy:haproxy keepalived:keepalived sysctl:procps); fi
if [ "$bastion" = true ]; then tools+=(ssh:openssh-client ssh-add:openssh-client ssh-agent:openssh-client); fi

# missing: prints the packages of commands that this host doesn't have.
missing() {
  local tool
  for tool in "${tools[@]}"; do
    command -v "${tool%%:*}" >/dev/null || echo "${tool#*:}"
  done | sort -u
}

# has_engine: whether the host has a whole Docker engine. It is never changed here: an upgrade drains the node first.
has_engine() { command -v dockerd >/dev/null && command -v containerd >/dev/null; }
has_client() { command -v docker >/dev/null; }

needs_engine=false needs_client=false
if [ "$node" = true ] && ! has_engine; then needs_engine=true; fi
if [ "$node" = true ] || [ "$bastion" = true ]; then
  has_client || needs_client=true
fi
# A client without its Docker engine would be the wrong one.
if [ "$node" = true ] && has_engine; then
  if installed docker-ce; then source=docker; elif installed docker.io; then source=debian; fi
fi
# For the key of Docker's repository.
if [ "$source" = docker ] && { $needs_engine || $needs_client; }; then tools+=(gpg:gpg); fi
if $needs_engine && [ "$source" = installed ]; then
  fail "$name has no Docker engine, and swarm-ha:hosts.engine.source is 'installed'. Install $oldest_engine or later there, or set docker or debian"
fi

# --- Packages ------------------------------------------------------------------------------------------------------------

# shellcheck source=/dev/null
read -r distribution release codename < <(. "${os_release:-/etc/os-release}" && echo "$ID ${VERSION_ID:-none} ${VERSION_CODENAME:-none}")

# supported_os: whether packages are installed on this system.
supported_os() {
  case $distribution:$release in debian:12 | debian:13 | ubuntu:22.04 | ubuntu:24.04) ;; *) return 1 ;; esac
}

# candidate PACKAGE: whether apt can install it.
candidate() {
  local policy
  policy=$(apt-cache policy "$1")
  [[ $policy == *Candidate:* && $policy != *"Candidate: (none)"* ]]
}

# pin PACKAGE…: adds each to `packages`, in the wanted version, or in the newest.
pin() {
  local package version=""
  for package in "$@"; do
    [ -z "$wanted" ] || version=$(offered "$package" "$wanted")
    if [ -n "$wanted" ] && [ -z "$version" ]; then
      refusal="no repository of $name has $package $wanted; the newest that it has are: $(apt-cache madison "$package" | awk 'NR <= 3 { print $3 }' | xargs)"
      return 1
    fi
    packages+=("$package${version:+=$version}")
  done
}

# has_docker_source: whether apt knows Docker's repository from elsewhere. (Twice, with two keyrings, apt refuses all of its lists.)
has_docker_source() {
  grep -rqs --include='*.list' --include='*.sources' --exclude="${docker_list##*/}" '^[^#]*download\.docker\.com/linux' "${apt_folder:-/etc/apt}"
}

# plan_engine: adds the packages of the Docker engine and its client that are needed to `packages`.
plan_engine() {
  if [ "$source" = docker ]; then
    if $needs_engine; then pin docker-ce docker-ce-cli && packages+=(containerd.io); else pin docker-ce-cli; fi
  # Debian 13 and later have the client in a package of its own.
  elif candidate docker-cli; then
    if $needs_engine; then pin docker.io docker-cli; else pin docker-cli; fi
  else
    pin docker.io
  fi
}

# install_all: one attempt.
install_all() {
  local packages
  finish_packages && apt update || return 1
  mapfile -t packages < <(missing)
  [ -e "${certificates:-/etc/ssl/certs/ca-certificates.crt}" ] || packages+=(ca-certificates)
  if $needs_engine || $needs_client; then
    if [ "$source" = docker ] && ! has_docker_source; then
      # With these its key is fetched and checked.
      ((${#packages[@]} == 0)) || install_own "${packages[@]}" || return 1
      docker_repository "$distribution" "$codename" "$docker_keyring" "$docker_list" && apt update || return 1
    fi
    plan_engine || return 1
  fi
  ((${#packages[@]} == 0)) || install_own "${packages[@]}"
}
# attempted: ends the attempts also where none can succeed.
attempted() { install_all || [ -n "$refusal" ]; }

if $needs_engine || $needs_client || [ -n "$(missing)" ] || [ -n "$(unfinished)" ]; then
  command -v apt-get >/dev/null ||
    fail "$name lacks $(missing | xargs), and has no apt-get to install it: install it there, then run \`up\` again"
  supported_os || [ "$source" = installed ] ||
    fail "$name runs $distribution $release; packages are installed on Debian 12 and 13, Ubuntu 22.04 and 24.04. On another system, install the Docker engine there, and set swarm-ha:hosts.engine.source to 'installed'"
  heard=$own_folder/setup.log
  trap 'allow_starts; resume_updates; rm -f "$heard"' EXIT
  pause_updates
  forbid_starts
  repeated "$packages_limit" attempted >"$heard" 2>&1 ||
    fail "the packages of $name can't be installed within $packages_limit s: $(apt_errors "$heard"). Check the network and apt's sources there, then run \`up\` again"
  [ -z "$refusal" ] || fail "$refusal"
  allow_starts
fi
# The steps start what they have written settings for. (Also after a run that was killed here.)
rest_units
# Only `npm run upgrade` changes them.
[ "$node" != true ] || hold_engine || fail "the Docker packages of $name can't be held (\`apt-mark hold\`)"

# --- The Docker engine that is there --------------------------------------------------------------------------------------

version=""
if [ "$node" = true ]; then
  [[ $(dockerd --version) =~ version\ ([0-9][^, ]*) ]] || fail "the Docker engine of $name doesn't tell its version"
  version=${BASH_REMATCH[1]}
  engine_supported "$version" ||
    fail "the Docker engine of $name has version $version, but $oldest_engine or later is needed: upgrade it there, then run \`up\` again"
  systemctl cat docker.service >/dev/null 2>&1 ||
    fail "$name has a Docker engine, but no docker.service (snap or rootless?): install Docker's or the distribution's package"
  backend=$(docker_info '{{json .}}' | grep -o '"FirewallBackend":{"Driver":"[^"]*"' | cut -d'"' -f6) || backend=""
  [[ $backend != nftables* ]] ||
    fail "the Docker engine of $name uses nftables, which the engine refuses together with a swarm: set \"firewall-backend\": \"iptables\" in /etc/docker/daemon.json, and restart it"
elif has_client; then
  [[ $(docker --version) =~ version\ ([0-9][^, ]*) ]] || fail "the Docker client of $name doesn't tell its version"
  version=${BASH_REMATCH[1]}
fi

keep_copies
adopt_engine "$name"
adopt_bridge "$(optional readOnlyApi)"

printf '{"engine":%s,"installed":%s}\n' "$(json_text "$version")" "$( (cat "$own_packages" 2>/dev/null || true) | json_list)"
