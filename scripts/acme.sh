#!/usr/bin/env bash
# Gets the applications' certificate from an ACME authority, by a DNS challenge that lego answers.
#
# Runs on the bastion. Input: { term (another one asks for another certificate), domain, email, provider (lego's code),
# credentials: { VARIABLE: text }, directory (URL), authority? (of the directory's own certificate), propagation: check | skip,
# days (that the certificate has to be valid at least), account (key), request (CSR), limit (seconds) }
# Prints the certificate and its intermediate certificates, PEM. They are no secret.

. lib/common.sh
. lib/on-demand.sh

domain=$(value domain)
directory=$(value directory)
limit=$(value limit)

# Authorities issue only a few certificates for the same name in a week (Let's Encrypt: five). So if this term has a
# certificate already, from a run whose answer was lost or with other credentials, that one is used again.
kept=/var/lib/swarm-ha/acme.pem
for path in term request directory; do value "$path"; done | sha256sum | read -r term _
exec 9>/run/swarm-ha-acme.lock
flock -w "$limit" 9 || fail_locked "the applications' certificate" "$limit"

# give: prints what is kept, unless it is too short. That, too, was kept: asking again would get the same, until the
# authority gives no more. What counts is its whole life, because later in the term less of it is left.
give() {
  local from to days
  days=$(value days)
  openssl x509 -in "$kept" -noout -startdate | IFS='=' read -r _ from
  openssl x509 -in "$kept" -noout -enddate | IFS='=' read -r _ to
  (($(date -d "$to" +%s) - $(date -d "$from" +%s) >= days * 86400)) ||
    fail "$directory issued a certificate that expires before it is renewed ($from to $to);" \
      "set swarm-ha:ingress.acme.renewAfterDays to at most two thirds of its validity (now $days)"
  tail -n +2 "$kept"
}

if [ -s "$kept" ] && [ "$(head -n 1 "$kept")" = "# $term" ]; then
  give
  exit 0
fi

need_program lego
[ "$(stat -f -c %T /run)" = tmpfs ] || fail "/run isn't a tmpfs, and keys must not be stored on a disk"

# Removes the files of an earlier run that was killed. Under the lock, no other run uses them.
folder=/run/swarm-ha-acme
rm -rf "$folder"
trap 'rm -rf "$folder"' EXIT
mkdir -m 0700 "$folder"
# Folder for temporary files of the shell and its tools.
export TMPDIR=$folder

# Path where lego reads the account's key. The key identifies the account, so registering twice is harmless.
server=${directory#https://}
server=${server%%/*}
email=$(value email)
keys=$folder/accounts/${server//:/_}/$email/keys
mkdir -p "$keys"
value account >"$keys/$email.key"
value request >"$folder/request.pem"

# obtain: runs lego. Everybody can read arguments, so the credentials are only in its environment.
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
  # Don't make this the last command: bash would exec it in place of the subshell. timeout's SIGKILL hits timeout itself, too,
  # and the outer shell would print the whole function into the log.
  timeout --kill-after=10 "$limit" lego "${arguments[@]}" run || exit
)

# without_credentials: passes standard input on; some providers' errors show the address of a call, with a token in it.
without_credentials() {
  local text path
  text=$(cat)
  for path in "${!given[@]}"; do
    # Shorter values are settings, and replacing them would garble the text.
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
  fail "$directory issued no certificate for $domain; lego's last output: $said"
fi

chain=("$folder"/certificates/*.crt)
[ "$(openssl x509 -in "${chain[0]}" -noout -pubkey)" = "$(openssl req -in "$folder/request.pem" -noout -pubkey)" ] ||
  fail "$directory issued a certificate for another key"
{
  echo "# $term"
  cat "${chain[0]}"
} | write_file "$kept" 0644 || true
give
