#!/usr/bin/env bash
# Reports which host of the stack this is, from its marker. Changes nothing.
#
# Runs on the host. Input: { stack, name }
# Prints: { identity, machineId, stack, name }, or { identity: "" } where the host isn't claimed for this name, or is another machine
# with a copy of the marker.

. lib/common.sh
. lib/json.sh
. lib/marker.sh

require_root
id=$(machine_id)
if [ "$(marked stack)" = "$(value stack)" ] && [ "$(marked name)" = "$(value name)" ] && [ "$(marked machine-id)" = "$id" ]; then
  printf '{"identity":%s,"machineId":%s,"stack":%s,"name":%s}\n' "$(json_text "$(marked identity)")" "$(json_text "$id")" \
    "$(json_text "$(marked stack)")" "$(json_text "$(marked name)")"
else
  printf '{"identity":""}\n'
fi
