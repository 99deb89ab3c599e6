#!/usr/bin/env bash
# Sets the new address of a replaced member in HAProxy, such as in another zone. Its settings follow
# at the end of the update, when all hosts exist. Until then it would have no address of the replaced ones.
#
# The member is out of service until its checks have passed. Runs in the container of a load balancer. Arguments: NAME ADDRESS.

set -euo pipefail

. lib/haproxy.sh

name=$1 address=$2

# For one that starts, now or later.
sed -Ei "s/^(  server $name )[0-9.]+:/\1$address:/" "$settings"

# If HAProxy isn't running yet, it reads the new address at its start.
known=$(ask "show servers state" 2>/dev/null) || exit 0

# Columns of version 1: 2 back-end, 4 server, 5 address. Source: HAProxy management guide, "show servers state".
awk -v name="$name" -v address="$address" '$4 == name && $5 != address { print $2 }' <<<"$known" |
  while read -r backend; do
    ask "set server $backend/$name health down"
    ask "set server $backend/$name addr $address"
  done
