#!/usr/bin/env bash
# Releases a host: it leaves the swarm, and everything that the stack has written there is removed. The host's own data stay, those of
# its Docker engine among them. It is idempotent: the marker goes last.
#
# Runs on the host. Input: { stack, name, packages: remove | keep (the ones that the stack has installed) }
# Prints: { kept: [package of the stack's own that others need], data: whether /var/lib/docker has data of an engine that was removed }

. lib/common.sh
. lib/json.sh
. lib/service.sh
. lib/marker.sh
. lib/packages.sh
. lib/own-packages.sh
. lib/written.sh

stack=$(value stack)
name=$(value name)
packages=$(value packages)

require_root
# A step of a killed run may still work here, or release the host.
exec 8>/run/swarm-ha-step.lock
flock -w 120 8 || fail_locked "steps on $name" 120
kept="" data=no
released() {
  printf '{"kept":%s,"data":%s}\n' "$(xargs -n 1 <<<"$kept" | json_list)" "$(json_flag [ "$data" = yes ])"
}
if [ "$(marked stack)" != "$stack" ] || [ "$(marked name)" != "$name" ]; then
  [ ! -s "$marker" ] ||
    printf '%s: not released: %s names %s of the stack %s\n' "$name" "$marker" "$(marked name)" "$(marked stack)" >&2
  released
  exit 0
fi
allow_starts

# own_engine_package: whether the stack has installed the Docker engine.
own_engine_package() { noted | grep -xE 'docker-ce|docker\.io' >/dev/null; }

# --- The swarm ----------------------------------------------------------------------------------------------------------

left() { [ "$(membership)" = inactive ]; }
answers() {
  seen="no answer on its socket"
  # (`docker info` asks the managers, too, and waits for them.)
  timeout 10 docker -H unix:///var/run/docker.sock version --format '{{.Server.Version}}' >/dev/null 2>&1
}
# Exists until the Docker engine runs with its settings of before, also over a release that is killed.
restart=$own_folder/restart
# (A load balancer's host may be a member of another swarm: that is its own.)
case $(marked role) in manager | registry | worker) node=true ;; *) node=false ;; esac
if $node && ! left; then
  # A gossip agent can't bind its port again in the same process.
  : >"$restart"
  service_runs docker || timeout 90 systemctl start docker.service || true
  if within 60 answers; then
    # A manager that has lost its majority, because the others were released before, answers after a minute (measured); a node of a
    # whole swarm within 5 s.
    timeout 15 docker -H unix:///var/run/docker.sock swarm leave --force >/dev/null 2>&1 || true
  fi
  if ! within 10 left; then
    # It has hung or lost its data. What it knows of the swarm is all that it would remove, too.
    timeout 120 systemctl stop docker.socket docker.service || fail "the Docker engine of $name neither leaves the swarm nor stops"
    rm -rf "$(dirname "$swarm_state_file")"
  fi
fi

# --- Services and files ----------------------------------------------------------------------------------------------------

# was UNIT: prints the unit's state of before: `active enabled`, for example.
was() { [ ! -s "$copies/units" ] || awk -v unit="$1" '$1 == unit { print $2, $3 }' "$copies/units"; }

# restart_engine: restarts the Docker engine, and before that its socket: the engine that the steps have started removes the file of it.
restart_engine() {
  timeout 120 systemctl stop docker.service 2>/dev/null || return 1
  [[ $(was docker.socket) != active* ]] || timeout 30 systemctl restart docker.socket || return 1
  timeout 180 systemctl start docker.service
}

timeout 60 systemctl disable --quiet --now swarm-ha-housekeeping.timer 2>/dev/null || true
timeout 60 systemctl disable --quiet --now swarm-ha-read-only-api.service 2>/dev/null || true
timeout 60 systemctl stop swarm-ha-housekeeping.service 2>/dev/null || true
registry_certificates "$stack" | while read -r file; do
  rm -f "$file"
  rmdir --ignore-fail-on-non-empty "$(dirname "$file")"
