#!/usr/bin/env bash
# Has HAProxy read its settings again, without an end to connections that are open.
#
# A new process takes every member for healthy until a check of it has failed. So it is told what the old one knows; a
# member that the old one doesn't know, or knew at another address, starts out of service until its checks have passed,
# as behind a cloud's. (HAProxy has a setting for that, `init-state`, from version 3.1 on.) Where nobody knows anything,
# because the load balancer has just been started, all members are tried.
#
# Runs in the container of a load balancer. Input: none.

set -euo pipefail

settings=/etc/haproxy/haproxy.cfg
socket=/run/haproxy.sock
state=/run/haproxy.state

# A service that refuses its settings ends.
haproxy -c -q -f "$settings"

# ask COMMAND: prints what the process that serves now answers; nothing where none does, or one without this socket.
ask() { curl -sS --max-time 5 --unix-socket "$socket" telnet://haproxy 2>/dev/null <<<"$1" || true; }

# serving: prints the id of that process.
serving() { ask "show info" | sed -n 's/^Pid: //p'; }

known=$(ask "show servers state")
before=$(serving)
if [ -n "$known" ]; then
  # A server's line, as version 1 of that format has it: 2 back-end, 4 server, 5 address, 6 state (0: out), 19 port, 22 port
  # of the check. Source: HAProxy management guide, "show servers state". Settings win over what the file says of ports.
  awk '
    FNR == NR { if (NF >= 22 && $1 != "#" && $6 != 0) line[$2, $4, $5 ":" $19] = $0; next }
    FNR == 1 { print 1 }
    $1 == "listen" || $1 == "backend" { backend = $2; checked = 0 }
    $1 == "default-server" { for (i = 2; i < NF; i++) if ($i == "port") checked = $(i + 1) }
    $1 == "server" {
      if ((backend, $2, $3) in line) $0 = line[backend, $2, $3]
      else {
        split($3, at, ":")
        $0 = "1 " backend " 1 " $2 " " at[1] " 0 0 1 1 0 1 0 0 6 0 0 0 - " at[2] " - 0 0 - - 0"
      }
      $22 = checked
      print
    }' <(printf '%s\n' "$known") "$settings" >"$state.new"
  mv -f "$state.new" "$state"
else
  rm -f "$state"
fi

sv hup /etc/service/haproxy

# Until the new process serves, the old one goes on sending people to members that are to be gone.
end=$((SECONDS + 30))
while [ -n "$before" ]; do
  now=$(serving)
  [ -z "$now" ] || [ "$now" = "$before" ] || break
  ((SECONDS < end)) || {
    printf 'waited 30 s for HAProxy on %s to read its settings again; process %s still serves\n' "$HOSTNAME" "$before" >&2
    exit 1
  }
  sleep 0.1
done
