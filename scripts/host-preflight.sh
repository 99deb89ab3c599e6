#!/usr/bin/env bash
# Tells what a host is, before anything is installed on it. Changes nothing, and needs no package of ours.
#
# Runs on the host; `npm run preflight` sends it. Input: { engine: { source: docker | debian | installed, version? },
# mount?: a folder that has to be mounted }
# Prints one line of JSON: cli/platform/hosts/preflight/report.ts says what each of its keys means. What can't be found out is null.

. lib/common.sh
. lib/json.sh
. lib/marker.sh
. lib/packages.sh

source=$(optional engine.source)
wanted=$(optional engine.version)
mount=$(optional mount)

# or_null TEXT: a text as JSON; null if it is empty.
or_null() { if [ -n "$1" ]; then json_text "$1"; else printf null; fi; }

# kernel_feature NAME: whether it is loaded, built in, or can be loaded. (A module's file may have - for _.)
kernel_feature() {
  local folder
  folder=/lib/modules/$(uname -r)
  if [ -d "/sys/module/$1" ] || grep -qsE "/${1//_/[_-]}\.ko" "$folder/modules.builtin" "$folder/modules.dep"; then return 0; fi
  case $1 in
    overlay) grep -qw overlay /proc/filesystems ;;
    ip_vs) [ -e /proc/net/ip_vs ] ;;
    br_netfilter) [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] ;;
    # Whether the kernel creates such a device. It is removed at once.
    vxlan) ip link add swarm-ha-probe type vxlan id 1 dstport 0 2>/dev/null && ip link del swarm-ha-probe ;;
    *) return 1 ;;
  esac
}

modules() {
  local name separator=""
  printf '{'
  for name in overlay ip_vs vxlan br_netfilter esp4; do
    printf '%s"%s":%s' "$separator" "$name" "$(json_flag kernel_feature "$name")"
    separator=,
  done
  printf '}'
}

cgroups() {
  if [ -s /sys/fs/cgroup/cgroup.controllers ]; then
    tr ' ' '\n' </sys/fs/cgroup/cgroup.controllers
  else
    awk '!/^#/ && $4 == 1 { print $1 }' /proc/cgroups
  fi
}

time_sync() {
  local seen
  if command -v timedatectl >/dev/null && seen=$(timeout 5 timedatectl show --property NTPSynchronized --value 2>/dev/null) && [ "$seen" = yes ]; then
    echo true
  elif command -v chronyc >/dev/null && seen=$(timeout 5 chronyc -n tracking 2>/dev/null); then
    if [[ $seen == *"Leap status     : Normal"* ]]; then echo true; else echo false; fi
  elif [ -n "${seen:-}" ]; then
    echo false
  else
    echo null
  fi
}

disk() {
  local path=/var/lib/docker size free
  while [ ! -d "$path" ]; do path=$(dirname "$path"); done
  if read -r size free < <(df -Pk "$path" 2>/dev/null | awk 'NR == 2 { print $2, $4 }'); then
    printf '{"path":%s,"sizeKib":%s,"freeKib":%s}' "$(json_text "$path")" "$size" "$free"
  else
    printf null
  fi
}

memory() {
  awk '$1 == "MemTotal:" { total = $2 } $1 == "MemAvailable:" { free = $2 }
    END { printf "{\"totalKib\":%d,\"availableKib\":%d}", total, free }' /proc/meminfo
}

addresses() {
  local device address rest mtu separator=""
  printf '['
  while read -r _ device _ address rest; do
    read -r mtu 2>/dev/null <"/sys/class/net/${device%%@*}/mtu" || mtu=null
    printf '%s{"device":%s,"address":%s,"dynamic":%s,"secondary":%s,"mtu":%s}' "$separator" "$(json_text "$device")" \
      "$(json_text "$address")" "$(json_flag test "${rest/ dynamic/}" != "$rest")" \
      "$(json_flag test "${rest/ secondary/}" != "$rest")" "$mtu"
    separator=,
  done < <(ip -o -4 addr show scope global 2>/dev/null)
  printf ']'
}

