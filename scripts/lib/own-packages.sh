# shellcheck shell=bash
# Packages that the stack installs on a host that exists already. They are noted, so that exactly these can be removed. Needs
# lib/marker.sh and lib/packages.sh.

# needrestart would restart services that the host runs.
export NEEDRESTART_SUSPEND=1

# note_packages: notes the packages of standard input as the stack's own.
note_packages() {
  { cat "$own_packages" 2>/dev/null && cat || cat; } | sort -u | write_file "$own_packages" 0600 || true
}

# noted: prints the stack's own packages that are installed, wholly or in part.
noted() {
  local package
  [ -s "$own_packages" ] || return 0
  while read -r package; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
      "" | not-installed | config-files) ;;
      *) echo "$package" ;;
    esac
  done <"$own_packages"
}

# unfinished: prints the stack's own packages whose installation was interrupted.
unfinished() {
  local package
  for package in $(noted); do
    installed "$package" || echo "$package"
  done
}

# Why no attempt can succeed.
refusal=""

# install_own PACKAGE…: installs packages, and notes before which of them are new. It never removes any.
install_own() {
  local plan code=0
  plan=$(apt install --no-install-recommends --simulate "$@") || code=$?
  if [[ $plan == *"held packages will be changed"* ]]; then
    refusal="installing $* would change packages that are held ($(apt-mark showhold | xargs)). Run \`apt-mark unhold\` there, or install these yourself"
    return 1
  fi
  if ((code != 0)); then
    # Why stands there.
    printf '%s\n' "$plan"
    return 1
  fi
  if [[ $'\n'$plan == *$'\n'"Remv "* ]]; then
    # shellcheck disable=SC2034 # read by the step
    refusal="installing $* would remove $(awk '$1 == "Remv" { print $2 }' <<<"$plan" | xargs). Remove it there yourself, or set swarm-ha:hosts.engine.source to 'installed'"
    return 1
  fi
  awk '$1 == "Inst" && $3 ~ /^\(/ { print $2 }' <<<"$plan" | note_packages
  apt install --no-install-recommends "$@"
}

# Docker's packages of each source.
own_engine=(docker-ce docker-ce-cli containerd.io docker.io docker-cli containerd)

# Packages that the stack holds, one a line.
held_packages=$own_folder/held

# hold_engine: holds Docker's packages, the host's own ones, too: an update of all hosts in one night would restart all Docker engines.
hold_engine() {
  local package before
  command -v apt-mark >/dev/null || return 0
  before=$(apt-mark showhold) || return 1
  for package in "${own_engine[@]}"; do
    ! installed "$package" || grep -qxF "$package" <<<"$before" || echo "$package"
  done | { cat "$held_packages" 2>/dev/null && cat || cat; } | sort -u | write_file "$held_packages" 0600 || true
  xargs -r apt-mark hold <"$held_packages" >/dev/null
}

# unhold_engine: ends that.
unhold_engine() {
  [ ! -s "$held_packages" ] || xargs -r apt-mark unhold <"$held_packages" >/dev/null
}

# rest_units: disables the services of packages that the stack has just installed: a step enables each when it starts it.
rest_units() {
  local package units unit
  for package in $(noted); do
    case $package in
      docker-ce | docker.io) units="docker.service docker.socket" ;;
      haproxy | keepalived) units=$package.service ;;
      *) continue ;;
    esac
    # Not those that a step has started.
    if [ -e "$own_folder/prepared" ] || [ -e "$own_folder/load-balancer" ]; then continue; fi
    for unit in $units; do
      systemctl is-active --quiet "$unit" || systemctl disable --quiet "$unit" || true
    done
  done
}

# remove_own: removes the stack's own packages, but for those that others need by now, which it prints. (Purging docker.io would
# remove /var/lib/docker. Source: its postrm, "Nuking /var/lib/docker".)
remove_own() {
  local own removable others
  own=$(noted)
  [ -n "$own" ] || return 0
  # shellcheck disable=SC2086 # lists
  {
    apt-mark unhold $own >&2 && apt-mark auto $own >&2 || return 1
    # What nothing else needs any more, apt would remove by itself.
    others=$(apt autoremove --simulate -o APT::AutoRemove::SuggestsImportant=false) || return 1
    removable=$(removed <<<"$others" | grep -xF "$own") || removable=""
    if [ -n "$removable" ]; then
      # Packages that nothing needs, and that aren't the stack's, keep what they use.
      others=$(apt remove --simulate $removable) || return 1
      others=$(removed <<<"$others" | grep -vxF "$removable") || true
      if [ -n "$others" ]; then
        removable=""
      else
        apt remove $removable >&2 || return 1
        # Their settings, without those of the Docker engine.
        removable=$(grep -vxF "$(printf '%s\n' "${own_engine[@]}")" <<<"$removable") || removable=""
        [ -z "$removable" ] || apt purge $removable >&2 || return 1
      fi
    fi
  }
  noted | xargs
}

# removed: prints the packages that a simulation of apt would remove.
removed() { awk '$1 == "Purg" || $1 == "Remv" { print $2 }'; }
