# shellcheck shell=bash
# Services of a host, whatever supervises them: systemd on cloud images, runit in container hosts.

# service ACTION NAME: ACTION is start, restart, reload or status.
service() {
  local action=$1 name=$2
  if [ -d /run/systemd/system ]; then
    [ "$action" != start ] || systemctl enable --quiet "$name"
    systemctl "$action" "$name"
  else
    sv -w 30 "${action/reload/hup}" "/etc/service/$name" >&2
  fi
}