# listening: without ss, the kernel's own tables tell no programs.
listening() {
  local protocol local_address rest port program separator=""
  printf '['
  while read -r protocol local_address rest; do
    port=${local_address##*:}
    [[ $port =~ ^[0-9]+$ ]] || continue
    program=""
    [[ ! $rest =~ \(\(\"([^\"]*)\" ]] || program=${BASH_REMATCH[1]}
    printf '%s{"protocol":"%s","address":%s,"port":%s,"process":%s}' "$separator" "$protocol" \
      "$(json_text "${local_address%:*}")" "$port" "$(json_text "$program")"
    separator=,
  done < <(sockets)
  printf ']'
}
sockets() {
  local protocol table
  if command -v ss >/dev/null; then
    ss -Hltnp 2>/dev/null | awk '{ print "tcp", $4, $6 }'
    ss -Hlunp 2>/dev/null | awk '{ print "udp", $4, $6 }'
    return
  fi
  for protocol in tcp udp; do
    for table in "/proc/net/$protocol" "/proc/net/${protocol}6"; do
      # 0A: listens; 07: a UDP socket without a peer.
      awk -v state="$([ "$protocol" = tcp ] && echo 0A || echo 07)" 'NR > 1 && $4 == state { print $2 }' "$table" 2>/dev/null || true
    done | while IFS=: read -r _ port; do printf '%s *:%d\n' "$protocol" "0x$port"; done
  done
}

engine() {
  local package="" version="" name
  command -v dockerd >/dev/null || {
    printf null
    return
  }
  for name in docker-ce docker.io; do
    if command -v dpkg-query >/dev/null && installed "$name"; then package=$name; fi
  done
  [[ ! $(dockerd --version 2>/dev/null) =~ version\ ([0-9][^, ]*) ]] || version=${BASH_REMATCH[1]}
  printf '{"package":%s,"version":%s}' "$(json_text "$package")" "$(json_text "$version")"
}

firewall_backend() {
  local seen=""
  [ ! -r /etc/docker/daemon.json ] || seen=$(grep -o '"firewall-backend" *: *"[^"]*"' /etc/docker/daemon.json | cut -d'"' -f4) || seen=""
  or_null "$seen"
}

# firewalls: the active services that may block ports, one a line.
firewalls() {
  local unit
  if command -v ufw >/dev/null && [[ $(LC_ALL=C timeout 10 ufw status 2>/dev/null) == "Status: active"* ]]; then echo ufw; fi
  for unit in firewalld nftables; do
    if systemctl is-active --quiet "$unit.service" 2>/dev/null; then echo "$unit"; fi
  done
}

iptables_backend() {
  local seen
  command -v iptables >/dev/null || {
    printf '""'
    return
  }
  seen=$(iptables --version 2>/dev/null) || seen=""
  case $seen in
    *nf_tables*) printf '"nf_tables"' ;;
    # Before 1.8 there was no other.
    iptables*) printf '"legacy"' ;;
    *) printf null ;;
  esac
}

# docker_lines ARGUMENT…: what a command of the Docker CLI prints.
docker_lines() { timeout 20 docker -H unix:///var/run/docker.sock "$@" 2>/dev/null; }

swarm() {
  local state node cluster manager nodes=null services=null lines ids
  if lines=$(docker_info '{{.Swarm.LocalNodeState}} {{or .Swarm.NodeID "-"}} {{if .Swarm.Cluster}}{{or .Swarm.Cluster.ID "-"}}{{else}}-{{end}} {{.Swarm.ControlAvailable}}'); then
    read -r state node cluster manager <<<"$lines"
    if [ "$manager" = true ]; then
      mapfile -t ids < <(docker_lines node ls --format '{{.ID}}')
      if ((${#ids[@]} > 0)) && lines=$(docker_lines node inspect --format \
        '{{.Description.Hostname}} {{.Spec.Role}} {{if .ManagerStatus}}{{.ManagerStatus.Addr}}{{else}}{{.Status.Addr}}{{end}}' \
        "${ids[@]}"); then
        nodes=$(swarm_nodes <<<"$lines")
      fi
      if lines=$(docker_lines service ls --format '{{.Name}}'); then services=$(json_list <<<"$lines"); fi
    fi
  elif [ -s "$swarm_state_file" ]; then
    # Its engine doesn't answer, but it is a node.
    state=error node=- cluster=- manager=false
  else
    printf null
    return
  fi
  printf '{"state":%s,"nodeId":%s,"clusterId":%s,"manager":%s,"nodes":%s,"services":%s}' "$(json_text "$state")" \
    "$(or_null "${node#-}")" "$(or_null "${cluster#-}")" "$manager" "$nodes" "$services"
}
swarm_nodes() {
  local host role address separator=""
  printf '['
  while read -r host role address; do
    [[ $address != *:* ]] || address=${address%:*}
    printf '%s{"hostName":%s,"role":%s,"address":%s}' "$separator" "$(json_text "$host")" "$(json_text "$role")" "$(or_null "$address")"
    separator=,
  done
  printf ']'
}

containers() {
  local lines
  if lines=$(docker_lines ps -a --format '{{.Names}} {{.Label "com.docker.swarm.service.id"}}'); then
    awk 'NF == 1 { print $1 }' <<<"$lines" | json_list
  elif [ -d "$containers_folder" ]; then
    containers_there | cut -c 1-12 | json_list
  else
    printf null
  fi
}

marker_of_host() {
  if [ ! -s "$marker" ]; then
    printf null
  else
    printf '{"stack":%s,"name":%s,"identity":%s,"machineId":%s}' "$(json_text "$(marked stack)")" "$(json_text "$(marked name)")" \
      "$(or_null "$(marked identity)")" "$(or_null "$(marked machine-id)")"
  fi
}

# packages: why the Docker engine's packages can't be had; empty if they can, and null if nothing is known.
packages() {
  local package policy held
  if command -v dockerd >/dev/null; then
    printf '""'
    return
  fi
  case $source in
    installed) printf '""' ;;
    *)
      if ! command -v apt-get >/dev/null; then
        json_text "there is no apt-get"
        return
      fi
      held=$(apt-mark showhold 2>/dev/null | grep -xE 'docker-ce|docker-ce-cli|containerd\.io|docker\.io|docker-cli|containerd' | xargs) || held=""
      package=docker.io
      [ "$source" != docker ] || package=docker-ce
      policy=$(apt-cache policy "$package" 2>/dev/null) || policy=""
      if [ -n "$held" ]; then
        json_text "held: $held"
      elif [ "$source" = docker ]; then
        # Its repository is added at the first `up`.
        if command -v curl >/dev/null && ! curl -sSf -o /dev/null --max-time 10 https://download.docker.com/linux/ 2>/dev/null; then
          json_text "https://download.docker.com can't be reached"
        else
          printf '""'
        fi
      elif [[ $policy != *Candidate:* || $policy == *"Candidate: (none)"* ]]; then
        # An image may have no lists; setup-host.sh fetches them.
        if compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then json_text "no repository has $package"; else printf null; fi
      elif [ -n "$wanted" ] && [ -z "$(offered "$package" "$wanted")" ]; then
        json_text "no repository has $package $wanted"
      else
        printf '""'
      fi
      ;;
  esac
}

# mounted: whether something is mounted at the folder that was asked for; null if none was.
mounted() {
  if [ -z "$mount" ]; then printf null; else json_flag mountpoint -q "$mount"; fi
}

# from_os KEY: a value of /etc/os-release.
from_os() {
  # shellcheck source=/dev/null
  (. "${os_release:-/etc/os-release}" 2>/dev/null && printf '%s' "${!1-}") || true
}

require_root
architecture=$(dpkg --print-architecture 2>/dev/null) || architecture=$(uname -m)
own=$(uname -n)
printf '{"hostName":%s,"machineId":%s,"os":{"id":%s,"version":%s,"name":%s},"architecture":%s,"systemd":%s,' \
  "$(json_text "$own")" "$(json_text "$(machine_id)")" "$(json_text "$(from_os ID)")" "$(json_text "$(from_os VERSION_ID)")" \
  "$(json_text "$(from_os PRETTY_NAME)")" "$(json_text "$architecture")" "$(json_flag test -d /run/systemd/system)"
printf '"modules":%s,"cgroups":%s,"timeSync":%s,"disk":%s,"memory":%s,"addresses":%s,"listening":%s,' \
  "$(modules)" "$(cgroups | json_list)" "$(time_sync)" "$(disk)" "$(memory)" "$(addresses)" "$(listening)"
printf '"engine":%s,"firewallBackend":%s,"firewalls":%s,"iptables":%s,"swarm":%s,"containers":%s,"marker":%s,"packages":%s,"mounted":%s}\n' \
  "$(engine)" "$(firewall_backend)" "$(firewalls | json_list)" "$(iptables_backend)" "$(swarm)" "$(containers)" "$(marker_of_host)" "$(packages)" "$(mounted)"
