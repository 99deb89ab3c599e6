# shellcheck shell=bash
# The HAProxy of a load balancer: its settings, and its runtime API.

settings=/etc/haproxy/haproxy.cfg
# Its runtime API.
socket=${socket:-/run/haproxy.sock}

# ask COMMAND: prints the answer of the process that serves. Fails where none does, or one without this socket.
ask() { curl -sS --max-time 5 --unix-socket "$socket" telnet://haproxy <<<"$1"; }
