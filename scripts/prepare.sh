#!/usr/bin/env bash
# Makes a host ready to be a node: checks it, writes the engine's settings, starts the engine, and on a manager what
# answers for it: HAProxy with the manager's certificate.
#
# Input: { name, ca, registry: host:port, names?: [line of /etc/hosts], storage?: { path, owner, marker }, daemon: text of daemon.json,
# tls?: { certificate, key, readOnlyApiClients: CA }, proxy?: haproxy.cfg }
# Prints: { engine, kernel, ipvs, esp, pending } as JSON; pending: it has to be replaced to take its settings over.

. lib/common.sh
. lib/booted.sh
. lib/service.sh
. lib/engine.sh
. lib/proxy.sh

name=$(value name)

# --- The host -------------------------------------------------------------------------------------------------------

await_boot

for tool in dockerd curl haproxy jq ip ss openssl; do
  command -v "$tool" >/dev/null || fail "$tool is not installed on $name; the host image has to bring it"
done

# A clock that is behind the certificates makes every TLS handshake fail with messages that hide the cause.
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

# Engines look there at each pull and push; none has to be restarted for it.
value ca | write_file "/etc/docker/certs.d/$(value registry)/ca.crt" 0644 || true

# Names that no resolver of the host has. They are added at each start, too (image/entrypoint): Docker rewrites the file then.
# What it was born with under another name stays until then, and does no harm.
if [ -n "$(optional names)" ]; then
  optional names | write_file /etc/swarm-ha/names 0644 || true
  while read -r line; do
    grep -qxF "$line" /etc/hosts || printf '%s\n' "$line" >>/etc/hosts
  done </etc/swarm-ha/names
fi

# The folder that all replicas share. What isn't mounted must never get the marker: a replica on it would serve nothing,
# and lose what is pushed to it.
if [ -n "$(optional storage.path)" ]; then
  storage=$(value storage.path)
  mountpoint -q "$storage" || fail "the registry's storage isn't mounted at $storage"
  chown "$(value storage.owner):$(value storage.owner)" "$storage"
  : >>"$storage/$(value storage.marker)"
fi

# --- The engine's files ----------------------------------------------------------------------------------------------

# All but labels is taken over only by a restart, and the steps of several managers run at the same time: restarts would
# cost the quorum. So a member of the swarm keeps the settings it has until it is replaced, which is an act of its own.
# (Asked of the disk, not of the engine: one that is slow to answer is no less a member.) A member without settings has
# lost its file system, not its data: its engine doesn't run yet, and starts with the settings of today.
member=false
[ ! -s /var/lib/docker/swarm/docker-state.json ] || [ ! -s /etc/docker/daemon.json ] || member=true

# Digest of what only a restart takes over, and of the labels; what the engine runs with is noted once it does.
restart_digest=$(value daemon | jq -cS 'del(.labels)' | sha256sum)
labels_digest=$(value daemon | jq -cS .labels | sha256sum)
applied=/etc/swarm-ha/applied
{ read -r restart_applied && read -r labels_applied; } 2>/dev/null <"$applied" || restart_applied="" labels_applied=""

pending=false
if $member && [ "$restart_digest" != "$restart_applied" ]; then
  pending=true
  printf '%s: keeps its engine settings until it is replaced: npm run replace -- <stack> %s\n' \
    "$name" "$name" >&2
  # Labels alone are taken over by a running engine.
  daemon=$(jq -S --argjson labels "$(value daemon | jq -c .labels)" '.labels = $labels' /etc/docker/daemon.json)
else
  daemon=$(value daemon)
fi
printf '%s\n' "$daemon" | write_file /etc/docker/daemon.json 0644 || true

# --- The services ----------------------------------------------------------------------------------------------------

# The marker lets the engine come up by itself from now on, after every reboot.
echo "$name" | write_file /etc/swarm-ha/prepared 0644 || true
settings_only_in_file

if ! $member && [ "$restart_digest" != "$restart_applied" ]; then
  service restart docker
else
  service start docker
  if [ "$labels_digest" != "$labels_applied" ]; then
    wait_for 90 "the engine of $name to answer" engine_up
    service reload docker
  fi
fi

# (While the engine comes up: supervisors take their time to say that a service runs.)
if [ -n "$(optional proxy)" ]; then
  # An engine of before HAProxy served the API holds that port as long as it keeps its settings.
  if jq -e '.hosts | any(startswith("tcp:"))' /etc/docker/daemon.json >/dev/null; then
    service start haproxy
  else
    proxy_apply
  fi
fi
wait_for 90 "the engine of $name to answer" engine_up
$pending || restart_applied=$restart_digest
printf '%s\n%s\n' "$restart_applied" "$labels_digest" | write_file "$applied" 0644 || true

engine GET /version </dev/null || fail "the engine can't be asked for its version: $reply"
jq -c --argjson pending "$pending" --argjson ipvs "$(feature ip_vs /proc/net/ip_vs)" --argjson esp "$(feature esp4 /sys/module/esp4)" \
  '{ engine: .Version, kernel: .KernelVersion, ipvs: $ipvs, esp: $esp, pending: $pending }' <<<"$reply"
