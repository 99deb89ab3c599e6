# shellcheck shell=bash
# The HAProxy of a load balancer's container: its settings, and its runtime API.

settings=/etc/haproxy/haproxy.cfg

# ask COMMAND: prints the answer of the process that serves. Fails where none does, or one without this socket.
ask() { curl -sS --max-time 5 --unix-socket /run/haproxy.sock telnet://haproxy <<<"$1"; }
