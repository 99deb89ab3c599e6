#!/usr/bin/env bash
# Restores a backup into a scratch Docker engine on this host, and prints what it has. It runs without a network, so it never
# meets the swarm that it is a copy of, and pulls and runs nothing.
#
# Runs on the host, called by scripts/restore.sh on the bastion. Input: { name, state: base64 of the archive that
# scripts/save-swarm.sh has printed, compressed, nodeKey? }
# Prints: { swarmId, services: [name], secrets: [name], configs: [name], networks: [name] }

. lib/common.sh
. lib/forced.sh

name=$(value name)
# Its files may be large; its sockets' paths must be short.
data=/var/lib/docker/swarm-ha-verify run=/run/swarm-ha-verify
# An address for examples (RFC 5737), on a network of its own.
address=192.0.2.1

exec 7>/run/swarm-ha-verify.lock
flock -w 300 7 || fail "another verification has been running on $name for more than 300 s"
cleaned() {
  # (unshare ignores SIGTERM while it waits for its child.)
  [ -z "${scratch-}" ] || { kill -KILL "$scratch" && wait "$scratch"; } 2>/dev/null || true
  rm -rf "$data" "$run"
}
trap cleaned EXIT
rm -rf "$data" "$run"
mkdir -m 0700 "$data" "$run"
value state | base64 -d | tar -C "$data" -xzf - || fail "the backup can't be unpacked on $name"
[ -e "$data/complete" ] || fail "the backup is incomplete"
rm -rf "$data/swarm/docker-state.json" "$data/swarm/state.json" "$data/swarm/worker"

jq -n --arg data "$data" --arg run "$run" '{ hosts: ["unix://\($run)/docker.sock"], "data-root": $data, "exec-root": "\($run)/exec",
  pidfile: "\($run)/pid", bridge: "none", iptables: false, "ip-forward": false,
  "containerd-namespace": "swarm-ha-verify", "containerd-plugins-namespace": "swarm-ha-verify-plugins" }' >"$run/daemon.json"
# Killed with this script (setpriv), and with all of its own processes and mounts (unshare).
with_script=()
if setpriv --pdeathsig KILL true 2>/dev/null; then with_script=(setpriv --pdeathsig KILL); fi
# The node's key is decrypted (lib/forced.sh) in memory only: it opens the Raft log beside it.
# shellcheck disable=SC2016 # the inner shell's arguments
"${with_script[@]}" unshare --net --mount --pid --fork --kill-child --mount-proc bash -euc '
  certificates=$3/swarm/certificates
  # Otherwise the Docker engine mounts its folder over itself, and over the mount below (moby, setupDaemonRootPropagation).
  mount --bind "$3" "$3"
  mount --make-shared "$3"
  mkdir "$2/certificates"
  mount -t tmpfs -o mode=0700,size=4m tmpfs "$2/certificates"
  cp -a "$certificates/." "$2/certificates"
  mount --bind "$2/certificates" "$certificates"
  key=$(cat)
  [ -z "$key" ] || printf "%s\n" "$key" >"$certificates/swarm-node.key"
  ip link set lo up
  ip address add "$1/32" dev lo
  exec dockerd --config-file "$2/daemon.json" </dev/null' scratch "$address" "$run" "$data" \
  < <(optional nodeKey) >"$run/log" 2>&1 7>&- &
scratch=$!

# asked METHOD PATH [SECONDS]: one call to the scratch Docker engine, standard input as body.
asked() {
  local code
  reply=$(curl -sS --max-time "${3:-30}" --unix-socket "$run/docker.sock" -X "$1" -H 'Content-Type: application/json' \
    --data-binary @- -w '\n%{http_code}' "http://engine$2" 2>&1) || return 1
  code=${reply##*$'\n'}
  reply=${reply%$'\n'*}
  ((code < 400))
}
answers() {
  kill -0 "$scratch" 2>/dev/null || fail "the scratch Docker engine ended: $(tail -n 3 "$run/log" | tr '\n' ' ')"
  asked GET "$1" </dev/null || {
    seen=$reply
    return 1
  }
}
longest_pause=500
wait_for 60 "the scratch Docker engine on $name to answer" answers /_ping
force_swarm "$address" 60 asked ||
  fail "the scratch Docker engine can't make a swarm of the backup: $reply"
wait_for 60 "the scratch swarm on $name to list its services" answers /services

all=()
for path in /info /services /secrets /configs /networks; do
  answers "$path" || fail "the scratch Docker engine doesn't answer $path: $seen"
  all+=("$reply")
done
printf '%s\n' "${all[@]}" | jq -sc '
  def names: map(.Spec.Name) | sort;
  { swarmId: .[0].Swarm.Cluster.ID, services: (.[1] | names), secrets: (.[2] | names), configs: (.[3] | names),
    networks: [.[4][] | select(.Scope == "swarm") | .Name] | sort }'
