#!/usr/bin/env bash
# Claims a host that exists already for a stack: checks that nothing else uses it, and writes the marker.
#
# Runs on the host, before anything is installed. Input: { stack, name, role, node: true | false (it becomes a node), adopt: true |
# false (a swarm or containers may be there), identity: a new random id }
# Prints: { identity, machineId, os, adopted }. A host that is refused isn't changed.

. lib/common.sh
. lib/json.sh
. lib/marker.sh
. lib/adopted.sh

stack=$(value stack)
name=$(value name)
role=$(value role)
node=$(value node)
adopt=$(value adopt)

require_root
[ -d "${systemd_folder:-/run/systemd/system}" ] || fail "systemd isn't PID 1 on $name, and services there need it"

# The node's name in the swarm is the host's. A bastion of its own has no node, and keeps its name.
if [ "$role" != bastion ]; then
  own=$(uname -n)
  [ "$own" = "$name" ] ||
    fail "the host calls itself '$own', but the inventory calls it '$name'. Run \`hostnamectl hostname $name\` there, or correct the inventory"
  fixed=$(timeout 10 hostnamectl --static 2>/dev/null) || fixed=$own
  [ "$fixed" = "$name" ] ||
    fail "the host name '$name' ends with the next reboot ('$fixed' follows). Run \`hostnamectl hostname $name\` there"
fi
id=$(machine_id)
[ -n "$id" ] || fail "$name has no machine id. Run \`systemd-machine-id-setup\` there"
# shellcheck source=/dev/null
os=$(. "${os_release:-/etc/os-release}" && printf '%s %s' "$ID" "${VERSION_ID-}") || fail "/etc/os-release of $name can't be read"

# Another claim at the same time would find no marker either.
exec 9>"${claim_lock:-/run/swarm-ha-claim.lock}"
flock -w 20 9 || fail_locked "claims of $name" 20

# --- Another stack, or another name ------------------------------------------------------------------------------------

adopted=no
if [ -s "$marker" ]; then
  [ "$(marked stack)" = "$stack" ] ||
    fail "the host belongs to the stack '$(marked stack)' as '$(marked name)' ($marker). Take another host, or release it there first: npm run destroy -- $(marked stack). If that stack is gone for good, release the host by hand: docs/hosts.md, 'Release a host by hand'"
  [ "$(marked name)" = "$name" ] ||
    fail "the host is '$(marked name)' in this stack already ($marker). Correct its name or address in the inventory"
  # What is there is this stack's own: an interrupted run, or a host that was made again.
  adopted=$(marked adopted)
else
  # --- Services whose settings the steps would replace ------------------------------------------------------------------
  if [ "$adopt" != true ]; then
    for service in haproxy keepalived; do
      if systemctl is-active --quiet "$service.service" && grep -qsE '^[[:space:]]*(frontend|listen|vrrp_instance)\>' "${service_settings:-/etc}/$service/$service.c"*; then
        fail "$service runs on the host with settings that this stack didn't make (/etc/$service). Nothing was changed. Stop it there (\`systemctl disable --now $service\`), or take the host over: swarm-ha:hosts.adopt: true"
      fi
    done
  fi
fi
if [ ! -s "$marker" ] && [ "$node" = true ]; then
  # --- A swarm or containers that this stack didn't make ---------------------------------------------------------------
  found=""
  state=$(membership)
  [ "$state" = inactive ] || found="a swarm ($state)"
  containers=$(containers_there)
  if [ -n "$containers" ]; then
    found+="${found:+ and }$(wc -l <<<"$containers") containers (first: $(head -n 3 <<<"$containers" | cut -c 1-12 | xargs))"
  fi
  if [ -n "$found" ]; then
    [ "$adopt" = true ] ||
      fail "the host has $found, which this stack didn't make. Nothing was changed. Remove it there (\`docker swarm leave --force\`, \`docker rm\`), or take it over: swarm-ha:hosts.adopt: true"
    require_adoptable "$name"
    adopted=yes
  fi
  [ ! -e "${snap_docker:-/var/snap/docker}" ] ||
    fail "the host has Docker as a snap, which serves the same socket. Nothing was changed. Remove it there: snap remove --purge docker"
  root=$(docker_info '{{.DockerRootDir}}' || sed -n 's/.*"data-root" *: *"\([^"]*\)".*/\1/p' "$engine_settings" 2>/dev/null) || root=""
  root=${root:-/var/lib/docker}
  [ "$root" = /var/lib/docker ] ||
    fail "the Docker engine of $name has its data in $root, but /var/lib/docker is needed: move them, or mount that folder there"
fi

printf '%s %s\n' stack "$stack" name "$name" role "$role" identity "$(value identity)" machine-id "$id" adopted "$adopted" |
  write_file "$marker" 0600 || true

printf '{"identity":%s,"machineId":%s,"os":%s,"adopted":%s}\n' "$(json_text "$(value identity)")" "$(json_text "$id")" \
  "$(json_text "$os")" "$(json_flag [ "$adopted" = yes ])"
