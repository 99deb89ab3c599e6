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

# may_unlock: fails unless all managers would take part. One that is away keeps its data locked by a key that the swarm forgets.
may_unlock() {
  local away
  cluster GET /nodes </dev/null || fail "the cluster doesn't list its nodes: $reply"
  away=$(jq -r '[.[] | select(.ManagerStatus != null and (.Status.State != "ready" or .ManagerStatus.Reachability != "reachable"))
    | .Description.Hostname] | sort | join(", ")' <<<"$reply")
  [ -z "$away" ] ||
    fail "autolock isn't turned off, because these managers are not Ready and Reachable, and would stay locked: $away. Run first: npm run repair -- <stack>"
}

# settle: sets what differs; false when somebody else has changed the swarm's settings in the meantime.
settle() {
  local version same opens spec
  cluster GET /swarm </dev/null || fail "the cluster doesn't return its settings: $reply"
  # (The expiry as text: jq 1.6 has only 53 bits for a number, and 87600 hours need 59.)
  jq -r --arg expiry "$nanoseconds" --arg autolock "$autolock" '
    (.Spec.EncryptionConfig.AutoLockManagers // false) as $is
    | (.Spec.Labels["swarm-ha.autolock"] // "") as $marked
    | (if $autolock != "" then $autolock == "true" elif $marked != "" then false else $is end) as $wanted
    | (if $autolock == "true" then "true" else "" end) as $mark
    | ((.Spec.CAConfig.NodeCertExpiry | tostring) == $expiry and $wanted == $is and $mark == $marked) as $same
    | "\(.Version.Index) \($same) \($is and ($wanted | not)) " + (.Spec
      | .CAConfig.NodeCertExpiry = "@expiry@"
      | if $wanted == $is then . else .EncryptionConfig.AutoLockManagers = $wanted end
      | if $mark == $marked then . elif $mark == "" then del(.Labels["swarm-ha.autolock"])
        else .Labels["swarm-ha.autolock"] = $mark end
      | tojson)' <<<"$reply" | read -r version same opens spec ||
    fail "the swarm's settings can't be read"
  [ "$same" != true ] || return 0
  [ "$opens" != true ] || may_unlock
  cluster POST "/swarm/update?version=$version" <<<"${spec/\"@expiry@\"/$nanoseconds}" && return 0
  [[ $reply == *"out of sequence"* ]] || fail "the swarm's settings can't be changed: $reply"
  seen=$reply
  return 1
}
wait_for 30 "the swarm to take its settings" settle

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
