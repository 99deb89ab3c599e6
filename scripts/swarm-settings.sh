#!/usr/bin/env bash
# Sets the swarm's own settings, as far as the configuration has them; others stay.
#
# Runs on the bastion. Input: { certificateExpiry: hours, externalCa?: { urls: [url], root: PEM }, client }
# Prints: { certificateExpiry, externalCa?: { urls, root: digest } }, as they are then.

. lib/common.sh
. lib/cluster.sh
. lib/swarm-root.sh

expiry=$(value certificateExpiry)
nanoseconds=$((expiry * 3600000000000))

# settle: sets what differs; false when somebody else has changed the swarm's settings in the meantime.
settle() {
  local version same spec
  cluster GET /swarm </dev/null || fail "the cluster doesn't return its settings: $reply"
  # (As text: jq 1.6 has only 53 bits for a number, and 87600 hours need 59.)
  jq -r --arg expiry "$nanoseconds" '"\(.Version.Index) \((.Spec.CAConfig.NodeCertExpiry | tostring) == $expiry) "
    + (.Spec | .CAConfig.NodeCertExpiry = "@expiry@" | tojson)' <<<"$reply" | read -r version same spec
  [ "$same" != true ] || return 0
  cluster POST "/swarm/update?version=$version" <<<"${spec/\"@expiry@\"/$nanoseconds}" && return 0
  [[ $reply == *"out of sequence"* ]] || fail "the swarm's settings can't be changed: $reply"
  seen=$reply
  return 1
}
wait_for 30 "the swarm to take its settings" settle

root=$(optional externalCa.root)
if [ -z "$root" ]; then
  use_own_ca
  printf '{"certificateExpiry":%s}\n' "$expiry"
else
  use_external_ca "$(value externalCa.urls)" "$root"
  digest=$(openssl x509 -noout -fingerprint -sha256 <<<"$root")
  jq -nc --argjson expiry "$expiry" --arg urls "$(value externalCa.urls)" --arg root "${digest#*=}" \
    '{ certificateExpiry: $expiry, externalCa: { urls: ($urls | split("\n")), root: $root } }'
fi
