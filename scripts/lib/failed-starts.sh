# shellcheck shell=bash
# systemd refuses another start of a service that has failed too often: of the Docker engine, three times in a minute.

# forget_failed_starts: what made the Docker engine fail may be fixed by now, so it is tried again. (Debian's has a socket, too.)
forget_failed_starts() {
  [ ! -d /run/systemd/system ] || systemctl reset-failed docker.service docker.socket 2>/dev/null || true
}
