#!/usr/bin/env bash
# The yardstick: the shortest script that creates this swarm once and assumes that nothing fails.
# It checks nothing, can't be run twice and can't undo anything, so its time is about the minimum for this work.
#
# bare.sh DIRECTORY bootstrap   a swarm of the hosts in DIRECTORY/hosts
# bare.sh DIRECTORY hosts       creates the further hosts of DIRECTORY/further, until sshd runs
# bare.sh DIRECTORY grow        joins those
set -euo pipefail

directory=$1
# At most this many connections at once.
: "${PARALLEL:=16}"

overlay_pool='' overlay_size='' certificate_expiry='' # Written by inventory.ts:
# shellcheck source=/dev/null
. "$directory/settings.sh"
export directory stack label image PARALLEL

# on HOST COMMAND: over the bastion, host keys pinned, connections shared.
on() {
  ssh -F "$directory/ssh_config" "$@"
}

# each FUNCTION: calls it for every line of standard input, PARALLEL at a time.
each() {
  xargs -P "$PARALLEL" -L 1 bash -euo pipefail -c "$1"' "$@"' bare
}

prepare() {
  # shellcheck disable=SC2016 # for the host
  tar -C "$directory/files/$1" --owner=0 --group=0 -c . | on "$1" 'tar -xC / && chmod 755 / /etc &&
    if [ -e /etc/haproxy/haproxy.cfg ]; then sv start haproxy; fi && sv start docker &&
    until curl -sf --unix-socket /var/run/docker.sock http://engine/_ping; do sleep 0.1; done' >/dev/null
}

# join NAME ADDRESS: the token comes on standard input.
join() {
  on "$1" "read -r token && docker swarm join --listen-addr $2:2377 --advertise-addr $2:2377 --token \$token $first:2377 &&
    until [ -n \"\$(ss -Hltn 'sport = :7946')\" ]; do sleep 0.1; done" >/dev/null
}

join_worker() {
  join "$1" "$5" <<<"$worker_token"
}

# labels NAME ROLE ZONE POOL ADDRESS IDENTITY: prints the command that labels a node when it is Ready.
labels() {
  echo "until [ \"\$(docker node inspect $1 --format '{{.Status.State}}')\" = ready ]; do sleep 0.1; done;" \
    "docker node update --label-add swarm-ha.role=$2 --label-add swarm-ha.zone=$3 --label-add swarm-ha.pool=$4" \
    "--label-add swarm-ha.identity=$6 $([ "$2" != manager ] || echo --availability drain) $1 >/dev/null"
}

tokens() {
  worker_token=$(on manager-1 docker swarm join-token -q worker)
  export worker_token
}

bootstrap() {
  each prepare <"$directory/hosts"
  on manager-1 "docker swarm init --listen-addr $first:2377 --advertise-addr $first:2377 --cert-expiry $certificate_expiry \
    --default-addr-pool $overlay_pool --default-addr-pool-mask-length $overlay_size" >/dev/null
  tokens
  manager_token=$(on manager-1 docker swarm join-token -q manager)
  while read -r name role zone pool address identity <&3; do
    [ "$role" = manager ] || continue
    [ "$name" = manager-1 ] || join "$name" "$address" <<<"$manager_token"
    labels "$name" "$role" "$zone" "$pool" "$address" "$identity" |
      on manager-1 "until [ \"\$(docker node inspect $name --format '{{.ManagerStatus.Reachability}}')\" = reachable ]; do
        sleep 0.1; done; bash"
  done 3<"$directory/hosts"
  join_all hosts
}

# join_all FILE: its workers in parallel, then all their labels.
join_all() {
  grep -v ' manager ' "$directory/$1" | each join_worker
  grep -v ' manager ' "$directory/$1" | while read -r node; do
    # shellcheck disable=SC2086 # words
    labels $node
  done | on manager-1 bash
}

# make NAME ROLE ZONE POOL ADDRESS: a container as the platform makes it, with a host key of its own.
make() {
  local files=$directory/made/$1
  # A round before may have made one of that name; ssh-keygen would ask whether to overwrite its key.
  rm -rf "$files"
  mkdir -p "$files/etc/ssh"
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$files/etc/ssh/ssh_host_ed25519_key"
  cp "$directory/key.pub" "$files/etc/ssh/authorized_keys"
  docker create --name "$stack-$1" --hostname "$1" --network "$stack" --network-alias "$1" --ip "$5" \
    --label "$label" --label "swarm-ha.role=$2" --label "swarm-ha.zone=$3" --label "swarm-ha.host=$1" \
    --restart unless-stopped --tmpfs /run:rw,exec,mode=755 --cap-add ALL --cap-drop SYS_RESOURCE \
    --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
    --device-cgroup-rule 'a *:* rwm' --log-opt max-size=5m --log-opt max-file=2 \
    --mount "type=volume,src=$stack-$1-engine,dst=/var/lib/docker,volume-nocopy,volume-label=$label" "$image" >/dev/null
  tar -C "$files" --owner=0 --group=0 -c etc | docker cp - "$stack-$1:/"
  docker start "$stack-$1" >/dev/null
}

hosts() {
  each make <"$directory/further"
  while read -r name _; do
    echo "$name $(cut -d ' ' -f 1,2 "$directory/made/$name/etc/ssh/ssh_host_ed25519_key.pub")"
  done <"$directory/further" >>"$directory/known_hosts"
}

grow() {
  tokens
  each prepare <"$directory/further"
  join_all further
}

first=$(awk '$1 == "manager-1" { print $5 }' "$directory/hosts")
export first
export -f on prepare join join_worker make

trap 'ssh -F "$directory/ssh_config" -O exit bastion 2>/dev/null || true' EXIT
"$2"
