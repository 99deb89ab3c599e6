# shellcheck shell=bash
# The address where containers reach the managers' read-only API, on a worker whose Docker engine was there before the stack: its bridge
# keeps its own address until the host is replaced. Needs lib/common.sh.

# keep_api_address ADDRESS/PREFIX: adds the address to the host, now and at each start, if no interface has it.
keep_api_address() {
  local address=${1%%/*} unit=swarm-ha-api-address.service
  if [ -z "$address" ] || [ ! -d /run/systemd/system ]; then return 0; fi
  [ -e "/etc/systemd/system/$unit" ] || [ -z "$(ip -o -4 addr show to "$address/32")" ] || return 0
  if write_file "/etc/systemd/system/$unit" 0644 <<EOF; then systemctl daemon-reload; fi
[Unit]
Description=Address of the managers' read-only API for containers
Before=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=$(command -v ip) address replace $address/32 dev lo
ExecStop=-$(command -v ip) address del $address/32 dev lo

[Install]
WantedBy=multi-user.target
EOF
  if ! systemctl enable --quiet "$unit" || ! systemctl start "$unit" || [ -z "$(ip -o -4 addr show to "$address/32")" ]; then
    fail "the address $address, where the ingress reaches the managers' API, can't be added to this host; $(service_log "$unit")"
  fi
}
