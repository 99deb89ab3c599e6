#!/usr/bin/env bash
# Prepares the bastion for the cluster-wide steps.
#
# Input: { managers: [name address], hosts: [name role pool zone maxUnavailable], ca, certificate: what its steps show to managers,
# drain: { timeout (seconds), onTimeout: fail | continue }, steps: text of the other steps by name }

. lib/common.sh
. lib/booted.sh

await_boot

for tool in curl jq flock docker ssh ssh-add ssh-agent; do
  command -v "$tool" >/dev/null || fail "$tool is not installed on the bastion; its image must contain it"
done

value ca | write_file /etc/swarm-ha/ca.pem 0644 || true
# Without its key, which each step sends, and which is never stored on a disk.
value certificate | write_file /etc/swarm-ha/client.pem 0644 || true
echo "$(value drain.timeout) $(value drain.onTimeout)" | write_file /etc/swarm-ha/drain 0644 || true
value hosts | write_file /etc/swarm-ha/hosts 0644 || true
for path in "${!given[@]}"; do
  [[ $path == steps.* ]] || continue
  value "$path" | write_file "/var/lib/swarm-ha/steps/${path#steps.}.sh" 0644 || true
done
value managers | write_file /etc/swarm-ha/managers 0644 || true
