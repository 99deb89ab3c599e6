#!/usr/bin/env bash
# Makes a machine ready to be a node: checks it, writes the engine's settings and certificates, starts the engine.
#
# Input: { name, zone, daemon: text of daemon.json, tls?: { ca, certificate, key }, health?: haproxy.cfg }
# Prints: { engine, kernel, ipvs, esp } as JSON.

. lib/common.sh
. lib/service.sh
. lib/engine.sh

name=$(value name)

# --- The machine -----------------------------------------------------------------------------------------------------

# A cloud image is still installing when its sshd is up already.
if command -v cloud-init >/dev/null; then
  timeout 600 cloud-init status --wait >/dev/null || fail "cloud-init didn't end well: $(cloud-init status --long 2>&1)"
fi

for tool in dockerd curl jq ip ss openssl; do
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

# --- The engine's files ----------------------------------------------------------------------------------------------

active=false
if engine_up; then
  swarm_state
  [ "$state" = inactive ] || active=true
fi

# All but labels is taken over only by a restart, and steps of several managers run at the same time: restarts would
# cost the quorum. So on a running node nothing is changed, and rolling the hosts is an act of its own.
needs_restart=""
old_daemon=$(cat /etc/docker/daemon.json 2>/dev/null || true)
new_daemon=$(value daemon)

# without_labels: daemon.json on standard input, but for its labels.
without_labels() {
  jq -S 'del(.labels)'
}
if [ "$old_daemon" != "$new_daemon" ] && { [ -z "$old_daemon" ] ||
  [ "$(without_labels <<<"$old_daemon")" != "$(without_labels <<<"$new_daemon")" ]; }; then
  needs_restart="its settings (daemon.json)"
fi
if [ -n "$(optional tls.key)" ]; then
  for part in ca certificate key; do
    [ "$(cat "/etc/docker/tls/$part.pem" 2>/dev/null)" = "$(value "tls.$part")" ] || needs_restart="its TLS $part"
  done
fi
if $active && [ -n "$needs_restart" ]; then
  fail "$needs_restart changed, which a running node takes over only by a restart: roll the hosts one at a time with" \
    "'npm run replace -- <stack> $name'"
fi

if [ -n "$(optional tls.key)" ]; then
  for part in ca certificate key; do
    value "tls.$part" | write_file "/etc/docker/tls/$part.pem" 0600 || true
  done
fi
if write_file /etc/docker/daemon.json 0644 <<<"$new_daemon"; then daemon_changed=true; else daemon_changed=false; fi

# --- The services ----------------------------------------------------------------------------------------------------

# The marker lets the engine come up by itself from now on, after every reboot.
echo "$name" | write_file /etc/swarm-ha/prepared 0644 || true

if $active; then
  # Labels are all that can have changed here, and the engine takes them over without a restart.
  if $daemon_changed; then service reload docker; fi
elif $daemon_changed || [ -n "$needs_restart" ]; then
  service restart docker
else
  service start docker
fi

# (While the engine comes up: supervisors take their time to say that a service runs.)
if [ -n "$(optional health)" ]; then
  if value health | write_file /etc/haproxy/haproxy.cfg 0644; then
    service restart haproxy
  else
    service start haproxy
  fi
fi
wait_for 90 "the engine of $name to answer" engine_up

engine GET /version </dev/null || fail "the engine can't be asked for its version: $reply"
jq -c --argjson ipvs "$(feature ip_vs /proc/net/ip_vs)" --argjson esp "$(feature esp4 /sys/module/esp4)" \
  '{ engine: .Version, kernel: .KernelVersion, ipvs: $ipvs, esp: $esp }' <<<"$reply"
