# shellcheck shell=bash
# The marker of a host that exists already: which stack uses it, and what the stack found and installed there.

# All of it is in this folder, which release-host.sh removes.
own_folder=${own_folder:-/etc/swarm-ha}
# Lines `key value`: stack, name, role, identity, machine-id, adopted (yes or no).
marker=$own_folder/host
# Packages that the stack installed, one a line. Written before they are installed.
# shellcheck disable=SC2034 # read by others
own_packages=$own_folder/packages
# Copies of files that the stack replaces, as they were before, by their paths; and `units`: lines `unit active enabled`.
# shellcheck disable=SC2034 # read by others
copies=$own_folder/before

# marked KEY: prints one value of the marker; nothing if there is none.
marked() {
  [ ! -s "$marker" ] || awk -v key="$1" '$1 == key { sub(/^[^ ]+ /, ""); print }' "$marker"
}

# machine_id: prints the machine's id, which an image without one gets at its first boot.
machine_id() {
  local id=""
  read -r id 2>/dev/null <"${machine_id_file:-/etc/machine-id}" || true
  printf '%s\n' "$id"
}

# require_root: fails for another user.
require_root() {
  ((EUID == 0)) || fail "this runs as $(id -un), but root is needed: log in as root, or as a user with sudo"
}

# require_marker NAME: fails where this host isn't claimed as NAME.
require_marker() {
  [ "$(marked name)" = "$1" ] || fail "the marker $marker names '$(marked name)' instead of $1; run \`up\` again"
}

# Where the Docker engine keeps that it is a node, and its containers.
swarm_state_file=${swarm_state_file:-/var/lib/docker/swarm/docker-state.json}
containers_folder=${containers_folder:-/var/lib/docker/containers}

# docker_info FORMAT: prints one fact of the running Docker engine; false if none answers. (The client then prints nothing, and may
# even end with 0.)
docker_info() {
  local socket=${docker_socket:-/var/run/docker.sock} fact
  command -v docker >/dev/null && [ -S "$socket" ] || return 1
  fact=$(timeout 20 docker -H "unix://$socket" info --format "$1" 2>/dev/null) && [ -n "$fact" ] || return 1
  printf '%s\n' "$fact"
}

# membership: prints the host's state in a swarm: `inactive`, or what the Docker engine says of it. (The file counts where the
# Docker engine doesn't run.)
membership() {
  local state
  state=$(docker_info '{{.Swarm.LocalNodeState}}') || state=""
  if [ -n "$state" ] && [ "$state" != inactive ]; then
    printf '%s\n' "$state"
  elif [ -s "$swarm_state_file" ]; then
    echo member
  else
    echo inactive
  fi
}

# containers_there: prints the ids of the Docker engine's containers, running or stopped, one a line.
containers_there() {
  local folder
  for folder in "$containers_folder"/*/; do
    [ ! -e "$folder/config.v2.json" ] || basename "$folder"
  done
}
