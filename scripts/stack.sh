#!/usr/bin/env bash
# Deploys a stack of services on the swarm and waits until it runs as described. What it makes has the label swarm-ha.stack,
# and nothing without it is ever removed: users' stacks may have any name.
#
# Runs on the bastion. Input: { stack, former: the stack's name before it had that label, services: their names without the
# stack's, a line each, compose: texts from 1 on, the later laid over the earlier, values: { NAME: text }, secrets: { name: text },
# configs: { name: text }, networks: { name: CIDR }, limit (seconds), client }
# The compose texts get each of the values as ${NAME}, and the names of its secrets and configs, which are external, as
# ${SECRET_<NAME>} and ${CONFIG_<NAME>}, in capitals, and a tenth of the workers, at
# least one, as ${TENTH_OF_WORKERS}, and as ${BORNE_WORKERS} the max_failure_ratio that bears one of them.
# Prints: { services: [name] }

. lib/common.sh
. lib/cluster.sh
. lib/docker-cli.sh
. lib/services.sh
. lib/deploy.sh
. lib/own-stack.sh

stack=$(value stack)
former=$(value former)

# With two runs at the same time, the second would remove what the first has just created.
exec 9>"/run/swarm-ha-stack-$stack.lock"
flock -w 900 9 || fail_locked "the stack $stack" 900
docker_folder "$stack"

# --- What it stands on -----------------------------------------------------------------------------------------------

for path in "${!given[@]}"; do
  case $path in
    networks.*)
      network_fits "${path#*.}" "${given[$path]}"
      own_network "$stack" "${path#*.}" "${given[$path]}"
      ;;
  esac
done
mapfile -t names <<<"$(value services)"
refuse_foreign "$stack" "${names[@]}"
down_nodes
update_begins
TENTH_OF_WORKERS=$(tenth worker)
BORNE_WORKERS=$(borne worker)
export TENTH_OF_WORKERS BORNE_WORKERS

# --- Secrets and configs ---------------------------------------------------------------------------------------------

# They can't be changed, so a name tells their content: a change makes a new one, and the services that use it roll.
# used: those that the stack uses now.
used=""

# make KIND NAME PATH: makes a secret or config with the input's value, if it isn't there.
make() {
  local kind=$1 name content hash
  content=${given[$3]}
  hash=$(printf '%s' "$content" | sha256sum)
  name=$stack-$2-${hash:0:12}
  used+=" $name"
  local variable=${kind^^}_${2^^}
  export "${variable//-/_}=$name"
  # Through a pipe: an argument could be read by every user of the bastion.
  printf '%s' "$content" | base64 -w0 | jq -Rc --arg name "$name" --arg stack "$stack" \
    '{ Name: $name, Labels: { "com.docker.stack.namespace": $stack, "swarm-ha.stack": $stack }, Data: . }' |
    if ! cluster POST "/${kind}s/create" && [ "$status" != 409 ]; then
      fail "the $kind $name can't be created: $reply"
    fi
}

for path in "${!given[@]}"; do
  case $path in
    secrets.*) make secret "${path#*.}" "$path" ;;
    configs.*) make config "${path#*.}" "$path" ;;
    values.*) export "${path#*.}=${given[$path]}" ;;
  esac
done

# --- The services ----------------------------------------------------------------------------------------------------

# Images are named by whoever gives the values, and no registry is asked what they mean: the managers may not reach it.
files=()
for ((i = 1; ; i++)); do
  [ -n "${given[compose.$i]+there}" ] || break
  value "compose.$i" >"$folder/$i.yml"
  files+=(--compose-file "$folder/$i.yml")
done
# Two replicas can't have the same port of a host.
remove_former "$former"
docker_cli stack deploy --resolve-image never "${files[@]}" "$stack" </dev/null ||
  fail "the stack $stack can't be deployed: $heard"
prune_services "$stack" "${names[@]}"
((present > 0)) || longest_pause=500
wait_for "$(value limit)" "the services of the stack $stack to run as described" converged "$stack"
# After a change, a manager may still show the old tasks for a moment: check again.
if ((present > 0)); then
  sleep 1
  wait_for "$(value limit)" "the services of the stack $stack to run as described" converged "$stack"
fi

# --- What is left of former descriptions -----------------------------------------------------------------------------

for kind in secret config; do
  prune "$kind" "$stack" "$former" "$used"
done

services "$stack"
jq -c '{ services: [.[].Spec.Name] | sort }' <<<"$reply"
