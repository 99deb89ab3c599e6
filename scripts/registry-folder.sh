#!/usr/bin/env bash
# Creates the registry's folder on the only registry host, where it needn't be a mount.
#
# Without the marker in the folder no replica starts. The host has a note of the folder, so that a disk that should be mounted
# there and isn't never gets the marker: a replica would find no content, and lose pushed images.
#
# Input: { name, path, owner, marker }
# Prints: {}

. lib/common.sh

name=$(value name)
path=$(value path)
note=${note_file:-/etc/swarm-ha/registry-folder}

if grep -qxF "$path" "$note" 2>/dev/null && [ ! -e "$path/$(value marker)" ]; then
  fail "the registry's folder $path of $name was emptied, or its disk isn't mounted ($(value marker) is missing there)." \
    "Mount it, and run \`up\` again. If its content is lost for good: rm $note, then run \`up\` again"
fi
mkdir -p "$path" || fail "the folder $path can't be created on $name"
chmod 0755 "$path"
chown "$(value owner):$(value owner)" "$path"
: >>"$path/$(value marker)"
printf '%s\n' "$path" | write_file "$note" 0644 || true
echo '{}'
