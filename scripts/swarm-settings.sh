#!/usr/bin/env bash
# Sets the swarm's own settings, as far as the configuration has them; others stay.
#
# Runs on the bastion. Input: { certificateExpiry: hours, externalCa?: { urls: [url], root: PEM }, autolock?: true | false, client }
# Prints: { certificateExpiry, externalCa?: { urls, root: digest }, autolock? }, as they are then; with autolock: true also
# { unlockKey }, a secret.
#
# Without autolock in the input, it is turned off only where this step has turned it on, which a label of the swarm tells: somebody
# may have turned it on by hand.

. lib/common.sh
. lib/cluster.sh
. lib/swarm-root.sh

expiry=$(value certificateExpiry)
nanoseconds=$((expiry * 3600000000000))
autolock=$(optional autolock)

# What the swarm has, and what it should have.
arguments=(--arg expiry "$nanoseconds" --arg autolock "$autolock" --arg key swarm-ha.autolock)
# shellcheck disable=SC2016 # jq's variables
facts='(.Spec.EncryptionConfig.AutoLockManagers // false) as $is
  | (.Spec.Labels[$key] // "") as $marked
  | (if $autolock != "" then $autolock == "true" elif $marked != "" then false else $is end) as $wanted
  | (if $autolock == "true" then "true" else "" end) as $mark'

read_swarm
# shellcheck disable=SC2016
if ! swarm_is "$facts"' | (.Spec.CAConfig.NodeCertExpiry | tostring) == $expiry and $wanted == $is and $mark == $marked' "${arguments[@]}"; then
  # shellcheck disable=SC2016
  if swarm_is "$facts"' | $is and ($wanted | not)' "${arguments[@]}"; then
    # A manager that is away keeps its data locked by a key that the swarm forgets.
    read_away managers
    [ -z "$away" ] ||
      fail "autolock isn't turned off, because these managers are not Ready and Reachable, and would stay locked: $away. Run first: npm run repair -- <stack>"
  fi
  # shellcheck disable=SC2016
  change_swarm "$facts"' | .Spec
    | if $wanted == $is then . else .EncryptionConfig.AutoLockManagers = $wanted end
    | if $mark == $marked then . elif $mark == "" then del(.Labels[$key]) else .Labels[$key] = $mark end' "${arguments[@]}" ||
    fail "the swarm's settings can't be changed: $reply"
fi

root=$(optional externalCa.root) ca=null
if [ -z "$root" ]; then
  use_own_ca
else
  use_external_ca "$(value externalCa.urls)" "$root"
  digest=$(openssl x509 -noout -fingerprint -sha256 <<<"$root")
  ca=$(jq -nc --arg urls "$(value externalCa.urls)" --arg root "${digest#*=}" '{ urls: ($urls | split("\n")), root: $root }')
fi

reply="{}"
if [ "$autolock" = true ]; then
  cluster GET /swarm/unlockkey </dev/null || fail "the cluster doesn't return its unlock key: $reply"
fi
# Through a pipe: an argument could be read by every user of the bastion.
printf '%s\n' "$reply" | jq -ce --argjson expiry "$expiry" --argjson ca "$ca" --arg autolock "$autolock" '
  { certificateExpiry: $expiry }
  + (if $ca == null then {} else { externalCa: $ca } end)
  + (if $autolock == "" then {} else { autolock: ($autolock == "true") } end)
  + (if $autolock == "true" then { unlockKey: (.UnlockKey // "" | select(. != "")) } else {} end)' ||
  fail "autolock is on, and the cluster returns no unlock key"
