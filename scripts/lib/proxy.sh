# shellcheck shell=bash
# The HAProxy of a host: applies new settings and certificates without breaking or refusing a connection.

# Where a manager's haproxy.cfg looks for server.pem (certificate and key), ca.pem and read-only-api-clients.pem. A worker's has no
# certificate: it passes TLS through.
proxy_tls=/etc/swarm-ha/tls

proxy_has_tls() {
  [ -n "$(optional tls.certificate)" ]
}

# proxy_try: checks the new settings and files. If they are wrong, HAProxy keeps running with the old ones.
proxy_try() {
  local stage refusal=""
  stage=$(mktemp -d)
  value proxy | sed "s#$proxy_tls/#$stage/#g" >"$stage/haproxy.cfg"
  if proxy_has_tls; then
    value ca >"$stage/ca.pem"
    value tls.readOnlyApiClients >"$stage/read-only-api-clients.pem"
    { value tls.certificate && value tls.key; } >"$stage/server.pem"
  fi
  if { proxy_has_tls && ! refusal=$(openssl verify -CAfile "$stage/ca.pem" "$stage/server.pem" 2>&1); } ||
    ! refusal=$(haproxy -c -f "$stage/haproxy.cfg" 2>&1); then
    rm -r "$stage"
    fail "HAProxy of $name keeps its settings and certificate, because the new ones are wrong: $refusal"
  fi
  rm -r "$stage"
}

# proxy_serves: a check for wait_for: the API, where there is one, shows the certificate that it should.
proxy_serves() {
  local shown
  proxy_has_tls || return 0
  # HAProxy shows its certificate before it requires the client's, which is missing here. s_client then often ends with 1
  # (27 of 40 times, measured), and the pipe with it.
  shown=$({ timeout 5 openssl s_client -connect 127.0.0.1:2376 </dev/null 2>/dev/null || true; } |
    openssl x509 -noout -fingerprint -sha256 2>/dev/null) || shown="no certificate"
  seen=$shown
  [ "$shown" = "$(value tls.certificate | openssl x509 -noout -fingerprint -sha256)" ]
}

# proxy_apply: applies a host's settings and certificates.
proxy_apply() {
  local changed=false
  proxy_try
  if proxy_has_tls; then
    if value ca | write_file "$proxy_tls/ca.pem" 0644; then changed=true; fi
    if value tls.readOnlyApiClients | write_file "$proxy_tls/read-only-api-clients.pem" 0644; then changed=true; fi
    if { value tls.certificate && value tls.key; } | write_file "$proxy_tls/server.pem" 0600; then changed=true; fi
  fi
  if value proxy | write_file /etc/haproxy/haproxy.cfg 0644; then changed=true; fi
  if ! service_runs haproxy; then
    service start haproxy
  # Also if nothing changed: a killed run may have written the files without a reload.
  elif $changed || ! proxy_has_tls || ! proxy_serves; then
    service reload haproxy
  fi
  # A reload during a start, as after a killed run, stops HAProxy or is lost.
  within 10 proxy_serves || service restart haproxy
  wait_for 60 "HAProxy of $name to serve its certificate" proxy_serves
}
