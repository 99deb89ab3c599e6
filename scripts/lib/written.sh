# shellcheck shell=bash
# Everything that the steps write on a host that exists already, so that it can be removed again. A test compares it with the scripts
# (test/unit/hosts/written.test.ts). Needs lib/marker.sh.

docker_keyring=${docker_keyring:-/etc/apt/keyrings/swarm-ha-docker.asc}
docker_list=${docker_list:-/etc/apt/sources.list.d/swarm-ha-docker.list}
nonlocal_settings=${nonlocal_settings:-/etc/sysctl.d/90-swarm-ha.conf}

# Files that may have been there before: their copies are put back.
# shellcheck disable=SC2034 # read by others
replaced_files=(/etc/docker/daemon.json /etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf)

# Files and folders that are the steps' own. (The marker's folder goes last.)
# shellcheck disable=SC2034 # read by others
written_files=(
  /etc/systemd/system/docker.service.d/swarm-ha.conf
  /etc/systemd/system/docker.service.d/zz-swarm-ha-adopted.conf
  /etc/systemd/system/swarm-ha-read-only-api.service
  /usr/local/sbin/swarm-ha-housekeeping
  /etc/systemd/system/swarm-ha-housekeeping.service
  /etc/systemd/system/swarm-ha-housekeeping.timer
  /etc/systemd/system/swarm-ha-api-address.service
  /etc/haproxy/haproxy.cfg.planned /etc/haproxy/haproxy.cfg.both
  "$docker_keyring" "$docker_list" "$nonlocal_settings"
  /var/lib/swarm-ha
)

# Services whose state of before is restored.
# shellcheck disable=SC2034 # read by others
replaced_units=(docker.socket docker.service haproxy.service keepalived.service)

# registry_certificates STACK: prints the CA certificates of this stack that Docker engines trust registries by.
registry_certificates() {
  local file
  for file in "${registry_trust:-/etc/docker/certs.d}"/*/ca.crt; do
    [ -s "$file" ] || continue
    [ "$(openssl x509 -noout -subject -nameopt multiline -in "$file" 2>/dev/null | sed -n 's/^ *commonName *= //p')" != \
      "swarm-ha $1 certificate authority" ] || printf '%s\n' "$file"
  done
}

# keep_copies: keeps what the steps replace as it was before, once.
keep_copies() {
  local file unit active enabled new=$copies.new
  [ ! -d "$copies" ] || return 0
  rm -rf "$new"
  mkdir -p "$new"
  for file in "${replaced_files[@]}"; do
    [ -e "$file" ] || continue
    mkdir -p "$new$(dirname "$file")"
    cp -p "$file" "$new$file"
  done
  for unit in "${replaced_units[@]}"; do
    systemctl cat "$unit" >/dev/null 2>&1 || continue
    active=$(systemctl is-active "$unit") || true
    enabled=$(systemctl is-enabled "$unit" 2>/dev/null) || true
    printf '%s %s %s\n' "$unit" "$active" "$enabled" >>"$new/units"
  done
  cp -p /etc/hosts "$new/hosts" 2>/dev/null || true
  cat /proc/sys/net/ipv4/ip_nonlocal_bind >"$new/ip_nonlocal_bind" 2>/dev/null || true
  mv "$new" "$copies"
}
