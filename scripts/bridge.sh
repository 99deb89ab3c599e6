#!/usr/bin/env bash
# Leads this host's connections to a manager's former address to its present one, or ends that.
#
# `swarm init --force-new-cluster` keeps the manager's former address (docker/for-linux issue 523): hosts that join would send their
# answers there, and wait in vain. A reboot removes the rule. Runs on the host. Input: { name, from, to, on: yes | no }

. lib/common.sh

name=$(value name)
rule=(OUTPUT -p tcp -d "$(value from)" --dport 2377 -j DNAT --to-destination "$(value to):2377")
there() { iptables -w 10 -t nat -C "${rule[@]}" 2>/dev/null; }
if [ "$(value on)" = yes ]; then
  there || iptables -w 10 -t nat -I "${rule[@]}" || fail "$name can't redirect connections to $(value from)"
else
  while there; do iptables -w 10 -t nat -D "${rule[@]}" || fail "$name still redirects connections to $(value from)"; done
fi
