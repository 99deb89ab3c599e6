# shellcheck shell=bash
# An external CA as this host sees it: whether it answers, and what it signs. Protocol: cfssl's `sign`, as swarmkit calls it (ca/external.go).

# This node's certificate and key, with which the managers log in to the CA. A host that is no node has none.
node_certificate=${node_certificate:-/var/lib/docker/swarm/certificates/swarm-node.crt}
node_key=${node_key:-/var/lib/docker/swarm/certificates/swarm-node.key}
# The root that this node trusts. (While a swarm's root is exchanged, that is the former one: swarmkit, ca/server.go.)
node_root=${node_root:-/var/lib/docker/swarm/certificates/swarm-root-ca.crt}

# What a test certificate is for. Nodes need a role there, so it is of no use to anybody.
test_name="swarm-ha-check"

wants_certificate="it wants a client certificate"

# begin_external_ca ROOT: prepares the calls. ROOT: the certificate of the CA, PEM, which has to have signed its server's, too.
begin_external_ca() {
  local tool
  for tool in curl jq openssl; do
    command -v "$tool" >/dev/null || fail "$tool is not installed, and without it the external CA can't be asked"
  done
  ca_folder=$(mktemp -d /run/swarm-ha-external-ca.XXXXXX)
  trap 'rm -rf "$ca_folder"' EXIT
  printf '%s\n' "$1" >"$ca_folder/root.pem"
}

# identified: whether this host has a certificate to log in with. The key of an autolocked manager is encrypted.
identified() {
  [ -s "$node_certificate" ] && [ -s "$node_key" ] && ! grep -q ENCRYPTED "$node_key"
}

# plain_key: the node's key without the headers that swarmkit writes into it, which OpenSSL refuses.
plain_key() {
  sed '/^[A-Za-z-]*: /d; /^$/d' "$node_key"
}

# call_external_ca URL [BODY_FILE]: one call; sets answer, or seen to what went wrong.
call_external_ca() {
  local options=(-sS --noproxy '*' --connect-timeout 5 --max-time 10 --cacert "$ca_folder/root.pem" -w '\n%{http_code}')
  [ $# -lt 2 ] || options+=(-H 'Content-Type: application/json' --data-binary "@$2")
  if identified; then
    # The key goes through a pipe that only curl reads.
    answer=$(curl "${options[@]}" --cert "$node_certificate" --key <(plain_key) "$1" 2>&1) && return 0
  else
    answer=$(curl "${options[@]}" "$1" 2>&1) && return 0
  fi
  # curl's first line: others are advice, and the status, 000.
  seen=${answer:0:300}
  [[ ! $answer =~ curl:\ [^$'\n']+ ]] || seen=${BASH_REMATCH[0]}
  case $seen in
    # (A server that refuses a certificate may have ended the connection before curl could read its reason.)
    *"certificate required"* | *"alert handshake failure"* | *"bad certificate"* | *"curl: (55)"*)
      if identified; then
        seen+=" (it refuses this node's certificate; it has to trust the swarm's present root)"
      elif [ -s "$node_key" ]; then
        seen+=" ($wants_certificate, and this node's key is encrypted: autolock)"
      else
        seen+=" ($wants_certificate, and this host has none of a swarm)"
      fi
      ;;
    *"unknown ca"*) seen+=" (it doesn't trust the swarm's present root, which signed this node's certificate)" ;;
    *"SSL certificate problem"*) seen+=" (its server certificate has to be signed by rootCertificate)" ;;
  esac
  return 1
}

# external_ca_answers URL: whether it answers at all; else false, with the reason in seen. Nothing is signed.
external_ca_answers() {
  if call_external_ca "$1"; then
    # A proxy in front of a CA that doesn't run answers, too. (cfssl refuses a call without a request by 4xx.)
    [[ ${answer##*$'\n'} == 5* ]] || return 0
    seen="HTTP ${answer##*$'\n'}"
    return 1
  fi
  # Without a key to log in with, a request for it is the answer.
  ! identified && [[ $seen == *"$wants_certificate"* ]]
}

# external_ca_signs URL: whether it signs a certificate as the swarm needs it; else false, with the reason in seen. The key of
# that certificate is thrown away.
external_ca_signs() {
  local said use
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$ca_folder/key.pem" -subj "/CN=$test_name" \
    -out "$ca_folder/request.pem" >"$ca_folder/said" 2>&1 || fail "openssl can't make a certificate request: $(tail -n 1 "$ca_folder/said")"
  jq -n --rawfile request "$ca_folder/request.pem" --arg name "$test_name" '{ certificate_request: $request, hosts: [$name],
    subject: { CN: $name, names: [{ O: $name, OU: $name }] } }' >"$ca_folder/body.json"
  call_external_ca "$1" "$ca_folder/body.json" || return 1
  # (The status is the last line.)
  jq -re '.result.certificate // empty' <<<"${answer%$'\n'*}" >"$ca_folder/signed.pem" 2>/dev/null || {
    seen="it signs nothing: HTTP ${answer##*$'\n'}, ${answer:0:300}"
    return 1
  }
  for use in sslclient sslserver; do
    said=$(openssl verify -partial_chain -purpose "$use" -CAfile "$ca_folder/root.pem" "$ca_folder/signed.pem" 2>&1) || {
      seen="what it signs is not a certificate of rootCertificate for client and server: ${said//$'\n'/; }"
      return 1
    }
  done
  said=$(openssl x509 -noout -subject -nameopt multiline -in "$ca_folder/signed.pem")
  [[ $said =~ organizationalUnitName\ *=\ *"$test_name" && $said =~ organizationName\ *=\ *"$test_name" ]] || {
    seen="it signs another subject than it is asked for, and swarm nodes have their role there: ${said//$'\n'/ }"
    return 1
  }
}

# lasting_root: whether the root is valid for another year; else the swarm refuses it (swarmkit, manager/controlapi/ca_rotation.go).
lasting_root() {
  openssl x509 -noout -checkend 31536000 -in "$ca_folder/root.pem" >/dev/null 2>&1
}

# moved_to ROOT: whether this host is a node of a swarm whose root this is.
moved_to() {
  local own wanted
  own=$(openssl x509 -noout -fingerprint -sha256 -in "$node_root" 2>/dev/null) || return 1
  wanted=$(openssl x509 -noout -fingerprint -sha256 <<<"$1" 2>/dev/null) || return 1
  [ "$own" = "$wanted" ]
}

# require_external_ca URLS ROOT CONSEQUENCE: fails unless each URL signs with this root. CONSEQUENCE ends the message.
#
# Once the swarm has that root, its remaining validity is no reason to refuse any more. Then an autolocked manager, whose key is
# encrypted, sees only that the CA answers.
require_external_ca() {
  local url moved=false
  begin_external_ca "$2"
  ! moved_to "$2" || moved=true
  $moved || lasting_root || fail "swarm-ha:externalCa.rootCertificate can't be a swarm's root: it expires within a year. $3"
  while read -r url; do
    if $moved && ! identified; then
      external_ca_answers "$url" || fail "the external CA $url doesn't answer: $seen. $3"
    else
      external_ca_signs "$url" || fail "the external CA $url can't sign for the swarm: $seen. $3"
    fi
  done <<<"$1"
}
