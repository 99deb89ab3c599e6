#!/bin/sh
# Looks through the registry's shared folder for what stops its garbage collector or breaks pulls, and for unfinished uploads.
#
# Runs inside a replica's container, with that image's shell, as the first part of the job of registry-gc.sh. The folder's
# layout: Distribution 3.0.0, registry/storage/paths.go; what stops the collector: garbagecollect.go, linkedblobstore.go.
# Arguments: look, collect or mend; then the folder, and after it the collector's command line, which runs if nothing stops it.
# Prints lines of fields with a tab between: `damaged KIND REPOSITORY PATH`, `mended …`, `lost …`, `uploads COUNT KIB`.
# Exit code 65: something damaged is left, and nothing was collected.

set -eu
umask 022
mode=$1 folder=$2
shift 2
tab=$(printf '\t')
cd "$folder"
if [ -n "${MARKER-}" ] && [ ! -e "$MARKER" ]; then
  echo "the registry's storage isn't there: no $MARKER" >&2
  exit 66
fi
root=docker/registry/v2
notes=${TMPDIR:-/tmp}/storage
mkdir -p "$notes"
found=$notes/found
: >"$found"
# Nothing has been pushed yet.
if [ ! -d "$root/repositories" ]; then
  [ $# -eq 0 ] || exec "$@"
  exit 0
fi
cd "$root"

# is_digest TEXT: whether Distribution takes it for a digest.
is_digest() {
  case $1 in
    sha256:*) [ ${#1} -eq 71 ] ;;
    sha384:*) [ ${#1} -eq 103 ] ;;
    sha512:*) [ ${#1} -eq 135 ] ;;
    *) return 1 ;;
  esac || return 1
  case ${1#*:} in *[!0-9a-f]*) return 1 ;; esac
}

# blob_of DIGEST: sets blob to where its content is.
blob_of() {
  rest=${1#*:}
  blob=blobs/${1%%:*}/$(printf %.2s "$rest")/$rest/data
}

# digest_at FOLDER: sets digest to what the last two parts of a path stand for: …/sha256/<hex>.
digest_at() {
  digest=${1%/*}
  digest=${digest##*/}:${1##*/}
}

# readable FILE: whether it holds a digest and nothing more; sets content. (`read` fails at an end without a newline.)
readable() {
  content=""
  if IFS= read -r content 2>/dev/null <"$1"; then return 1; fi
  is_digest "$content"
}

damaged() { printf 'damaged\t%s\t%s\t%s\n' "$1" "$2" "$3"; }
mended() { printf 'mended\t%s\t%s\t%s\n' "$1" "$2" "$3"; }
lost() { printf 'lost\t%s\t%s\t%s\n' "$1" "$2" "$3"; }

# repository PATH: sets name to the repository that a path is in.
repository() {
  name=${1#repositories/}
  name=${name%%/_layers/*}
  name=${name%%/_manifests/*}
}

# links: each file that must hold a digest, and doesn't.
links() {
  find repositories -name _uploads -prune -o -type f -name link -print | while IFS= read -r file; do
    ! readable "$file" || continue
    repository "$file"
    case $file in
      */_layers/*) damaged layer "$name" "$file" ;;
      */_manifests/revisions/*) damaged revision "$name" "$file" ;;
      # (The links of a tag's history are never read.)
      */_manifests/tags/*/current/link) damaged tag "$name" "$file" ;;
    esac
  done
}

# manifests: revisions whose manifest is missing, or isn't what its digest says; images of which a layer is missing.
manifests() {
  : >"$notes/sums"
  find repositories -path '*/_manifests/revisions/*' -type f -name link | while IFS= read -r file; do
    readable "$file" || continue
    repository "$file"
    blob_of "$content"
    if [ ! -s "$blob" ]; then
      damaged manifest "$name" "$file"
      continue
    fi
    case $content in sha256:*) printf '%s  %s\n' "${content#*:}" "$blob" >>"$notes/sums" ;; esac
    incomplete "$file" "$blob"
  done
  # One process for all of them. Only manifests: they are small, and the collector reads nothing else.
  [ ! -s "$notes/sums" ] || sha256sum -c "$notes/sums" 2>/dev/null | while IFS= read -r line; do
    case $line in *': OK') continue ;; esac
    hex=${line%%/data: *}
    hex=${hex##*/}
    find repositories -path "*/_manifests/revisions/sha256/$hex/link" | while IFS= read -r file; do
      repository "$file"
      damaged manifest "$name" "$file"
    done
  done
}

# incomplete FILE MANIFEST: an image whose configuration or layers aren't all there. The collector goes on over it.
# (Layers that are fetched from elsewhere have URLs; the manifests of an index may be of platforms that nobody pushed.)
incomplete() {
  if grep -q '"urls"' "$2" || ! grep -q '"layers"' "$2"; then return 0; fi
  grep -o '"digest" *: *"[^"]*"' "$2" | while IFS= read -r line; do
    line=${line%\"}
    line=${line##*\"}
    is_digest "$line" || continue
    blob_of "$line"
    [ -s "$blob" ] || [ "$line" = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" ] ||
      damaged content "$name" "$blob"
  done
}

# names: repositories and blobs whose names the collector can't read.
names() {
  find repositories -type d -name _manifests -prune | while IFS= read -r path; do
    name=${path#repositories/}
    name=${name%/_manifests}
    # Source: distribution/reference, regexp.go.
    printf '%s\n' "$name" | grep -qE '^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$' ||
      damaged name "$name" "repositories/$name"
  done
  [ ! -d blobs ] || find blobs -type f -name data | grep -vE '^blobs/(sha256|sha384|sha512)/([0-9a-f]{2})/\2[0-9a-f]{62,126}/data$' |
    while IFS= read -r path; do damaged blob "-" "$path"; done || true
}

look() {
  links
  manifests
  names
}

# --- What can be put right -------------------------------------------------------------------------------------------

# write_link FILE DIGEST: whole or not at all: a full disk is what makes empty links.
write_link() {
  if printf %s "$2" >"$1.new" && [ "$(wc -c <"$1.new")" -eq ${#2} ]; then
    mv -f "$1.new" "$1"
  else
    rm -f "$1.new"
    return 1
  fi
}

# mend: reads lines of `look`. A link's own path says what it has to hold, as long as the content is there.
mend() {
  while IFS=$tab read -r _ kind name file; do
    case $kind in
      layer | revision)
        digest_at "${file%/link}"
        blob_of "$digest"
        if is_digest "$digest" && [ -s "$blob" ]; then
          write_link "$file" "$digest" || continue
          mended "$kind" "$name" "$file"
        else
          rm -rf "${file%/link}"
          lost "$kind" "$name" "$file"
        fi
        ;;
      tag)
        # Each push of a tag writes its entry in the tag's history first: the newest is what the tag meant.
        tag=${file%/current/link}
        newest=""
        [ ! -d "$tag/index" ] || newest=$(find "$tag/index" -type f -name link -exec ls -t {} + | head -n 1)
        digest_at "${newest%/link}"
        blob_of "$digest"
        if [ -n "$newest" ] && is_digest "$digest" && [ -s "$blob" ]; then
          write_link "$file" "$digest" || continue
          mended "$kind" "$name" "$file"
        else
          rm -rf "$tag"
          lost "$kind" "$name" "$file"
        fi
        ;;
      manifest)
        # Nobody can pull it; its tags lead nowhere.
        digest_at "${file%/link}"
        for tag in "repositories/$name/_manifests/tags"/*; do
          [ -d "$tag" ] || continue
          ! readable "$tag/current/link" || [ "$content" != "$digest" ] || rm -rf "$tag"
          rm -rf "$tag/index/${digest%%:*}/${digest#*:}"
        done
        rm -rf "${file%/link}"
        lost "$kind" "$name" "$file"
        ;;
      blob)
        rm -f "$file"
        lost "$kind" "$name" "$file"
        ;;
    esac
  done
}

# --- The job ---------------------------------------------------------------------------------------------------------

uploads() { find repositories -type d -path '*/_uploads/*' -prune; }

uploads >"$notes/uploads"
size=0
# The folder of an upload can go while it is measured.
while IFS= read -r upload; do
  kib=$(du -sk "$upload" 2>/dev/null | cut -f1) || true
  size=$((size + ${kib:-0}))
done <"$notes/uploads"
printf 'uploads\t%s\t%s\n' "$(wc -l <"$notes/uploads" | tr -d ' ')" "$size"
if [ "$mode" != look ]; then
  # The registry refuses pushes now: nobody goes on with them. First of all, so that a full disk has room for the rest.
  while IFS= read -r upload; do rm -rf "$upload"; done <"$notes/uploads"
fi

look >"$found"
if [ "$mode" = mend ] && [ -s "$found" ]; then
  # Links first: a manifest whose link is whole again is no loss, and may be one that has to be looked at.
  mend <"$found"
  look >"$found"
  mend <"$found"
  look >"$found"
elif [ "$mode" = look ] && [ -s "$found" ]; then
  # A push writes its links in two steps. What is the same after a while is damage.
  sleep 3
  mv "$found" "$found.first"
  look >"$found.second"
  grep -Fxf "$found.first" "$found.second" >"$found" || true
fi
sort -u "$found"
# Missing layers don't stop the collector, and tags only where it is to delete what has none.
case "$*" in *--delete-untagged*) harmless=content ;; *) harmless='\(content\|tag\)' ;; esac
if [ $# -gt 0 ] && grep -qv "^damaged${tab}$harmless$tab" "$found"; then exit 65; fi
[ $# -eq 0 ] || exec "$@"
