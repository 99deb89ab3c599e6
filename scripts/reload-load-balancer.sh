#!/usr/bin/env bash
# Reloads HAProxy's settings (lib/balancer.sh). Open connections stay.
#
# Runs in the container of a load balancer. Input: none.

set -euo pipefail

. lib/haproxy.sh
. lib/balancer.sh

# A service that refuses its settings ends.
haproxy -c -f "$settings" >/dev/null

reload_haproxy() { sv hup /etc/service/haproxy; }

apply_settings
