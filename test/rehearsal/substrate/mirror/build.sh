#!/bin/bash
# Makes the mirror. Runs while its image is built, on top of the instances' image, so that what that lacks is downloaded.
#
# Input: the pinned version of the engine.

set -Eeuo pipefail
engine=$1
export DEBIAN_FRONTEND=noninteractive
work=/build/debs mirror=/mirror
architecture=$(dpkg --print-architecture)
kept=/usr/share/rehearsal
debian=(-o "Dir::Etc::SourceList=$kept/sources.list" -o "Dir::Etc::SourceParts=$kept/sources.list.d"
  -o "Dir::Etc::TrustedParts=$kept/trusted.gpg.d")

# --- Debian's packages, and what they need ------------------------------------------------------------------------------

mkdir -p "$work/partial"
apt-get "${debian[@]}" update
mapfile -t wanted < <(grep -v '^#' /build/packages)
apt-get "${debian[@]}" -o Dir::Cache::Archives="$work" install --yes --no-install-recommends --download-only \
  "${wanted[@]}" docker.io
apt-get "${debian[@]}" install --yes --no-install-recommends apt-utils gpg gpg-agent zstd

# --- The Docker engine, under the names that Docker's packages have ------------------------------------------------------

# The instances' image has its files here. The packages link to them.
engine_files=/usr/lib/rehearsal/engine

# link FOLDER FILE…: links in a package's /usr/bin to the engine's files. What is a link already stays as it is.
link() {
  local file folder=$1
  shift
  mkdir -p "$folder/usr/bin"
  for file; do
    if [ -L "$engine_files$file" ]; then
      cp -a "$engine_files$file" "$folder/usr/bin/"
    elif [ -f "$engine_files$file" ]; then
      ln -s "$engine_files$file" "$folder/usr/bin/"
    else
      echo "the instances' image has no $engine_files$file" >&2
      return 1
    fi
  done
}

# build NAME VERSION DEPENDS: a package from its folder; DESCRIPTION is the same for all.
build() {
  local folder="/build/new/$1"
  mkdir -p "$folder/DEBIAN"
  printf '%s\n' "Package: $1" "Version: $2" "Architecture: $architecture" "Maintainer: rehearsal <rehearsal@swarm-ha.invalid>" \
    "Depends: $3" "Description: Debian's files of the engine, under the name of Docker's package" >"$folder/DEBIAN/control"
  dpkg-deb --root-owner-group -Zzstd -z1 -b "$folder" "$mirror/docker/linux/ubuntu/pool" >/dev/null
}

mkdir -p "$mirror/docker/linux/ubuntu/pool" "$mirror/ubuntu/pool"
pinned="5:$engine-1~ubuntu.24.04~noble"

new=/build/new/containerd.io
mkdir -p "$new/lib/systemd/system" "$new/DEBIAN"
link "$new" /usr/bin/{containerd,containerd-shim,containerd-shim-runc-v1,containerd-shim-runc-v2,ctr} /usr/sbin/runc
cp -a "$engine_files/lib/systemd/system/containerd.service" "$new/lib/systemd/system/"
# As Docker's: enabled and started when it is installed, unless policy-rc.d forbids.
printf '#!/bin/sh\nset -e\ndeb-systemd-helper enable containerd.service >/dev/null || true\n[ ! -d /run/systemd/system ] || { systemctl daemon-reload; deb-systemd-invoke start containerd.service >/dev/null || true; }\n' \
  >"$new/DEBIAN/postinst"
chmod 0755 "$new/DEBIAN/postinst"
build containerd.io 1.7.28-1~ubuntu.24.04~noble "libc6, libseccomp2"

new=/build/new/docker-ce-cli
link "$new" /usr/bin/docker
build docker-ce-cli "$pinned" "libc6"

new=/build/new/docker-ce
mkdir -p "$new/lib/systemd/system" "$new/DEBIAN"
for file in "$engine_files"/usr/sbin/*; do
  [ "${file##*/}" = runc ] || link "$new" "/usr/sbin/${file##*/}"
done
for unit in docker.service docker.socket; do
  sed -e 's#^ExecStart=.*#ExecStart=/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock#' \
    -e '/^EnvironmentFile=/d' "$engine_files/lib/systemd/system/$unit" >"$new/lib/systemd/system/$unit"
done
printf '#!/bin/sh\nset -e\ngetent group docker >/dev/null || groupadd --system docker\ndeb-systemd-helper enable docker.service docker.socket >/dev/null || true\n[ ! -d /run/systemd/system ] || { systemctl daemon-reload; deb-systemd-invoke start docker.service >/dev/null || true; }\n' \
  >"$new/DEBIAN/postinst"
chmod 0755 "$new/DEBIAN/postinst"
build docker-ce "$pinned" "containerd.io, docker-ce-cli, iptables, libseccomp2, libc6, libsystemd0, libdevmapper1.02.1, tini"

# --- The rest as it is, but quicker to unpack ----------------------------------------------------------------------------

rm "$work"/docker.io_*.deb "$work"/containerd_*.deb "$work"/runc_*.deb
for deb in "$work"/*.deb; do
  rm -rf /build/one
  dpkg-deb -R "$deb" /build/one
  dpkg-deb --root-owner-group -Zzstd -z1 -b /build/one "$mirror/ubuntu/pool/$(basename "$deb" | sed 's/%3a/-/')" >/dev/null
done

# --- Indexes, and the signatures that apt checks -------------------------------------------------------------------------

GNUPGHOME=$(mktemp -d)
export GNUPGHOME
gpg --batch --quiet --passphrase '' --quick-generate-key 'Package mirror of the rehearsal <mirror@swarm-ha.invalid>' ed25519 sign never
gpg --batch --export >"$mirror/key.gpg"
gpg --batch --armor --export >"$mirror/docker/linux/ubuntu/gpg"
gpg --batch --with-colons --list-keys | sed -n '/^fpr:/{s/^fpr:*\([^:]*\):$/\1/p;q}' >"$mirror/key"

# release SUITE LABEL COMPONENT…: the suite's signed list, in the working folder.
release() {
  local suite=$1 label=$2
  shift 2
  apt-ftparchive -o "APT::FTPArchive::Release::Origin=$label" -o "APT::FTPArchive::Release::Label=$label" \
    -o "APT::FTPArchive::Release::Suite=$suite" -o "APT::FTPArchive::Release::Codename=$suite" \
    -o "APT::FTPArchive::Release::Architectures=$architecture" -o "APT::FTPArchive::Release::Components=$*" \
    release "dists/$suite" >Release
  mv Release "dists/$suite/Release"
  gpg --batch --quiet --clearsign -o "dists/$suite/InRelease" "dists/$suite/Release"
}

cd "$mirror/ubuntu"
for suite in noble noble-updates noble-backports noble-security; do
  for component in main restricted universe multiverse; do
    folder="dists/$suite/$component/binary-$architecture"
    mkdir -p "$folder"
    if [ "$suite $component" = "noble main" ]; then apt-ftparchive packages pool >"$folder/Packages"; else : >"$folder/Packages"; fi
    gzip -kn "$folder/Packages"
  done
  release "$suite" Ubuntu main restricted universe multiverse
done
cd "$mirror/docker/linux/ubuntu"
folder="dists/noble/stable/binary-$architecture"
mkdir -p "$folder"
apt-ftparchive packages pool >"$folder/Packages"
gzip -kn "$folder/Packages"
release noble Docker stable

gpgconf --kill all
rm -rf "$GNUPGHOME" /build /var/lib/apt/lists/*
