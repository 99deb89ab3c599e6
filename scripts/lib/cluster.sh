# shellcheck shell=bash
# Calls to the cluster from the bastion, through any manager that answers.

# The desired managers, written by the bastion step: a line `name address` for each. A file rather than an input,
# because the steps that remove nodes read their input from a state that may be years old.
managers=/etc/swarm-ha/managers
[ -s "$managers" ] || fail "$managers is missing: the bastion was replaced and not prepared yet; run \`up\` again"

# For how long a call is repeated, in seconds: after a leader's death an election takes 15 to 21.
api_limit=60

# The answer or error of the last call, and its HTTP status (000: no connection).
reply=""
status=000
# The manager that answered last; it is asked first the next time.
answering=""

# ask ADDRESS METHOD PATH: one call to one manager, standard input as body.
ask() {
  local address=$1 method=$2 path=$3
  # The client's key goes through a pipe that only curl reads: it is never on a disk, nor in an argument.
  reply=$(curl -sS --connect-timeout 3 --max-time 25 --cacert /etc/swarm-ha/ca.pem \
    --cert /etc/swarm-ha/client.pem --key <(value client.key) \
    -X "$method" -H 'Content-Type: application/json' --data-binary @- \
    -w '\n%{http_code}' "https://$address:2376$path" 2>&1) || {
    status=000
    return 1
  }
  status=${reply##*$'\n'}
  reply=${reply%$'\n'*}
  if ((status >= 400)); then
    reply="HTTP $status: $(jq -r '.message // .' <<<"$reply" 2>/dev/null || printf '%s' "${reply:0:400}")"
    return 1
  fi
}

# cluster METHOD PATH: one call to any manager that answers, standard input as body; repeated while none does.
# False when the cluster answered with a refusal (its reason in reply), which another manager would only repeat.
cluster() {
  local method=$1 path=$2 body address heard locked count end=$((SECONDS + api_limit)) addresses=()
  body=$(cat)
  while read -r _ address; do addresses+=("$address"); done <"$managers"
  while true; do
    heard="" locked=" " count=0
    for address in $answering "${addresses[@]}"; do
      if ask "$address" "$method" "$path" <<<"$body"; then
        answering=$address
        return 0
      fi
      case $status in 400 | 403 | 404 | 406 | 409 | 412) return 1 ;; esac
      # Written on a version that is no longer the newest: the caller has to read again.
      [[ $reply != *"out of sequence"* ]] || return 1
      heard+="; $address: $reply"
      # (The one that is asked first is in the list, too.)
      if [[ $reply == *"needs to be unlocked"* && $locked != *" $address "* ]]; then
        locked+="$address "
        count=$((count + 1))
      fi
    done
    # They stay locked, so there will be no leader.
    ((count < ${#addresses[@]} - ${#addresses[@]} / 2)) ||
      fail "$count of ${#addresses[@]} managers are locked (autolock), because their Docker engines were restarted. Unlock them: npm run repair -- <stack>$heard"
    ((SECONDS < end)) || fail "no manager answered the call within $api_limit s ($method ${path%%\?*})$heard"
    sleep 1
  done
}

# query FILTERS_JSON: filters, encoded for a URL of the Docker API.
query() {
  jq -rn --arg filters "$1" '"filters=" + ($filters | @uri)'
}

# node_update ID JQ_PROGRAM [NODE_JSON]: changes a node's spec, again when somebody else changed it in the meantime. NODE_JSON:
# the node as the caller has just read it. @default it is read here
node_update() {
  local id=$1 program=$2 node=${3-} version same spec try
  for try in 1 2 3 4 5; do
    if [ -z "$node" ]; then
      cluster GET "/nodes/$id" </dev/null || return 1
      node=$reply
    fi
    jq -r "(.Spec | $program) as \$spec | \"\(.Version.Index) \(\$spec == .Spec) \(\$spec | tojson)\"" <<<"$node" |
      read -r version same spec
    node=""
    [ "$same" != true ] || return 0
    if cluster POST "/nodes/$id/update?version=$version" <<<"$spec"; then return 0; fi
    [[ $reply == *"out of sequence"* ]] || return 1
    sleep "0.$try"
  done
  return 1
}
