# shellcheck shell=bash
# Labels that users set on a node. They belong to the host's name, and survive its replacement: the swarm keeps them in a config
# while no node has that name. Needs lib/cluster.sh.

labels_config() {
  printf 'swarm-ha.labels.%s' "$1"
}

# labels_kept NAME: sets kept_id to the id of the config, or to nothing, and kept to the labels in it.
labels_kept() {
  local config
  config=$(labels_config "$1") kept_id="" kept='{}'
  cluster GET "/configs?$(query "{\"name\":[\"$config\"]}")" </dev/null || fail "the cluster doesn't list its configs: $reply"
  # The filter takes the name for a prefix.
  jq -r --arg name "$config" '[.[] | select(.Spec.Name == $name)][0] // empty
    | "\(.ID) \(.Spec.Data | @base64d)"' <<<"$reply" | read -r kept_id kept || true
  # shellcheck disable=SC2034 # the answer, for the caller
  [ -n "$kept_id" ] || kept='{}'
}

# labels_keep NAME LABELS_JSON: keeps those that people have set. Without any, what is kept already stays.
labels_keep() {
  local name=$1 own
  own=$(jq -c 'with_entries(select(.key | startswith("swarm-ha.") | not))' <<<"$2")
  [ "$own" != '{}' ] || return 0
  labels_forget "$name"
  jq -nc --arg name "$(labels_config "$name")" --arg data "$(printf '%s' "$own" | base64 -w0)" \
    '{ Name: $name, Data: $data, Labels: { "swarm-ha.labels": "true" } }' | cluster POST /configs/create ||
    fail "the labels of $name can't be saved: $reply"
}

# labels_forget NAME: the node has them again.
labels_forget() {
  labels_kept "$1"
  [ -z "$kept_id" ] || cluster DELETE "/configs/$kept_id" </dev/null || [ "$status" = 404 ] ||
    fail "the config with the labels of $1 can't be removed: $reply"
}
