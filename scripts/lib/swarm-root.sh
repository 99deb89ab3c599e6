# shellcheck shell=bash
# Who signs the nodes' certificates: the swarm itself, or an external CA. Needs lib/cluster.sh.
#
# Rules of swarmkit (manager/controlapi/ca_rotation.go): a root is exchanged only for another one, while the managers trust both, until
# every node has renewed. For an external CA the new root and the CA with that root are given together. From one external CA to
# another there is no way. Every later change of the swarm's settings is refused while the external CA doesn't answer.

# The swarm's label while this program has set its external CA. One that was set by hand is left alone.
external_ca_label="swarm-ha.external-ca"

# Whether an exchange of the root waits until all hosts of the stack are nodes: join tokens are new afterwards.
await_members=true
# Seconds for that.
members_limit=300

# jq definitions about `GET /swarm`: whether two certificates are the same, and whether the present root is an external CA's.
# shellcheck disable=SC2016 # jq's variables
root_program='def plain: gsub("\\s"; "");
  def cas: .Spec.CAConfig.ExternalCAs // [];
  def trust: (.TLSInfo.TrustRoot // "") | plain;
  def outside: trust as $trust | [cas[] | select((.CACert // "" | plain) as $one | $one == "" or $one == $trust)] != [];
  def rotating: .RootRotationInProgress // false;'

# read_swarm: sets swarm to the answer of `GET /swarm`. It holds join tokens: only through pipes.
read_swarm() {
  cluster GET /swarm </dev/null || fail "the cluster doesn't return its settings: $reply"
  swarm=$reply
}

# swarm_is PROGRAM [ARGUMENT…]: whether it is true of the swarm as it was read.
swarm_is() {
  local answer
  answer=$(jq -r "${@:2}" "$root_program $1" <<<"$swarm") || true
  # (Callers use this in a condition, where `set -e` is off.)
  [[ $answer == true || $answer == false ]] || fail "the swarm's settings can't be read: ${answer:0:200}"
  $answer
}

# change_swarm PROGRAM [ARGUMENT…]: changes the swarm's specification; read again where somebody else was faster. The nodes'
# certificates are valid for $nanoseconds. (As text: jq 1.6 has only 53 bits for a number, and 87600 hours need 59.)
change_swarm() {
  local version spec try
  for try in 1 2 3 4 5; do
    read_swarm
    jq -r "${@:2}" "$root_program"' (.Version.Index | tostring) + " " + ('"$1"' | .CAConfig.NodeCertExpiry = "@expiry@" | tojson)' \
      <<<"$swarm" | read -r version spec || true
    # (Callers use this in a condition, where `set -e` is off.)
    [[ $spec == *'"@expiry@"'* ]] || fail "the swarm's settings can't be read: ${version:0:100} ${spec:0:200}"
    if printf '%s' "${spec/\"@expiry@\"/$nanoseconds}" | cluster POST "/swarm/update?version=$version"; then return 0; fi
    [[ $reply == *"out of sequence"* ]] || return 1
    sleep "0.$try"
  done
  return 1
}

# read_nodes: sets nodes to the answer of `GET /nodes`.
read_nodes() {
  cluster GET /nodes </dev/null || fail "the cluster doesn't list its nodes: $reply"
  nodes=$reply
}

# joined: a check; every host of the stack is a node.
joined() {
  local name _ missing=""
  read_nodes
  while read -r name _; do
    [ -z "$name" ] || jq -e --arg name "$name" 'any(.[]; .Description.Hostname == $name)' <<<"$nodes" >/dev/null || missing+=" $name"
  done </etc/swarm-ha/hosts
  seen="not in the swarm:$missing"
  [ -z "$missing" ]
}

# read_away nodes|managers: sets away to those that are not Ready and Reachable, with what each is.
read_away() {
  read_nodes
  away=$(jq -r --arg of "$1" '[.[] | select($of == "nodes" or .ManagerStatus != null)
    | select(.Status.State != "ready" or (.ManagerStatus != null and .ManagerStatus.Reachability != "reachable"))
    | "\(.Description.Hostname) is \(if .Status.State == "ready" then "unreachable as a manager" else .Status.State end)"] | sort | join(", ")' <<<"$nodes")
}

# require_nodes: fails while a node can't renew its certificate: the rotation would never end.
require_nodes() {
  ! $await_members || wait_for "$members_limit" "all hosts of the stack to be in the swarm, before its root is exchanged" joined
  read_away nodes
  [ -z "$away" ] ||
    fail "the swarm's root is not exchanged, because that never ends while a node can't renew: $away. Nothing was changed. Repair it, then run \`up\` again"
}

# renewed: a check; no rotation is under way.
renewed() {
  read_swarm
  swarm_is rotating || return 0
  read_nodes
  printf '%s\n' "$swarm" "$nodes" | jq -src '. as [$swarm, $nodes] | [$nodes[]
    | select(.Description.TLSInfo.CertIssuerPublicKey != $swarm.TLSInfo.CertIssuerPublicKey) | .Description.Hostname] | sort | join(", ")' |
    read -r seen || true
  seen="certificates of the former root on: ${seen:-no node}"
  return 1
}

# await_renewal: the managers let 30 nodes renew at a time (swarmkit, ca/reconciler.go).
await_renewal() {
  local count
  read_nodes
  count=$(jq length <<<"$nodes")
  longest_pause=1000
  wait_for $((120 + 5 * count)) "every node to have a certificate of the new root (the swarm goes on with it, run \`up\` again)" renewed
}

# use_external_ca URLS ROOT: nodes' certificates are signed there from now on. Nothing is done where that is so.
use_external_ca() {
  local arguments=(--arg root "$2" --arg urls "$1" --arg mark "$external_ca_label")
  # shellcheck disable=SC2016 # jq's variables
  local wanted='[$urls | split("\n")[] | select(. != "") | { Protocol: "cfssl", URL: ., CACert: $root }]'
  read_swarm
  # shellcheck disable=SC2016
  if swarm_is '(rotating | not) and trust == ($root | plain) and (.Spec.Labels[$mark] != null)
    and ([cas[] | [.URL, (.CACert // "" | plain)]] == ['"$wanted"'[] | [.URL, (.CACert | plain)]])' "${arguments[@]}"; then return 0; fi
  # shellcheck disable=SC2016
  if ! swarm_is 'trust == ($root | plain)' "${arguments[@]}"; then
    ! swarm_is outside ||
      fail "another external CA signs the nodes' certificates ($(jq -r '[.Spec.CAConfig.ExternalCAs[].URL] | join(", ")' <<<"$swarm")), and a swarm" \
        "can't be moved from one to another. Nothing was changed. Remove swarm-ha:externalCa and run \`up\`: the swarm signs by itself again. Then set the new one"
    # (A rotation that this step has begun before goes on with the same root.)
    swarm_is rotating || require_nodes
  fi
  # (The certificate only while the CA doesn't sign yet: the swarm refuses one that expires within a year, and its URLs change all the same.)
  # shellcheck disable=SC2016
  change_swarm '(outside and trust == ($root | plain) and (rotating | not)) as $signs | .Spec
    | .Labels = (.Labels // {}) + { ($mark): "cfssl" } | .CAConfig.ExternalCAs = '"$wanted"'
    | if $signs then . else .CAConfig.SigningCACert = $root end' \
    "${arguments[@]}" || fail "the swarm refuses the external CA: $reply. Nothing was changed"
  await_renewal
}

# use_own_ca: the swarm signs by itself again, where this program has given it an external CA.
use_own_ca() {
  local force='.CAConfig.ForceRotate = (.CAConfig.ForceRotate // 0) + 1 | .CAConfig.SigningCACert = ""' try
  local -a arguments=(--arg mark "$external_ca_label")
  read_swarm
  # shellcheck disable=SC2016
  swarm_is '.Spec.Labels[$mark] != null' "${arguments[@]}" || return 0
  for try in 1 2 3; do
    if swarm_is 'outside and (rotating | not)'; then
      require_nodes
      change_swarm ".Spec | $force" || fail "the swarm can't leave its external CA: $reply. The CA has to answer, and to sign the new root with its" \
        "profile CA (docs/operations/external-ca.md). Nothing was changed"
    elif swarm_is '(outside | not) and rotating and cas != []'; then
      # On its way to the external CA: the former root's key is still in the swarm.
      change_swarm ".Spec | .CAConfig.ExternalCAs = [] | $force" || fail "the swarm can't leave its external CA: $reply"
    elif ! swarm_is rotating; then
      # shellcheck disable=SC2016
      change_swarm '.Spec | .CAConfig.ExternalCAs = [] | .Labels |= del(.[$mark])' "${arguments[@]}" ||
        fail "the swarm signs by itself, but its former external CA can't be removed from its settings: $reply"
      return 0
    fi
    await_renewal
    read_swarm
  done
  fail "the swarm's root changed $try times during this step. Is another program rotating it? Then stop that, and run \`up\` again"
}
