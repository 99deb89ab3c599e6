# shellcheck shell=bash
# The HAProxy of a host: new settings and certificates, without a connection that breaks or is refused.

# Where a manager's haproxy.cfg looks for server.pem (certificate and key), ca.pem and door-clients.pem. A worker's has no
# certificate: it passes TLS through.
proxy_tls=/etc/swarm-ha/tls

proxy_has_tls() {
  [ -n "$(optional tls.certificate)" ]
}

# proxy_try: whether HAProxy would take the new settings and files. Whatever is wrong with them, what runs goes on.
proxy_try() {
  local stage refusal=""
  stage=$(mktemp -d)
  value proxy | sed "s#$proxy_tls/#$stage/#g" >"$stage/haproxy.cfg"
  if proxy_has_tls; then
    value ca >"$stage/ca.pem"
    value tls.doorClients >"$stage/door-clients.pem"
    { value tls.certificate && value tls.key; } >"$stage/server.pem"
  fi
  if { proxy_has_tls && ! refusal=$(openssl verify -CAfile "$stage/ca.pem" "$stage/server.pem" 2>&1); } ||
    ! refusal=$(haproxy -c -f "$stage/haproxy.cfg" 2>&1); then
    rm -r "$stage"
    fail "HAProxy of $name keeps its settings and certificate, for the new ones are wrong: $refusal"
  fi
  rm -r "$stage"
}

# proxy_serves: a check for wait_for: the API, where there is one, shows the certificate that it should.
proxy_serves() {
  local shown
  proxy_has_tls || return 0
  # (It shows its own before it asks for the client's, which isn't there.)
  shown=$(timeout 5 openssl s_client -connect 127.0.0.1:2376 </dev/null 2>/dev/null |
    openssl x509 -noout -fingerprint -sha256 2>/dev/null) || shown="no certificate"
  seen=$shown
  [ "$shown" = "$(value tls.certificate | openssl x509 -noout -fingerprint -sha256)" ]
}

# proxy_apply: takes over a host's settings and certificates.
proxy_apply() {
  local changed=false
  proxy_try
  if proxy_has_tls; then
    if value ca | write_file "$proxy_tls/ca.pem" 0644; then changed=true; fi
    if value tls.doorClients | write_file "$proxy_tls/door-clients.pem" 0644; then changed=true; fi
    if { value tls.certificate && value tls.key; } | write_file "$proxy_tls/server.pem" 0600; then changed=true; fi
  fi
  if value proxy | write_file /etc/haproxy/haproxy.cfg 0644; then changed=true; fi
  if ! service_runs haproxy; then
    service start haproxy
  # Also where nothing changed: a run that was killed may have written the files, and no more.
  elif $changed || ! proxy_has_tls || ! proxy_serves; then
    service reload haproxy
  fi
  # A reload that comes while it is still starting, as after a run that was killed, ends it, or is lost.
  within 10 proxy_serves || service restart haproxy
  wait_for 60 "HAProxy of $name to serve its certificate" proxy_serves
}
