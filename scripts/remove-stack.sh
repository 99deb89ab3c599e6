#!/usr/bin/env bash
# Removes a stack's services, networks, secrets and configs. Volumes stay, for their content may be wanted.
#
# Runs on the operator. Input: as stack.sh.

. lib/common.sh
. lib/cluster.sh
. lib/docker-cli.sh
. lib/services.sh

stack=$(value stack)
exec 9>"/run/swarm-ha-stack-$stack.lock"
flock -w 900 9 || fail "an earlier run has been deploying the stack $stack for more than 900 s"
docker_folder "$stack"

# gone: a check for wait_for. Again and again, because a network stays while the last task that uses it is stopping.
gone() {
  docker_cli stack rm "$stack" </dev/null || {
    seen=$heard
    return 1
  }
  left_of "$stack"
  seen="tasks still run on ${left:-no host}; $heard"
  [[ -z $left && $heard == *"Nothing found"* ]]
}
wait_for 180 "the stack $stack to be gone" gone
