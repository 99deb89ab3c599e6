# shellcheck shell=bash
# A recovery that was killed on this host, which is the survivor then: its data are what is left of the swarm.

# Where the Docker engine keeps that it is a node, and where recover.sh puts that while the Docker engine has to start as none.
state_file=${swarm_folder:-/var/lib/docker/swarm}/docker-state.json
state_aside=${swarm_folder:-/var/lib/docker/swarm}/docker-state.swarm-ha

# require_no_recovery NAME: fails where one was interrupted. This host looks like none of a swarm then, and a join or a replacement would
# destroy those data. (With both files the new cluster is formed already.)
require_no_recovery() {
  [ ! -e "$state_aside" ] || [ -e "$state_file" ] ||
    fail "a recovery from $1 was interrupted. Don't replace this host. Continue: npm run recover -- <stack>"
}
