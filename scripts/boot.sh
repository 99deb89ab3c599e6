#!/usr/bin/env bash
# First boot of a host in the cloud: host key, sshd, packages.
#
# cloud-init stores it and runs it once. It is idempotent and continues where it stopped: a systemd unit runs it again after
# a reboot, and the first step of an `up` does (lib/booted.sh), until it has written /var/lib/swarm-ha/booted.
#
# Data, as variables before this text (components/platform/aws/user-data.ts): region, host_name, host_key (name of the
# parameter), engine (version of Docker's packages), node (yes: a host with a Docker engine; else the bastion, which has the
# command line only), client (public key), sshd_settings. None of it is secret.
# shellcheck disable=SC2154 # set before this text

set -Eeuo pipefail
shopt -s inherit_errexit
umask 077

. lib/packages.sh

state=/var/lib/swarm-ha

# For how long packages are tried, in seconds.
packages_limit=900

# Only one run at a time: cloud-init's, or the one that a step resumes.
exec 9>/run/swarm-ha-boot.lock
flock -w 1200 9
[ ! -e "$state/booted" ] || exit 0

# Files that everybody may read. Other files are for root only.
public_file() {
  cat >"$1.new"
  chmod 0644 "$1.new"
  mv -f "$1.new" "$1"
}

# --- Name: the node's name in the swarm, after every reboot, too -------------------------------------------------------

echo 'preserve_hostname: true' | public_file /etc/cloud/cloud.cfg.d/99-swarm-ha.cfg
hostnamectl hostname "$host_name"
grep -qxF "127.0.1.1 $host_name" /etc/hosts || echo "127.0.1.1 $host_name" >>/etc/hosts

# --- Host key: its own, and only its own, may this host read -----------------------------------------------------------

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

# own_key: prints the host key. Credentials go through pipes, because everybody can read arguments.
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

# Once sshd serves, it stays up: a step connects through it to resume the boot.
if [ ! -e "$state/serving" ]; then
  # sshd must never show a key other than this host's pinned one.
  systemctl disable --now ssh.socket ssh.service 2>/dev/null || true
  rm -f /etc/ssh/ssh_host_* /etc/ssh/sshd_config.d/*

  # The key is given to this very instance after it was made, so at first there is none to read. When `up` was killed in
  # between, the next one brings it: a day is time enough.
  end=$((SECONDS + 86400))
  until own_key >/etc/ssh/ssh_host_ed25519_key.new 2>/run/swarm-ha-host-key.log; do
    if ((SECONDS >= end)); then
      echo "waited a day for the host key $host_key; saw last: $(tail -n 3 /run/swarm-ha-host-key.log)" >&2
      exit 1
    fi
    # Quick at first, while an `up` is running; then slower, to spare the API.
    sleep $((SECONDS < 600 ? 5 : 60))
  done
  mv -f /etc/ssh/ssh_host_ed25519_key.new /etc/ssh/ssh_host_ed25519_key

  # --- sshd: root, by the stack's one key ------------------------------------------------------------------------------

  printf '%s\n' "$client" | public_file /etc/ssh/authorized_keys
  printf '%s\n' "$sshd_settings" | public_file /etc/ssh/sshd_config
  # EC2 Instance Connect admits everybody whom an IAM policy allows. Its option on sshd's command line overrides all settings.
  mkdir -p /etc/systemd/system/ssh.service.d
  ln -sf /dev/null /etc/systemd/system/ssh.service.d/ec2-instance-connect.conf
  systemctl daemon-reload
  # sshd takes an account whose password is locked by '!' for one that nobody may use.
  usermod -p '*' root
  systemctl enable ssh.service
  systemctl restart ssh.service
  touch "$state/serving"
fi

# --- Packages ----------------------------------------------------------------------------------------------------------

pause_updates
# No service starts before the prepare step has written its settings: the Docker engine would create networks in its default ranges.
forbid_starts
trap 'allow_starts; resume_updates' EXIT

install_all() {
  local release pinned
  local packages=(ca-certificates curl jq openssl iproute2 openssh-client)
  # A host that was reset while it installed resumes here.
  # shellcheck source=/dev/null
  release=$(. /etc/os-release && echo "$VERSION_CODENAME $VERSION_ID") || return 1
  finish_packages && apt update &&
    docker_repository ubuntu "${release% *}" /etc/apt/keyrings/docker.asc /etc/apt/sources.list.d/docker.list || return 1
  pinned="5:$engine-1~ubuntu.${release#* }~${release% *}"
  packages+=("docker-ce-cli=$pinned")
  [ -z "$node" ] || packages+=(haproxy iptables kmod "docker-ce=$pinned" containerd.io)
  apt update && apt install --no-install-recommends "${packages[@]}" || return 1
  ! dpkg -s ec2-instance-connect >/dev/null 2>&1 || apt purge ec2-instance-connect
}

repeated "$packages_limit" install_all || {
  echo "the packages couldn't be installed within $packages_limit s" >&2
  exit 1
}
# Only `npm run upgrade` changes them (upgrade-engine.sh).
apt-mark hold docker-ce-cli
if [ -n "$node" ]; then
  apt-mark hold docker-ce containerd.io
  systemctl disable docker.service docker.socket haproxy.service
fi
touch "$state/booted"
