# shellcheck shell=bash
# The Docker CLI on the bastion, with any manager that answers. Needs lib/cluster.sh.

# The client key is in a tmpfs folder. The step removes it; after a SIGKILL the next step does.
# (Under the caller's lock: nobody else is in a folder of that name.)
#
# docker_folder NAME: makes the folder and sets `folder`.
docker_folder() {
  [ "$(stat -f -c %T /run)" = tmpfs ] || fail "/run isn't a tmpfs, and keys must not be stored on a disk"
  folder=/run/swarm-ha-docker-$1
  rm -rf "$folder"
  trap 'rm -rf "$folder"' EXIT
  mkdir -m 0700 "$folder"
  # Folder for temporary files of the shell and its tools.
  export TMPDIR=$folder
  cp /etc/swarm-ha/client.pem "$folder/cert.pem"
  value client.key >"$folder/key.pem"
}

# docker_cli ARGUMENT…: runs docker with standard input; its words are in `heard`. Repeated through another manager while
# the one that was asked is gone or has no leader, as after a manager's death; any other refusal is final.
docker_cli() {
  local input code end=$((SECONDS + api_limit))
  input=$(cat)
  while true; do
    # Finds one that has a leader; it is the one that `answering` names.
    cluster GET /swarm </dev/null || fail "no manager has a leader: $reply"
    code=0
    heard=$(timeout 120 docker --config "$folder" --host "tcp://$answering:2376" --tlsverify --tlscacert /etc/swarm-ha/ca.pem \
      --tlscert "$folder/cert.pem" --tlskey "$folder/key.pem" "$@" 2>&1 <<<"$input") || code=$?
    ((code != 0)) || return 0
    # Without a limit, docker waits for ever for a frozen Docker engine.
    ((code != 124)) || heard="deadline exceeded: no answer within 120 s; $heard"
    case $heard in
      *"Cannot connect"* | *"connection "* | *"i/o timeout"* | *"deadline exceeded"* | *"leader"* | *"out of sequence"*) ;;
      *"TLS handshake"* | *"EOF"* | *"Unavailable"*) ;;
      *) return 1 ;;
    esac
    ((SECONDS < end)) || return 1
    sleep 2
  done
}
