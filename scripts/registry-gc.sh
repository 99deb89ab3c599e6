#!/usr/bin/env bash
# Collects the registry's garbage: layers that no manifest names any more. Pulls go on; pushes are refused meanwhile, for a
# layer that has just been pushed, and whose manifest hasn't, looks like garbage.
#
# Runs on the operator. Input: { untagged: whether manifests without a tag are garbage, too, dryRun, limit (seconds),
# client }
# Prints: what the registry says.

. lib/common.sh
. lib/cluster.sh
. lib/docker-cli.sh
. lib/services.sh

service=swarm-ha-registry_registry
job=swarm-ha-registry-gc

# The stack's own lock: an `up` that deployed it now would end the read-only mode.
exec 9>/run/swarm-ha-stack-swarm-ha-registry.lock
flock -w 60 9 || fail "another run has been deploying the registry, or collecting its garbage, for more than 60 s"
docker_folder registry-gc

say() { printf '%s\n' "$*" >&2; }

# all_ready: ends the step while a registry host isn't Ready. A replica there may be alive and take pushes still, or take
# them again as soon as its host is back, before the managers have told it otherwise; and what it takes while the garbage
# is collected can be lost.
all_ready() {
  local away
  down_nodes
  away=$(jq -r '[.[] | select(.role == "registry" and .state != "ready") | "\(.name) is \(.state)"] | sort | join(", ")' <<<"$nodes")
  [ -z "$away" ] || fail "nothing is collected while $away, for a replica there couldn't be told to refuse pushes." \
    "Bring it back or replace it first: npm run repair"
}

# registry_mode WORDS JQ_PROGRAM: says so and changes the list of the replicas' environment, one replica after the other.
registry_mode() {
  local version spec same
  cluster GET "/services/$service" </dev/null || fail "the registry's service can't be read: $reply"
  jq -r "(.Spec | .TaskTemplate.ContainerSpec.Env |= ((. // []) | map(select(startswith(\"REGISTRY_STORAGE_MAINTENANCE_READONLY=\") | not)) $2)) as \$spec
    | \"\\(.Version.Index) \\(\$spec == .Spec) \\(\$spec | tojson)\"" <<<"$reply" | read -r version same spec
  if [ "$same" != true ]; then
    say "$1"
    down_nodes
    down=$down_now
    cluster POST "/services/$service/update?version=$version" <<<"$spec" || fail "the registry's mode can't be changed: $reply"
  elif [ -z "$2" ]; then
    return 0
  fi
  # Also where it is described like that already: a run that was cut short may have left replicas that don't know it yet.
  wait_for "$(value limit)" "the registry to change its mode" converged swarm-ha-registry
}

# However this ends, the registry takes pushes again, and the job is gone.
finish() {
  local code=$?
  trap - EXIT
  set +e
  docker_cli service rm "$job" </dev/null >/dev/null
  (set -e; registry_mode "The registry takes pushes again, replica by replica" '') || say "The registry still refuses pushes: run the same again"
  rm -rf "$folder"
  exit "$code"
}

dry_run=$(value dryRun)
arguments='["garbage-collect"'
[ "$dry_run" != true ] || arguments+=', "--dry-run"'
[ "$(value untagged)" != true ] || arguments+=', "--delete-untagged"'
arguments+=', "/etc/distribution/config.yml"]'

if [ "$dry_run" != true ]; then
  trap finish EXIT
  all_ready
  registry_mode "The registry refuses pushes from now on, replica by replica; pulls go on" \
    '+ ["REGISTRY_STORAGE_MAINTENANCE_READONLY={\"enabled\":true}"]'
  # A host may have gone while the replicas changed over.
  all_ready
fi

# --- The job ---------------------------------------------------------------------------------------------------------

# A replica's own description, but for what it runs: the same image, settings and storage, on a registry host.
say "Collecting"
docker_cli service rm "$job" </dev/null >/dev/null || true
cluster GET "/services/$service" </dev/null || fail "the registry's service can't be read: $reply"
jq -c --argjson arguments "$arguments" --arg job "$job" '.Spec | {
    Name: $job, Labels: {}, Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
    TaskTemplate: (.TaskTemplate | .ContainerSpec.Args = $arguments | .ContainerSpec.Healthcheck = { Test: ["NONE"] }
      | .RestartPolicy = { Condition: "none" })
  }' <<<"$reply" |
  if ! cluster POST /services/create; then fail "the job can't be made: $reply"; fi

# ended: a check for wait_for; sets state to how the job ended.
ended() {
  cluster GET "/tasks?$(query "{\"service\":[\"$job\"]}")" </dev/null || fail "the job can't be seen: $reply"
  jq -r 'sort_by(.CreatedAt) | last | "\(.Status.State // "new") \(.Status.Err // "")"' <<<"$reply" | read -r state seen
  seen="$state $seen"
  case $state in complete | failed | rejected | orphaned | shutdown) return 0 ;; *) return 1 ;; esac
}
wait_for 3600 "the end of the collection" ended
docker_cli service logs --raw "$job" </dev/null || say "what it said can't be read: $heard"
printf '%s\n' "$heard" | grep eligible || printf '%s\n' "$heard" >&2
docker_cli service rm "$job" </dev/null >/dev/null || true
[ "$state" = complete ] || fail "the collection ended as $seen"
