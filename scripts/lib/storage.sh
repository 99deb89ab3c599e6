# shellcheck shell=bash
# The folder that all replicas of the registry share, which is a mount.

# protect_below MOUNT: makes the folder below the mount root's alone. When the mount is lost, that folder shows, and a registry that may
# write there would acknowledge pushes that nobody finds again.
protect_below() {
  local mount seen
  mount=$(realpath "$1")
  [ "$mount" != / ] || return 0
  # Only the parent's own file system is mounted in this namespace of its own, without what is mounted on it.
  # shellcheck disable=SC2016 # for the other shell
  seen=$(timeout 30 unshare --mount bash -c '
    mount --bind "$1" /mnt && cd "/mnt/$2" || exit
    [ "$(stat -c %u:%g:%a .)" = 0:0:755 ] || { chown 0:0 . && chmod 0755 .; }' bash "$(dirname "$mount")" "$(basename "$mount")" 2>&1) ||
    fail "the folder below the mount $1 can't be made root's alone, so a lost mount could lose pushed images: ${seen:-no answer within 30 s}." \
      "Unmount it, run \`chown root:root $1; chmod 0755 $1\`, mount it again, and run \`up\` again"
}

# own_storage FOLDER OWNER MARKER: makes the folder the registry's, with the marker that a replica needs. (An NFS server with root_squash
# refuses root both; there the owner writes the marker.)
own_storage() {
  [ "$(stat -c %u:%g "$1")" = "$2:$2" ] || chown "$2:$2" "$1" ||
    fail "the owner of $1 can't be changed to $2:$2, which the registry runs as. If it is NFS with root_squash, run \`chown $2:$2\` on its server"
  # shellcheck disable=SC2016 # for the other shell
  [ -e "$1/$3" ] || { : >>"$1/$3"; } 2>/dev/null || setpriv --reuid "$2" --regid "$2" --clear-groups sh -c ': >>"$1"' sh "$1/$3" ||
    fail "$1 can't be written by its owner $2. Check its mount options and its server"
}
