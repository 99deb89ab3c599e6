#!/usr/bin/env bash
# Prepares a host to be a node: checks it, writes the Docker engine's settings, and starts it. On a manager it also sets up
# HAProxy with the manager's certificate.
#
# Input: { name, ca, registry: host:port, names?: [line of /etc/hosts], storage?: { path, owner, marker }, daemon: text of daemon.json,
# tls?: { certificate, key, readOnlyApiClients: CA }, proxy?: haproxy.cfg,
# housekeeping: { everyHours: 0 for never, ageHours, keep: [repository of images] } }
# Prints: { engine, kernel, ipvs, esp, pending } as JSON; pending: new settings apply only after a replacement.

. lib/common.sh
. lib/booted.sh
. lib/service.sh
. lib/engine.sh
. lib/proxy.sh
. lib/housekeeping.sh
. lib/interrupted.sh
. lib/storage.sh
. lib/api-address.sh

name=$(value name)
require_no_recovery "$name"

# --- The host -------------------------------------------------------------------------------------------------------

await_boot

for tool in dockerd curl haproxy jq ip ss openssl; do
  command -v "$tool" >/dev/null || fail "$tool is not installed on $name; the host image must contain it"
done

[[ $(dockerd --version) =~ version\ ([0-9][^, ]*) ]] || fail "the Docker engine of $name doesn't tell its version"
engine_supported "${BASH_REMATCH[1]}" ||
  fail "the Docker engine of $name has version ${BASH_REMATCH[1]}, but $oldest_engine or later is needed: upgrade it, then run \`up\` again"

# If the clock is behind the certificates, every TLS handshake fails with a misleading message.
if issued=$(value ca | openssl x509 -noout -startdate); then
  issued=$(date -d "${issued#*=}" +%s)
  now=$(date +%s)
  ((now + 60 >= issued)) || fail "the clock of $name is $((issued - now)) s behind the certificates; set the time"
else
  fail "the CA certificate can't be read"
fi

# feature MODULE FILE: whether the kernel has it, loaded, built in or loadable.
feature() {
  if [ -e "$2" ] || modprobe -q "$1" 2>/dev/null; then echo true; else echo false; fi
}

# --- The registry ----------------------------------------------------------------------------------------------------

# The Docker engine reads this at each pull and push, so it needs no restart.
value ca | write_file "/etc/docker/certs.d/$(value registry)/ca.crt" 0644 || true

# Names that no resolver of the host has. They are added at each start, too (image/entrypoint): Docker rewrites the file then.
# Former names stay until then, and are harmless.
if [ -n "$(optional names)" ]; then
  optional names | write_file /etc/swarm-ha/names 0644 || true
  while read -r line; do
    grep -qxF "$line" /etc/hosts || printf '%s\n' "$line" >>/etc/hosts
  done </etc/swarm-ha/names
fi

# The folder that all replicas share. Without its mount it must never get the marker: a replica would find no content,
# and lose pushed images.
if [ -n "$(optional storage.path)" ]; then
  storage=$(value storage.path)
  mountpoint -q "$storage" || fail "the registry's storage isn't mounted at $storage"
  protect_below "$storage"
  own_storage "$storage" "$(value storage.owner)" "$(value storage.marker)"
fi

# --- The Docker engine's files ---------------------------------------------------------------------------------------

# Settings other than labels need a restart, and the steps of several managers run at the same time: restarts would
# cost the quorum. So a member of the swarm keeps its settings until it is replaced.
# (Membership is read from the disk, because the Docker engine may be slow to answer.) A member without settings has
# lost its file system, not its data: its Docker engine doesn't run yet, and starts with the current settings.
member=false
[ ! -s /var/lib/docker/swarm/docker-state.json ] || [ ! -s /etc/docker/daemon.json ] || member=true

# Digests of the settings that need a restart, and of the labels. They are stored once the Docker engine runs with them.
restart_digest=$(value daemon | jq -cS 'del(.labels)' | sha256sum)
labels_digest=$(value daemon | jq -cS .labels | sha256sum)
applied=/etc/swarm-ha/applied
{ read -r restart_applied && read -r labels_applied; } 2>/dev/null <"$applied" || restart_applied="" labels_applied=""

pending=false
if $member && [ "$restart_digest" != "$restart_applied" ]; then
  pending=true
  printf '%s: keeps its Docker engine settings until it is replaced: npm run replace -- <stack> %s\n' \
    "$name" "$name" >&2
  # A running Docker engine applies only labels.
  daemon=$(jq -S --argjson labels "$(value daemon | jq -c .labels)" '.labels = $labels' /etc/docker/daemon.json)
else
  daemon=$(value daemon)
fi
printf '%s\n' "$daemon" | write_file /etc/docker/daemon.json 0644 || true

longest_pause=300

# --- The services ----------------------------------------------------------------------------------------------------

# With this marker the Docker engine starts after every reboot.
echo "$name" | write_file /etc/swarm-ha/prepared 0644 || true
settings_only_in_file

if ! $member && [ "$restart_digest" != "$restart_applied" ]; then
  service restart docker
else
  service start docker
  if [ "$labels_digest" != "$labels_applied" ]; then
    wait_for 90 "the Docker engine of $name to answer" engine_up
    service reload docker
  fi
fi

# (While the Docker engine starts: supervisors are slow to report that a service runs.)
if [ -n "$(optional proxy)" ]; then
  # A Docker engine from before HAProxy served the API holds that port until it gets new settings.
  if jq -e '.hosts // [] | any(startswith("tcp:"))' /etc/docker/daemon.json >/dev/null; then
    service start haproxy
  else
    proxy_apply
  fi
fi
wait_for 90 "the Docker engine of $name to answer" engine_up
if $member && ! proxy_has_tls && [ -n "$(optional proxy)" ]; then keep_api_address "$(value daemon | jq -r '.bip // empty')"; fi
# A Docker engine that this step had to start may be a locked manager's. The steps of other hosts would wait for it.
if $member && engine GET /info </dev/null && [[ $reply == *'"LocalNodeState":"locked"'* ]]; then
  fail "$name is locked (autolock), because its Docker engine was restarted. Unlock it: npm run repair -- <stack>; then run \`up\` again"
fi
housekeeping_apply
$pending || restart_applied=$restart_digest
printf '%s\n%s\n' "$restart_applied" "$labels_digest" | write_file "$applied" 0644 || true

engine GET /version </dev/null || fail "the Docker engine doesn't report its version: $reply"
jq -c --argjson pending "$pending" --argjson ipvs "$(feature ip_vs /proc/net/ip_vs)" --argjson esp "$(feature esp4 /sys/module/esp4)" \
  '{ engine: .Version, kernel: .KernelVersion, ipvs: $ipvs, esp: $esp, pending: $pending }' <<<"$reply"
