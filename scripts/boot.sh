#!/usr/bin/env bash
# First boot of a machine in the cloud, run once by cloud-init: host key, sshd, packages. Idempotent all the same.
#
# Data, as variables before this text (components/platform/aws/user-data.ts): region, host_name, host_key (name of the
# parameter), engine (version, or empty), client (public key), sshd_settings. None of it is secret.
# shellcheck disable=SC2154 # set before this text

set -Eeuo pipefail
shopt -s inherit_errexit
umask 077
export DEBIAN_FRONTEND=noninteractive

# What is read by everybody, as what is written here is meant for root alone.
public_file() {
  cat >"$1.new"
  chmod 0644 "$1.new"
  mv -f "$1.new" "$1"
}

# --- Name: the node's name in the swarm, after every reboot, too -------------------------------------------------------

echo 'preserve_hostname: true' | public_file /etc/cloud/cloud.cfg.d/99-swarm-ha.cfg
hostnamectl hostname "$host_name"
grep -qxF "127.0.1.1 $host_name" /etc/hosts || echo "127.0.1.1 $host_name" >>/etc/hosts

# --- Host key: its own, and only its own, may this machine read --------------------------------------------------------

# Nobody may meet a key that wasn't meant for this name.
systemctl disable --now ssh.socket ssh.service 2>/dev/null || true
rm -f /etc/ssh/ssh_host_* /etc/ssh/sshd_config.d/*

# field NAME: one field of the JSON on standard input. (jq isn't there yet; cloud-init brings python3.)
field() {
  python3 -c 'import functools, json, sys
print(functools.reduce(lambda at, key: at[key], sys.argv[1].split("."), json.load(sys.stdin)))' "$1"
}

# metadata PATH: from the instance's metadata service, version 2.
metadata() {
  local token
  token=$(curl -sSf --max-time 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
    http://169.254.169.254/latest/api/token)
  curl -sSf --max-time 5 -H @<(printf 'X-aws-ec2-metadata-token: %s\n' "$token") \
    "http://169.254.169.254/latest/meta-data/$1"
}

# own_key: prints the host key. Credentials go through pipes: arguments are for everybody to read.
own_key() {
  local role credentials
  role=$(metadata iam/security-credentials/)
  credentials=$(metadata "iam/security-credentials/$role")
  curl -sSf --max-time 20 --aws-sigv4 "aws:amz:$region:ssm" \
    -K <(printf 'user = "%s:%s"\nheader = "X-Amz-Security-Token: %s"\n' "$(field AccessKeyId <<<"$credentials")" \
      "$(field SecretAccessKey <<<"$credentials")" "$(field Token <<<"$credentials")") \
    -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AmazonSSM.GetParameter' \
    -d "{\"Name\":\"$host_key\",\"WithDecryption\":true}" "https://ssm.$region.amazonaws.com/" | field Parameter.Value
}

# The key is given to this very instance after it was made, so at first there is none to read.
end=$((SECONDS + 600))
until own_key >/etc/ssh/ssh_host_ed25519_key.new 2>/run/swarm-ha-host-key.log; do
  if ((SECONDS >= end)); then
    echo "waited 600 s for the host key $host_key; saw last: $(tail -n 3 /run/swarm-ha-host-key.log)" >&2
    exit 1
  fi
  sleep 5
done
mv -f /etc/ssh/ssh_host_ed25519_key.new /etc/ssh/ssh_host_ed25519_key

# --- sshd: root, by the stack's one key --------------------------------------------------------------------------------

printf '%s\n' "$client" | public_file /etc/ssh/authorized_keys
printf '%s\n' "$sshd_settings" | public_file /etc/ssh/sshd_config
# sshd takes an account whose password is locked by '!' for one that nobody may use.
usermod -p '*' root
systemctl enable ssh.service
systemctl restart ssh.service

# --- Packages ----------------------------------------------------------------------------------------------------------

apt() {
  apt-get -y -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 "$@"
}

# No service starts before prepare has written its settings: the engine would make networks in ranges of its own.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d' EXIT

apt update
packages=(ca-certificates curl jq openssl iproute2)
if [ -n "$engine" ]; then
  packages+=(haproxy iptables kmod)
  curl -sSf --retry 5 --max-time 60 https://download.docker.com/linux/ubuntu/gpg | public_file /etc/apt/keyrings/docker.asc
  # Docker's key for its packages; another one is somebody else's.
  gpg --show-keys --with-colons /etc/apt/keyrings/docker.asc | grep -q '^fpr:*9DC858229FC7DD38854AE2D88D81803C0EBFCD88:' || {
    echo "the key of download.docker.com isn't Docker's" >&2
    exit 1
  }
  # shellcheck source=/dev/null
  release=$(. /etc/os-release && echo "$VERSION_CODENAME $VERSION_ID")
  echo "deb [signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/ubuntu ${release% *} stable" |
    public_file /etc/apt/sources.list.d/docker.list
  apt update
  pinned="5:$engine-1~ubuntu.${release#* }~${release% *}"
  packages+=("docker-ce=$pinned" "docker-ce-cli=$pinned" containerd.io)
fi
apt install --no-install-recommends "${packages[@]}"
if [ -n "$engine" ]; then
  # An engine is replaced with its host, not under it.
  apt-mark hold docker-ce docker-ce-cli containerd.io
  systemctl disable docker.service docker.socket haproxy.service
fi
