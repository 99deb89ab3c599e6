#!/usr/bin/env bash
# Collects the registry's garbage: layers that no manifest names any more, and unfinished uploads. Pulls go on; pushes are
# refused meanwhile, for a layer that has just been pushed, and whose manifest hasn't, looks like garbage.
#
# Runs on the bastion. Input: { mode: check (only looks for damage), dry-run, collect or mend (mends damage, then
# collects), untagged: whether manifests without a tag are garbage, too, storage: text of registry-storage.sh, limit
# (seconds), client }
# Prints: what registry-storage.sh and the collector print. Exit code 65: the collector would stop, or has stopped, at
# something damaged, and nothing was collected.

. lib/common.sh
. lib/cluster.sh
. lib/docker-cli.sh
. lib/services.sh

service=swarm-ha-registry_registry
job=swarm-ha-registry-gc

# The stack's own lock: an `up` that deployed it now would end the read-only mode.
exec 9>/run/swarm-ha-stack-swarm-ha-registry.lock
flock -w 60 9 || fail_locked "the registry's deployment and garbage collection" 60
docker_folder registry-gc

say() { printf '%s\n' "$*" >&2; }

# all_ready: ends the step while a registry host isn't Ready. A replica there may be alive and take pushes still, or take
# them again as soon as its host is back, before the managers have told it otherwise; and what it takes while the garbage
# is collected can be lost.
all_ready() {
  local away
  down_nodes
  away=$(jq -r '[.[] | select(.role == "registry" and .state != "ready") | "\(.name) is \(.state)"] | sort | join(", ")' <<<"$nodes")
  [ -z "$away" ] || fail "nothing is collected while $away, because a replica there may still accept pushes." \
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
    update_begins
    cluster POST "/services/$service/update?version=$version" <<<"$spec" || fail "the registry's mode can't be changed: $reply"
  elif [ -z "$2" ]; then
    return 0
  fi
  # Also where it is described like that already: a run that was cut short may have left replicas that don't know it yet.
  wait_for "$(value limit)" "the registry to change its mode" converged swarm-ha-registry
}

# However this ends, the job is gone, and the registry takes pushes again.
finish() {
  local code=$?
  trap - EXIT
  set +e
  docker_cli service rm "$job" </dev/null >/dev/null
  if $changes; then
    (set -e; registry_mode "The registry accepts pushes again, replica by replica" '') || say "The registry still refuses pushes: run the same again"
  fi
  rm -rf "$folder"
  exit "$code"
}

mode=$(value mode)
arguments='["garbage-collect"'
case $mode in check | dry-run) arguments+=', "--dry-run"' ;; esac
# A check reads tags, too: one that is damaged stops the collector only where it is to delete what has no tag.
if [ "$(value untagged)" = true ] || [ "$mode" = check ]; then arguments+=', "--delete-untagged"'; fi
arguments+=', "/etc/distribution/config.yml"]'

changes=false storage_mode=look
case $mode in collect | mend) changes=true storage_mode=$mode ;; esac
trap finish EXIT
if $changes; then
  all_ready
  registry_mode "The registry refuses pushes from now on, replica by replica; pulls go on" \
    '+ ["REGISTRY_STORAGE_MAINTENANCE_READONLY={\"enabled\":true}"]'
  # A host may have gone while the replicas changed over.
  all_ready
fi

# --- The job ---------------------------------------------------------------------------------------------------------

# A replica's own description, but for what it runs: the same image, settings and storage, on a registry host. A shared
# folder is looked through first; a bucket only as the collector does it.
#
# One task that isn't repeated, and no replicated job: a job's tasks stay in the swarm for ever when its service is
# removed (https://github.com/moby/moby/issues/44312), and may run twice after a change of the leader.
case $mode in
  check) say "Looking for damage" ;;
  *) say "Collecting" ;;
esac
docker_cli service rm "$job" </dev/null >/dev/null || true
cluster GET "/services/$service" </dev/null || fail "the registry's service can't be read: $reply"
jq -c --argjson arguments "$arguments" --arg job "$job" --arg mode "$mode" --arg storage_mode "$storage_mode" --arg script "$(value storage)" '
  "/var/lib/registry" as $folder
  | .Spec
  | ([.TaskTemplate.ContainerSpec.Mounts[]? | select(.Target == $folder)] | length > 0) as $shared
  | {
    Name: $job, Labels: {}, Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: (.TaskTemplate | .ContainerSpec.Healthcheck = { Test: ["NONE"] } | .RestartPolicy = { Condition: "none" }
      | if $shared then
          .ContainerSpec.Command = ["/bin/sh", "-c", $script, "registry-storage", $storage_mode, $folder]
          # What it notes of a large storage is larger than what a replica needs.
          | .ContainerSpec.Mounts |= map(if .Target == "/tmp" then .TmpfsOptions.SizeBytes = 67108864 else . end)
          | .ContainerSpec.Args = (if $mode == "check" then [] else ["registry"] + $arguments end)
        else .ContainerSpec.Args = $arguments end)
  }' <<<"$reply" |
  if ! cluster POST /services/create; then fail "the job can't be created: $reply"; fi

# ended: a check for wait_for; sets state and exit_code to how the job ended.
ended() {
  cluster GET "/tasks?$(query "{\"service\":[\"$job\"]}")" </dev/null || fail "the job can't be seen: $reply"
  jq -r 'sort_by(.CreatedAt) | last
    | "\(.Status.State // "new") \(.Status.ContainerStatus.ExitCode // 0) \(.Status.Err // "")"' <<<"$reply" | read -r state exit_code seen
  seen="$state $seen"
  case $state in complete | failed | rejected | orphaned | shutdown) return 0 ;; *) return 1 ;; esac
}
wait_for 3600 "the end of the collection" ended
docker_cli service logs --raw "$job" </dev/null || say "its output can't be read: $heard"
# Print everything; the caller filters. (The collector's last line has no newline.)
printf '%s\n' "$heard"
[ "$state" = complete ] || {
  [ "$exit_code" != 65 ] && ! grep -q "failed to garbage collect" <<<"$heard" || exit 65
  fail "the collection ended as $seen"
}
