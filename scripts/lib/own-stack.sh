# shellcheck shell=bash
# Objects of our own stacks. Needs lib/cluster.sh.

# owned KIND STACK: sets owned to a line `id name` for each service, secret or config with our label for that stack.
owned() {
  cluster GET "/${1}s?$(query "{\"label\":[\"swarm-ha.stack=$2\"]}")" </dev/null || fail "the cluster doesn't list its ${1}s: $reply"
  owned=$(jq -r '.[] | "\(.ID) \(.Spec.Name)"' <<<"$reply")
}

# former KIND NAME: sets owned to those of a stack of ours of before it had our label, when it was called NAME. Users' stacks of
# that name aren't among them: our secrets and configs, and what uses them, are known by names that end in a digest.
former() {
  cluster GET "/${1}s?$(query "{\"label\":[\"com.docker.stack.namespace=$2\"]}")" </dev/null || fail "the cluster doesn't list its ${1}s: $reply"
  owned=$(jq -r --arg pattern "^$2-[a-z-]+-[0-9a-f]{12}\$" '
    .[] | select((.Spec.Labels["swarm-ha.stack"] // "") == "")
    | select(([.Spec.Name, ((.Spec.TaskTemplate.ContainerSpec // {}) | (.Secrets // [])[].SecretName, (.Configs // [])[].ConfigName)]
        | any(test($pattern)))
        or any((.Spec.Labels // {}) | keys[]; . == "traefik.http.routers.swarm-ha-ping.rule"))
    | "\(.ID) \(.Spec.Name)"' <<<"$reply")
}

# drop KIND ID NAME: removes one. What something else still uses stays: the cluster refuses.
drop() {
  cluster DELETE "/${1}s/$2" </dev/null || [ "$status" = 404 ] || printf 'the %s %s stays: %s\n' "$1" "$3" "$reply" >&2
}

# refuse_foreign STACK SERVICE…: ends the step when a service has one of these names in that stack, and isn't ours. Sets
# present to how many of them are there.
refuse_foreign() {
  local stack=$1 name
  present=0
  shift
  for name in "$@"; do
    if cluster GET "/services/${stack}_$name" </dev/null; then
      present=$((present + 1))
      [ "$(jq -r '.Spec.Labels["swarm-ha.stack"] // ""' <<<"$reply")" = "$stack" ] ||
        fail "the service ${stack}_$name isn't managed by this program, but has the name of one of its services: remove it, or deploy it as another stack"
    else
      [ "$status" = 404 ] || fail "the cluster can't show its service ${stack}_$name: $reply"
    fi
  done
}

# own_network STACK NAME CIDR: makes an overlay network for the stack and for others, if it isn't there.
own_network() {
  ! cluster GET "/networks/$2" </dev/null || return 0
  [ "$status" = 404 ] || fail "the cluster can't show its network $2: $reply"
  jq -cn --arg stack "$1" --arg name "$2" --arg range "$3" '{ Name: $name, Driver: "overlay", Attachable: true,
    CheckDuplicate: true, IPAM: { Config: [{ Subnet: $range }] }, Labels: { "swarm-ha.stack": $stack } }' |
    if ! cluster POST /networks/create && [ "$status" != 409 ]; then fail "the network $2 can't be created: $reply"; fi
}

# remove_former NAME: removes the services of our stack of that name.
remove_former() {
  local id name
  former service "$1"
  while read -r id name; do
    [ -z "$id" ] || drop service "$id" "$name"
  done <<<"$owned"
}

# prune_services STACK SERVICE…: removes the stack's services that aren't among these.
prune_services() {
  local stack=$1 id name
  shift
  owned service "$stack"
  while read -r id name; do
    [[ -z $id || " $* " == *" ${name#"${stack}_"} "* ]] || drop service "$id" "$name"
  done <<<"$owned"
}

# prune KIND STACK FORMER NAMES: removes the stack's secrets or configs that aren't among these, separated by spaces.
prune() {
  local id name all
  owned "$1" "$2"
  all=$owned
  former "$1" "$3"
  while read -r id name; do
    [[ -z $id || " $4 " == *" $name "* ]] || drop "$1" "$id" "$name"
  done <<<"$all"$'\n'"$owned"
}
