#!/usr/bin/env bash
# Reports what this host looks like: facts, logs, and how it reaches its peers. Changes nothing, and needs neither a Docker
# engine that answers nor any package of ours.
#
# Runs on a node, the bastion or a load balancer; day-two commands send it. Input: { mark: a text that no log has, seconds:
# limit of each part, lines and bytes: most of each part, logs: whether logs are wanted, peers: [name address port],
# names: [name to resolve], udp: { peers: token, own name and ports, then [name address] } where UDP is to be tried }
# Prints for each part a line `<mark> <name>` and its text. Facts are lines `<fact> <value>…`.
# shellcheck disable=SC2016 # the text of each part is for a shell of its own

. lib/common.sh
. lib/service.sh
. lib/reach.sh
. lib/udp.sh

mark=$(value mark)
seconds=$(value seconds)
lines=$(value lines)
bytes=$(value bytes)
logs=$(value logs)
begin=$(date +%s.%N)

# In memory, because a disk may be full.
for place in /dev/shm /run /tmp; do
  if folder=$(mktemp -d "$place/swarm-ha-diagnose.XXXXXX" 2>/dev/null); then break; fi
done
[ -d "${folder:-}" ] || fail "no folder can be created in /dev/shm, /run or /tmp"
trap 'rm -rf "$folder"' EXIT
names=()

# part NAME SHELL-TEXT: runs it in the background and keeps the end of what it prints.
part() {
  names+=("$1")
  {
    # Even a command that ignores its end must not hold up the others.
    timeout -k 1 "$seconds" bash -c "$2" 2>&1 </dev/null || {
      code=$?
      [ "$code" != 124 ] && [ "$code" != 137 ] || printf '\n(stopped after %s s)\n' "$seconds"
    }
  } 8>&- | tail -n "$lines" | tail -c "$bytes" >"$folder/$1" 2>/dev/null &
}

# log NAME SHELL-TEXT: a part that is left out where no logs are wanted.
log() {
  [ "$logs" != true ] || part "$@"
}

# --- Facts -------------------------------------------------------------------------------------------------------------

part facts '
  echo kernel "$(uname -r)"
  echo os "$(. /etc/os-release 2>/dev/null && echo "$PRETTY_NAME")"
  echo uptime "$(cut -d" " -f1 /proc/uptime)"
  awk "/^(MemTotal|MemAvailable):/ { print \"memory\", \$1, \$2 }" /proc/meminfo | tr -d :
  echo cgroup "$(stat -fc %T /sys/fs/cgroup)"
  ! command -v dockerd >/dev/null || dockerd --version | sed -n "s/.*version \([0-9][^, ]*\).*/engine \1/p"
  ! command -v iptables >/dev/null || iptables --version | sed -n "s/.*(\(.*\)).*/iptables \1/p"
  ip -o -4 addr show scope global | while read -r _ device _ address rest; do
    case $rest in *secondary*) echo address "$device" "$address" secondary ;; *) echo address "$device" "$address" primary ;; esac
  done
  for device in /sys/class/net/*; do
    case ${device##*/} in lo | veth*) ;; *) echo mtu "${device##*/}" "$(cat "$device/mtu")" ;; esac
  done
  feature() { if [ -e "$2" ] || modprobe -nq "$1" 2>/dev/null; then echo feature "$1" true; else echo feature "$1" false; fi; }
  feature ip_vs /proc/net/ip_vs
  feature esp4 /sys/module/esp4
  if [ -s /etc/docker/daemon.json ] && command -v jq >/dev/null; then
    digest() { jq -cS "$1" /etc/docker/daemon.json | sha256sum | cut -d" " -f1; }
    echo daemon settings "$(digest "del(.labels)")"
    echo daemon labels "$(digest .labels)"
  fi
  ! [ -s /etc/swarm-ha/applied ] || sed -n "1s/^\([0-9a-f]*\).*/daemon applied \1/p" /etc/swarm-ha/applied
'
part resolver '
  code=0
  timeout 4 getent ahostsv4 swarm-ha.invalid >/dev/null || code=$?
  if [ "$code" = 124 ]; then echo resolver silent; else echo resolver answers; fi
'

# --- For people --------------------------------------------------------------------------------------------------------

log engine-version 'docker version'
log engine-info 'docker info'
log containers 'docker ps -a --format "table {{.ID}}\t{{.Image}}\t{{.Status}}\t{{.Names}}"'
log disks 'df -hPT; echo; df -iP'
log memory 'free -m; echo; cat /proc/loadavg; echo; ps -eo pid,rss,pcpu,etime,comm --sort=-rss | head -n 25'
log network 'ip -br address; echo; ip route; echo; ip -s link; echo; cat /etc/resolv.conf'
log firewall 'iptables -S; echo; iptables -t nat -S'
log certificates '
  for file in /etc/docker/certs.d/*/ca.crt /etc/haproxy/*.pem /etc/haproxy/*.crt /var/lib/docker/swarm/certificates/*.crt; do
    [ -s "$file" ] || continue
    echo "$file"
    openssl x509 -noout -subject -issuer -startdate -enddate -in "$file"
  done
'
log haproxy-config 'cat /etc/haproxy/haproxy.cfg'
log daemon-config 'cat /etc/docker/daemon.json'
log boot-log '
  ! command -v cloud-init >/dev/null || cloud-init status --long
  for file in /var/log/cloud-init-output.log /var/log/swarm-ha-boot.log; do
    [ ! -s "$file" ] || { echo "== $file"; tail -n 400 "$file"; }
  done
'
if [ -d /run/systemd/system ]; then
  log engine-log "journalctl -u docker -u containerd -n $lines --no-pager -o short-iso"
  log haproxy-log "journalctl -u haproxy -n $lines --no-pager -o short-iso"
  log kernel-log "journalctl -k -n $lines --no-pager -o short-iso"
  log services 'systemctl list-units --failed --no-pager; timedatectl'
else
  log services 'for service in /etc/service/*; do sv status "$service"; done'
fi

# --- Peers -------------------------------------------------------------------------------------------------------------

names+=(reach names)
reached >"$folder/reach" 2>/dev/null &
{
  while read -r name; do
    [ -n "$name" ] || continue
    if timeout 4 getent ahostsv4 "$name" >/dev/null; then echo "$name" resolves; else echo "$name" unknown; fi
  done <<<"$(optional names)"
} >"$folder/names" 2>/dev/null </dev/null &

if [ -n "$(optional udp.peers)" ] && command -v perl >/dev/null; then
  names+=(udp)
  {
    printf 'begin %s\n' "$(date +%s.%N)"
    timeout -k 1 12 perl -e "$udp_program" <<<"$(value udp.peers)"
  } >"$folder/udp" 2>/dev/null &
fi

# A command in an uninterruptible wait outlives its limit, so the wait for all parts has one, too.
end=$((SECONDS + seconds + 4 > 13 ? SECONDS + seconds + 4 : SECONDS + 13))
while [ -n "$(jobs -rp)" ] && ((SECONDS < end)); do sleep 0.1; done
for name in "${names[@]}"; do
  printf '%s %s\n' "$mark" "$name"
  cat "$folder/$name" 2>/dev/null || true
  echo
done
printf '%s clock\nbegin %s\nend %s\n' "$mark" "$begin" "$(date +%s.%N)"
