# shellcheck shell=bash
# Packages that a step needs on the bastion only where it is used, such as for the first backup. Needs lib/common.sh.

. lib/marker.sh
. lib/packages.sh
. lib/own-packages.sh

# install_on_demand PACKAGE: one attempt. On a host that existed before the stack, it notes what is new, so that a release removes it.
install_on_demand() {
  apt update || return 1
  if [ -s "$marker" ]; then
    install_own "$1" || {
      [ -z "$refusal" ] || printf '%s\n' "$refusal"
      return 1
    }
  else
    apt install --no-install-recommends "$1"
  fi
}

# need_program NAME: installs the package of this name, unless there is such a program. (The local platform's image has it.)
need_program() {
  local heard remedy
  if command -v "$1" >/dev/null; then return 0; fi
  heard=$(repeated "${on_demand_limit:-240}" install_on_demand "$1" 2>&1) || {
    if [ -s "$marker" ]; then
      remedy="Check apt's sources there, or install the package $1 yourself; then run this again"
    else
      remedy="On a local stack it comes with the bastion's image, and this bastion's is older: npm run replace -- <stack> bastion"
    fi
    fail "$1 can't be installed: $(grep -v '; again in ' <<<"$heard" | tail -n 2 | xargs -d '\n'). $remedy"
  }
}
