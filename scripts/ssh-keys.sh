#!/usr/bin/env bash
# Changes which keys may log in as root.
#
# Runs on the bastion and on hosts; `npm run rotate -- <stack> ssh-keys` sends it. Input: { keys: [line of authorized_keys], only: true | false }
# only: every other key is removed. Otherwise the others stay. sshd reads the file at each log-in.

. lib/common.sh

file=${authorized_keys:-/etc/ssh/authorized_keys}
keys=$(value keys)
only=$(value only)

# A file without a key would let nobody in, this program included.
while read -r line; do
  [[ $line =~ ^(ssh|ecdsa)-[a-z0-9-]+\ [A-Za-z0-9+/=]+$ ]] || fail "a line of keys isn't a public key"
done <<<"$keys"
mode=$(stat -c %a "$file") || fail "$file can't be read"

kept=/dev/null
[ "$only" = true ] || kept=$file
# Each one once, and a file that lacks its last newline gets it. Made before the file is opened: if awk fails, the file stays as it is.
text=$(printf '%s\n' "$keys" | awk 'NF > 0 && !had[$0]++' "$kept" -) || fail "the new text of $file can't be made; it wasn't changed"
while read -r line; do
  [[ $'\n'$text$'\n' == *$'\n'"$line"$'\n'* ]] || fail "the new text of $file lacks a key that has to log in; it wasn't changed"
done <<<"$keys"
write_file "$file" "0$mode" <<<"$text" || true
# Also after a power cut it has to be whole.
sync "$file"
