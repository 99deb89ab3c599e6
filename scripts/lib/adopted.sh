# shellcheck shell=bash
# A Docker engine that is a member of a swarm already, and must not be restarted. Needs lib/marker.sh and lib/written.sh.

engine_settings=${engine_settings:-/etc/docker/daemon.json}
engine_drop_ins=${engine_drop_ins:-/etc/systemd/system/docker.service.d}

# engine_command: prints the command line of the Docker engine's unit, without what a step has written.
engine_command() {
  systemctl cat docker.service | awk '
    /^# \// { own = /\/(zz-)?swarm-ha[^\/]*\.conf$/ }
    own { next }
    sub(/\\$/, "") { whole = whole $0; next }
    { $0 = whole $0; whole = "" }
    sub(/^ExecStart=/, "") { command = $0 }
    END { print command }'
}

# adopt_engine NAME: a member keeps its command line and its settings until it is replaced. The step that prepares it takes a member
# without a file of settings for one that has lost its data, and would restart it; and it writes a drop-in without options, which the
# one here overrules.
adopt_engine() {
  local command
  if [ "$(marked adopted)" != yes ] || [ "$(membership)" = inactive ]; then return 0; fi
  [ -s "$engine_settings" ] || echo '{}' | write_file "$engine_settings" 0644 || true
  [ ! -e "$engine_drop_ins/zz-swarm-ha-adopted.conf" ] || return 0
  command=$(engine_command) || fail "the unit docker.service of $1 can't be read"
  [ -n "$command" ] || fail "the unit docker.service of $1 has no ExecStart"
  printf '[Service]\nExecStart=\nExecStart=%s\n' "$command" | write_file "$engine_drop_ins/zz-swarm-ha-adopted.conf" 0644 || true
  systemctl daemon-reload
}

# adopt_bridge ADDRESS: gives a member, whose bridge has an address of its own, the one at which containers reach the managers' read-only
# API. (Any address of the host is reached from any of its bridges.)
adopt_bridge() {
  local unit=swarm-ha-read-only-api.service
  if [ -z "$1" ] || [ "$(marked adopted)" != yes ] || [ "$(membership)" = inactive ]; then return 0; fi
  printf '%s\n' '[Unit]' "Description=Address of the managers' read-only API" Before=docker.service \
    '[Service]' Type=oneshot RemainAfterExit=yes "ExecStart=ip address replace $1/32 dev lo" "ExecStop=ip address del $1/32 dev lo" \
    '[Install]' WantedBy=multi-user.target | write_file "/etc/systemd/system/$unit" 0644 || true
  systemctl daemon-reload
  systemctl enable --quiet --now "$unit"
}

# require_adoptable NAME: fails where the settings that the Docker engine runs with don't go together with what the steps add to them.
require_adoptable() {
  local pid line=""
  for pid in $(systemctl show --property MainPID --value docker.service 2>/dev/null); do
    line=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || line=""
  done
  [[ $line != *" --label"* ]] ||
    fail "the Docker engine of $1 has --label on its command line, which it refuses together with labels in daemon.json: move them there, and restart it"
  [[ $line != *":2376 "* ]] ||
    fail "the Docker engine of $1 listens on port 2376, where HAProxy serves the managers' API: remove that -H, and restart it"
  if grep -qs 'tcp://' "$engine_settings"; then
    fail "$engine_settings of $1 has a TCP listener in 'hosts'; HAProxy serves the managers' API instead: remove it, and restart the Docker engine"
  fi
}
