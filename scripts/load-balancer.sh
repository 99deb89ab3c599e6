#!/usr/bin/env bash
# Makes a host a load balancer, or changes its settings: HAProxy, and keepalived for the virtual address. Open connections stay.
#
# Runs on the host. Input: { name, haproxy: text of haproxy.cfg, keepalived: text of keepalived.conf, where @INTERFACE@ stands for
# the interface with the host's own address (its unicast_src_ip) }
# Prints: {}

. lib/common.sh
. lib/service.sh
. lib/marker.sh
. lib/written.sh

# Where the settings have HAProxy's runtime API, and the members' states.
socket=$(value haproxy | awk '$1 == "stats" && $2 == "socket" { print $3; exit }')
state=$(value haproxy | awk '$1 == "server-state-file" { print $2; exit }')

. lib/haproxy.sh

# New members may join only after this step, so it doesn't wait for them; without them, those before go on serving.
# shellcheck disable=SC2034 # for lib/balancer.sh
PATIENCE=10 too_late=keep

. lib/balancer.sh

name=$(value name)
require_root
require_marker "$name"
exec 9>/run/swarm-ha-load-balancer.lock
flock -w 90 9 || fail_locked "the load balancer $name" 90

# --- What is wrong stays out --------------------------------------------------------------------------------------------

if [ -z "$socket" ] || [ -z "$state" ]; then
  fail "HAProxy's settings for $name lack a stats socket or a server-state-file"
fi
address=$(value keepalived | awk '$1 == "unicast_src_ip" { print $2; exit }')
if [ -n "$address" ]; then
  interface=$(ip -o -4 addr show to "$address/32" | awk 'NR == 1 { print $2 }')
  [ -n "$interface" ] ||
    fail "no interface of $name has the address $address; it has: $(ip -o -4 addr show scope global | awk '{ print $4 " on " $2 }' | paste -sd, -). Correct the inventory"
else
  # One host alone has the virtual address, and nobody to tell.
  interface=$(ip -o -4 route show default | sed -n '1s/.* dev \([^ ]*\).*/\1/p')
  [ -n "$interface" ] || fail "$name has no default route, whose interface would get the virtual address"
fi

stage=$(mktemp -d /run/swarm-ha-load-balancer.XXXXXX)
trap 'rm -rf "$stage"' EXIT
value haproxy >"$stage/haproxy.cfg"
value keepalived | sed "s/@INTERFACE@/$interface/g" >"$stage/keepalived.conf"
refusal=$(haproxy -c -f "$stage/haproxy.cfg" 2>&1) || fail "HAProxy of $name keeps its settings, because the new ones are wrong: $refusal"
refusal=$(keepalived --config-test --use-file "$stage/keepalived.conf" 2>&1) ||
  fail "keepalived of $name keeps its settings, because the new ones are wrong: $refusal"

# --- HAProxy -------------------------------------------------------------------------------------------------------------

# It binds to the virtual address where another host has it, too.
echo 'net.ipv4.ip_nonlocal_bind = 1' | write_file "$nonlocal_settings" 0644 || true
sysctl -q -p "$nonlocal_settings" >&2 || fail "$name can't set net.ipv4.ip_nonlocal_bind"

reload_haproxy() { service reload haproxy; }
answers() {
  seen="no answer on its socket"
  [ -n "$(serving)" ]
}

changed=false
if write_file "$settings" 0644 <"$stage/haproxy.cfg"; then changed=true; fi
echo "$name" | write_file "$own_folder/load-balancer" 0644 || true
if ! service_runs haproxy; then
  # Whatever it knew of the members.
  rm -f "$state"
  service start haproxy || fail "HAProxy of $name doesn't start; $(service_log haproxy)"
elif $changed || ! answers || ! cmp -s "$stage/haproxy.cfg" "$own_folder/load-balancer.cfg"; then
  apply_settings || fail "HAProxy of $name doesn't serve with its new settings; $(service_log haproxy)"
fi
wait_for 60 "HAProxy of $name to answer" answers
# (A killed run may have written the settings without a reload.)
write_file "$own_folder/load-balancer.cfg" 0600 <"$stage/haproxy.cfg" || true

# --- The virtual address -------------------------------------------------------------------------------------------------

changed=false
if write_file /etc/keepalived/keepalived.conf 0644 <"$stage/keepalived.conf"; then changed=true; fi
if ! service_runs keepalived; then
  service start keepalived || fail "keepalived of $name doesn't start; $(service_log keepalived)"
elif $changed; then
  service reload keepalived || fail "keepalived of $name doesn't read its new settings; $(service_log keepalived)"
fi
keeps() {
  seen="it doesn't run"
  service_runs keepalived
}
wait_for 30 "keepalived of $name to run" keeps
# After a reboot, too.
systemctl enable --quiet haproxy keepalived

echo '{}'
