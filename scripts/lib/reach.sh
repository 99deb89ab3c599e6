# shellcheck shell=bash
# How this host reaches its peers.

# Seconds for one connection to a peer.
connect_limit=3
# Connections at a time: each is a process.
connections=48

# outcome ADDRESS PORT: how a TCP connection goes: open, refused, silent or unreachable.
outcome() {
  local heard code=0
  # shellcheck disable=SC2016 # the inner shell's arguments
  heard=$(timeout "$connect_limit" bash -c 'exec 3<>"/dev/tcp/$1/$2"' probe "$1" "$2" 2>&1) || code=$?
  case $code:$heard in
    0:*) echo open ;;
    124:*) echo silent ;;
    *refused*) echo refused ;;
    *) echo unreachable ;;
  esac
}

# reached: a line `to port outcome` for each peer of the input: [name address port].
reached() {
  local peer address port begun=0
  while read -r peer address port; do
    [ -n "$peer" ] || continue
    printf '%s %s %s\n' "$peer" "$port" "$(outcome "$address" "$port")" &
    ((++begun % connections)) || wait
  done <<<"$(optional peers)"
  wait
}
