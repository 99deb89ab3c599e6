# shellcheck shell=bash
# Services of a host, whatever supervises them: systemd on cloud images, runit in container hosts.

# service ACTION NAME: ACTION is start, restart, force-restart (kills what doesn't stop by itself), reload or status.
service() {
  local action=$1 name=$2
  if [ -d /run/systemd/system ]; then
    [ "$action" != start ] || systemctl enable --quiet "$name"
    # systemd's restart kills, too, after the unit's TimeoutStopSec.
    systemctl "${action#force-}" "$name"
  else
    sv -w 30 "${action/reload/hup}" "/etc/service/$name" >&2
  fi
}

# service_runs NAME: whether the service runs.
service_runs() {
  if [ -d /run/systemd/system ]; then
    systemctl is-active --quiet "$1"
  else
    sv status "/etc/service/$1" 2>/dev/null | grep -q '^run:'
  fi
}

# service_log NAME: for messages: where the service's log is.
service_log() {
  # A container host's services write to its standard output.
  if [ -d /run/systemd/system ]; then echo "check \`journalctl -u $1\` there"; else echo "check \`docker logs\` of its container"; fi
}

# settings_only_in_file: systemd's unit of the Docker engine has a socket on the command line. With another one in
# its file, the Docker engine refuses to start. So all settings are in the file.
settings_only_in_file() {
  [ -d /run/systemd/system ] || return 0
  if printf '[Service]\nExecStart=\nExecStart=/usr/bin/env dockerd --containerd=/run/containerd/containerd.sock\n' |
    write_file /etc/systemd/system/docker.service.d/swarm-ha.conf 0644; then
    systemctl daemon-reload
  fi
}