done
# The registry's name, whatever address it had.
if [ -s "$own_folder/names" ]; then
  earlier=$copies/hosts
  [ -e "$earlier" ] || earlier=/dev/null
  awk 'FILENAME == ARGV[1] { named[$2] = 1; next } FILENAME == ARGV[2] { before[$0] = 1; next }
    $0 in before || !(NF == 2 && $2 in named)' "$own_folder/names" "$earlier" /etc/hosts >/run/swarm-ha-hosts.new
  # (In place: in a container the file is a mount.)
  cmp -s /run/swarm-ha-hosts.new /etc/hosts || cat /run/swarm-ha-hosts.new >/etc/hosts
  rm -f /run/swarm-ha-hosts.new
fi
# engines FILE: notes that the Docker engine has to read its settings again.
engines() { [[ $1 != /etc/docker/* && $1 != */docker.service.d/* ]] || : >"$restart"; }
for file in "${replaced_files[@]}"; do
  if [ -e "$copies$file" ]; then
    cmp -s "$copies$file" "$file" || {
      engines "$file"
      mkdir -p "$(dirname "$file")"
      cp -p "$copies$file" "$file"
    }
  elif [ -d "$copies" ] && [ -e "$file" ]; then
    engines "$file"
    rm -f "$file"
  fi
done
timeout 60 systemctl disable --quiet --now swarm-ha-api-address.service 2>/dev/null || true
for file in "${written_files[@]}"; do
  [ ! -e "$file" ] || engines "$file"
  rm -rf "$file"
done
rmdir --ignore-fail-on-non-empty /etc/systemd/system/docker.service.d /etc/docker/certs.d 2>/dev/null || true
systemctl daemon-reload
if [ -s "$copies/ip_nonlocal_bind" ]; then cat "$copies/ip_nonlocal_bind" >/proc/sys/net/ipv4/ip_nonlocal_bind || true; fi

for unit in "${replaced_units[@]}"; do
  systemctl cat "$unit" >/dev/null 2>&1 || continue
  read -r active enabled <<<"$(was "$unit")"
  [ -n "${active:-}" ] || continue
  if [ "$enabled" = enabled ]; then systemctl enable --quiet "$unit" || true; else systemctl disable --quiet "$unit" || true; fi
  if [ "$active" != active ]; then
    timeout 120 systemctl stop "$unit" || fail "$unit of $name doesn't stop"
  elif [ "$unit" = docker.service ]; then
    # With the settings of before.
    [ ! -e "$restart" ] || restart_engine || fail "the Docker engine of $name doesn't start with its own settings; $(service_log docker)"
  elif [ "$unit" != docker.socket ]; then
    timeout 60 systemctl reload-or-restart "$unit" || fail "$unit of $name doesn't start with its own settings; $(service_log "$unit")"
  fi
done

# --- Packages --------------------------------------------------------------------------------------------------------------

unhold_engine || printf '%s: these are still held (apt-mark unhold): %s\n' "$name" "$(xargs <"$held_packages")" >&2
if [ "$packages" = remove ] && [ -s "$own_packages" ]; then
  pause_updates
  heard=$(mktemp /run/swarm-ha-release.XXXXXX)
  trap 'resume_updates; rm -f "$heard"' EXIT
  remove_packages() {
    finish_packages && kept=$(remove_own)
  }
  ! own_engine_package || [ ! -d /var/lib/docker ] || data=yes
  repeated 300 remove_packages >"$heard" 2>&1 ||
    fail "the packages that the stack has installed can't be removed ($(noted | xargs)): $(apt_errors "$heard"). Put dpkg in order there (\`dpkg --audit\`), then run this again"
  rm -f "$own_packages"
fi

# --- The marker ------------------------------------------------------------------------------------------------------------

rm -rf /run/swarm-ha-docker-* /run/swarm-ha-on-host.* /run/swarm-ha-joining*
if [ -s "$own_packages" ]; then
  # Kept for the next claim, which finds these packages installed.
  find "$own_folder" -mindepth 1 -maxdepth 1 ! -path "$own_packages" ! -path "$marker" -exec rm -rf {} +
  rm -f "$marker"
else
  find "$own_folder" -mindepth 1 -maxdepth 1 ! -path "$marker" -exec rm -rf {} +
  rm -rf "$own_folder"
fi
[ "$data" = no ] || printf '%s: the Docker engine was removed; its data stay in /var/lib/docker\n' "$name" >&2
[ -z "$kept" ] || printf '%s: other packages need these, which the stack had installed; they stay: %s\n' "$name" "$kept" >&2
released
