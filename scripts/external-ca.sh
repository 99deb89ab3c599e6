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
    while read -r url; do
      external_ca_answers "$url" || jq -nc --arg url "$url" --arg seen "$seen" '{ url: $url, seen: $seen }'
    done <<<"$(value urls)" | jq -sc '{ silent: . }'
    ;;
  *) fail "unknown action $(value action)" ;;
esac
