#!/usr/bin/env bash
# Asks the swarm's external CA from this host: whether it signs as the swarm needs it, or only whether it answers.
#
# Runs on a manager, before the swarm is moved to that CA; `status` sends it, too. Input: { action: check | look, urls: [url], root: PEM }
# Prints, for look: { silent: [{ url, seen }] }

. lib/common.sh
. lib/external-ca.sh

case $(value action) in
  check)
    require_external_ca "$(value urls)" "$(value root)" \
      "Nothing was changed. What the CA has to do: docs/operations/external-ca.md"
    ;;
  look)
    begin_external_ca "$(value root)"
    # All at once: each may take 10 s.
    mapfile -t urls <<<"$(value urls)"
    calls=()
    for i in "${!urls[@]}"; do
      {
        external_ca_answers "${urls[i]}" || jq -nc --arg url "${urls[i]}" --arg seen "$seen" '{ url: $url, seen: $seen }'
      } >"$ca_folder/silent-$i" &
      calls+=($!)
    done
    for call in "${calls[@]}"; do wait "$call" || fail "a call of the external CA ended early"; done
    for i in "${!urls[@]}"; do cat "$ca_folder/silent-$i"; done | jq -sc '{ silent: . }'
    ;;
  *) fail "unknown action $(value action)" ;;
esac
