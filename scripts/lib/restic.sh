# shellcheck shell=bash
# The repository with the backups. Input: { store: { repository, password, credentials, keep } }. Needs lib/common.sh.

. lib/on-demand.sh

# store ARGUMENT…: restic on the repository. Its secrets are only in its environment, which is root's alone.
store() (
  RESTIC_REPOSITORY=$(value store.repository)
  RESTIC_PASSWORD=$(value store.password)
  export RESTIC_REPOSITORY RESTIC_PASSWORD
  for path in "${!given[@]}"; do
    [[ $path != store.credentials.* ]] || export "${path#store.credentials.}=${given[$path]}"
  done
  # The bastion keeps no data. (Not as the last command: the shell would become it.)
  restic --no-cache "$@" || exit
)

# last_lines FILE: the last three lines of an error output, joined.
last_lines() {
  grep -v '^\s*$' "$1" | tail -n 3 | tr '\n' ' ' | cut -c 1-400
}

need_program restic
repository=$(value store.repository)
if [[ $repository == /* ]]; then
  mountpoint -q "$repository" ||
    fail "no volume is mounted at $repository, so backups would be lost with the bastion: run \`up\`"
fi
[ "$(stat -f -c %T /run)" = tmpfs ] || fail "/run isn't a tmpfs, and secrets must not be stored on a disk"
exec 9>/run/swarm-ha-backup.lock
flock -w 600 9 || fail "another backup or restore has been running for more than 600 s"
folder=$(mktemp -d /run/swarm-ha-backup.XXXXXX)
trap 'rm -rf "$folder"' EXIT

# there: whether the repository exists; else `why` has restic's reason.
there() {
  if store cat config >/dev/null 2>"$folder/cat"; then return 0; fi
  why=$(last_lines "$folder/cat")
  return 1
}

# needed: fails unless the repository can be read.
needed() {
  there || fail "the repository $repository can't be read: $why"
}

# made: creates the repository, unless there is one.
made() {
  if there; then return 0; fi
  store init >/dev/null 2>"$folder/init" ||
    fail "the repository $repository can't be used: $why (creating it: $(last_lines "$folder/init"))"
}

# called: runs a step on a host (components/ssh/script.ts, forHost). Input: { call: { command, input } }, and standard input
# after that of the step.
called() {
  {
    value call.input
    cat
  } | bash -c "$(value call.command)"
}
