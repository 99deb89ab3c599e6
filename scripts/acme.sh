#!/usr/bin/env bash
# Gets the applications' certificate from an ACME authority, by a DNS challenge that lego answers.
#
# Runs on the bastion. Input: { term (another one asks for another certificate), domain, email, provider (lego's code),
# credentials: { VARIABLE: text }, directory (URL), authority? (of the directory's own certificate), propagation: check | skip,
# days (that the certificate has to be valid at least), account (key), request (CSR), limit (seconds) }
# Prints the certificate and those between it and the authority's root, PEM. They are no secret.

. lib/common.sh
. lib/packages.sh

domain=$(value domain)
directory=$(value directory)
limit=$(value limit)

# Authorities give only a few certificates for the same name in a week (Let's Encrypt: five). So what this term has got
# already, in a run whose answer was lost or with other credentials, is what it gets again.
kept=/var/lib/swarm-ha/acme.pem
for path in term request directory; do value "$path"; done | sha256sum | read -r term _
exec 9>/run/swarm-ha-acme.lock
flock -w "$limit" 9 || fail "an earlier run has been asking for a certificate for more than $limit s"

# give: prints what is kept, unless it is too short. That, too, was kept: asking again would get the same, until the
# authority gives no more. What counts is its whole life, because later in the term less of it is left.
give() {
  local from to days
  days=$(value days)
  openssl x509 -in "$kept" -noout -startdate | IFS='=' read -r _ from
  openssl x509 -in "$kept" -noout -enddate | IFS='=' read -r _ to
  (($(date -d "$to" +%s) - $(date -d "$from" +%s) >= days * 86400)) ||
    fail "$directory gave a certificate that ends before it is renewed ($from to $to);" \
      "set swarm-ha:ingress.acme.renewAfterDays to less than its life, two thirds of it at most (now $days)"
  tail -n +2 "$kept"
}

if [ -s "$kept" ] && [ "$(head -n 1 "$kept")" = "# $term" ]; then
  give
  exit 0
fi

# The local platform's image has it. In the cloud only bastions that need it get it.
install_lego() { apt update && apt install --no-install-recommends lego; }
if ! command -v lego >/dev/null; then
  heard=$(repeated 240 install_lego 2>&1) ||
    fail "lego can't be installed: $(tail -n 2 <<<"$heard" | tr '\n' ' '). On a local stack it comes with the bastion's" \
      "image, and this bastion's is older: npm run replace -- <stack> bastion"
fi
[ "$(stat -f -c %T /run)" = tmpfs ] || fail "/run is no tmpfs, and keys may not lie on a disk"

# What an earlier run left that was killed the hard way is gone now; nobody else is in it, under the lock.
folder=/run/swarm-ha-acme
rm -rf "$folder"
trap 'rm -rf "$folder"' EXIT
mkdir -m 0700 "$folder"
# Where the shell and its tools put what doesn't fit into a pipe.
export TMPDIR=$folder

# Where lego looks for the account's key. The authority knows the account by it: registering twice is no harm.
server=${directory#https://}
server=${server%%/*}
email=$(value email)
keys=$folder/accounts/${server//:/_}/$email/keys
mkdir -p "$keys"
value account >"$keys/$email.key"
value request >"$folder/request.pem"

# obtain: runs lego. Arguments are for everybody to read: the credentials are in its environment alone.
obtain() (
  arguments=(--path "$folder" --server "$directory" --email "$email" --accept-tos --csr "$folder/request.pem")
  arguments+=(--dns "$(value provider)")
  [ "$(value propagation)" = check ] || arguments+=(--dns.disable-cp)
  if [ -n "$(optional authority)" ]; then
    value authority >"$folder/authority.pem"
    export LEGO_CA_CERTIFICATES=$folder/authority.pem
  fi
  for path in "${!given[@]}"; do
    [[ $path != credentials.* ]] || export "${path#credentials.}=${given[$path]}"
  done
  # Not as the last command: the shell would become it, and it is killed with lego, which the shell above tells at length.
  timeout --kill-after=10 "$limit" lego "${arguments[@]}" run || exit
)

# without_credentials: passes standard input on; some providers' errors show the address of a call, with a token in it.
without_credentials() {
  local text path
  text=$(cat)
  for path in "${!given[@]}"; do
    # What is shorter is a setting, and would tear words apart.
    [[ $path != credentials.* ]] || ((${#given[$path]} < 6)) || text=${text//"${given[$path]}"/***}
  done
  printf '%s\n' "$text"
}

# last_words: what lego said of its failure, on one line: without its progress, its advice to new users, times, and what
# the shell says when lego had to be killed.
last_words() {
  sed -E '/^!!!! HEADS UP/,/^backups of this folder/d; /\[INFO\]/d; s#^[0-9/]+ [0-9:]+ ##; /^\s*$/d' "$folder/log" |
    sed -E '/: line [0-9]+: +[0-9]+ Killed /d' | tail -n 8 | without_credentials | tr -s '\n\t ' ' '
}

code=0
begun=$SECONDS
obtain </dev/null >"$folder/log" 2>&1 || code=$?
if ((code != 0)); then
  said=$(last_words)
  # Not by the code: it is another one when lego had to be killed.
  ((SECONDS - begun < limit)) || said="no end within $limit s; $said"
  fail "$directory gave no certificate for $domain; lego said last: $said"
fi

chain=("$folder"/certificates/*.crt)
[ "$(openssl x509 -in "${chain[0]}" -noout -pubkey)" = "$(openssl req -in "$folder/request.pem" -noout -pubkey)" ] ||
  fail "$directory gave a certificate of another key"
{
  echo "# $term"
  cat "${chain[0]}"
} | write_file "$kept" 0644 || true
give
