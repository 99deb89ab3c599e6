#!/usr/bin/env bash
# Runs a step on its host, from the bastion: waits until the host shows its pinned key, then runs the step there.
#
# Runs on the bastion, under an SSH agent of its own. Argument: the digest of the step's script, which is installed here.
# Standard input: the length of the input below and a newline, the input, and then the host's data.
# Input: { name, address, port, hostKey: pinned, key: the client's private key, limit: seconds to connect; where another user than
# root logs in: user, sudo: { start, prefix }: what goes before the quoted command and before its input (components/ssh/elevate.ts) }
# Exits as the step does. Nothing is repeated once the step has begun.

read -r size && input=$(head -c "$size")

. lib/common.sh

digest=$1
name=$(value name)
address=$(value address)
port=$(value port)
limit=$(value limit)
host_key=$(value hostKey)
where="$name ($address:$port)"

# The host gets the script and its data on standard input.
script=$(</var/lib/swarm-ha/steps/"$step".sh)
script_size=$(printf '%s\n' "$script" | wc -c)
[[ $(printf '%s\n' "$script" | sha256sum) == "$digest"* ]] ||
  fail "the bastion has another version of this step's script; run \`up\` without --target"
data=$(cat)

user=$(optional user)
start=$(optional sudo.start)
prefix=${given[sudo.prefix]-}

# No secret is stored here: only the pinned key and ssh's messages. The client's key is only in the agent.
folder=$(mktemp -d /run/swarm-ha-on-host.XXXXXX)
# (An agent that is gone already must not become the step's exit code.)
trap 'kill "$SSH_AGENT_PID" 2>/dev/null || true; rm -rf "$folder"' EXIT
heard=$folder/heard begun=$folder/begun
printf '%s %s\n' "$name" "$host_key" >"$folder/known_hosts"
value key | ssh-add -q - 2>"$heard" || fail "the SSH agent doesn't accept the client's key: $(<"$heard")"
unset 'given[key]' 'given[sudo.prefix]' input

# A host that is silent for 30 s counts as lost: if it dies or hangs, its step fails within a minute.
options=(
  -F none -E "$heard" -T -p "$port" -l "${user:-root}"
  -o BatchMode=yes -o IdentityFile=none -o PreferredAuthentications=publickey
  -o StrictHostKeyChecking=yes -o "UserKnownHostsFile=$folder/known_hosts" -o GlobalKnownHostsFile=none
  -o "HostKeyAlias=$name" -o "HostKeyAlgorithms=${host_key%% *}" -o UpdateHostKeys=no
  -o ServerAliveInterval=10 -o ServerAliveCountMax=3
  # OpenSSH 9's sntrup761 costs 0.15 s of processor time on each side (measured), X25519 0.02 s. ML-KEM stays, where it is.
  -o 'KexAlgorithms=-sntrup*'
  # Runs here once the host has let the client in, before the step begins there.
  -o PermitLocalCommand=yes -o "LocalCommand=: >'$begun'"
)
remote="script=\$(head -c $script_size); exec bash -c \"\$script\" $step $digest"
# (No quote is in it.)
[ -z "$start" ] || remote="$start '$remote'"

# explained: what the last dial met, in one line.
explained() {
  local line fingerprint=""
  while read -r line; do
    [[ $line != SHA256:* ]] || fingerprint=${line%.}
  done <"$heard"
  line=$(grep -v '^$' "$heard" | tail -n 1) || line="nothing"
  case $line in
    "Host key verification failed"*) echo "another host key than the pinned one${fingerprint:+: $fingerprint}" ;;
    *) echo "${line%$'\r'}" ;;
  esac
}

# called: whether the caller of this step still waits. If its connection is gone, sshd has ended, and our parent is init. Under
# sudo, our parent stays, and sshd is another process.
called() {
  local parent
  if [ -n "${SWARM_HA_CALLER-}" ]; then
    kill -0 "$SWARM_HA_CALLER" 2>/dev/null
    return
  fi
  read -r _ _ _ parent _ <"/proc/$$/stat"
  ((parent == PPID))
}

end=$((SECONDS + limit)) pause=100
while true; do
  left=$((end - SECONDS)) code=0
  : >"$heard"
  ssh "${options[@]}" -o "ConnectTimeout=$((left > 10 ? 10 : left < 1 ? 1 : left))" "$address" "$remote" \
    < <(printf '%s' "$prefix" && printf '%s\n' "$script" "$data") || code=$?
  [ ! -e "$begun" ] || break
  seen=$(explained)
  ((SECONDS < end)) || fail "$where accepted no connection with its pinned host key within $limit s; saw last: $seen"
  called || fail "the run that started this step has ended"
  printf -v seconds '%d.%03d' $((pause / 1000)) $((pause % 1000))
  sleep "$seconds"
  pause=$((pause * 8 / 5 > 2000 ? 2000 : pause * 8 / 5))
done

# 255 is ssh's own code. Without an error from ssh, a signal ended the step.
((code != 255)) || [ ! -s "$heard" ] || fail "the connection to $where was lost while the step ran: $(explained)"
((code != 255)) || fail "the step ended on $where without an exit code"
exit "$code"
