#!/usr/bin/env bash
# Reports what an upgrade of this host has to know of its system. Changes nothing but apt's lists.
#
# Runs on the host; day-two commands send it. Input: { name, engine: version that is wanted, lists: true | false }
# lists: the lists of packages are refreshed first.
# Prints: { boot, offered, freeKib, updates, restart }
#   boot: another text after each boot. offered: a repository has that version. freeKib: the least that is free where packages and
#   Docker's data are. updates: number of packages of the system that have a newer version. restart: the system asks for a reboot.

. lib/common.sh
. lib/packages.sh

wanted=$(value engine)
restart_wanted=${restart_wanted:-/run/reboot-required}

if [ "$(value lists)" = true ]; then apt update >&2 || fail "the lists of packages can't be refreshed"; fi

# A container has its workstation's boot id, and a first process of its own.
boot="$(</proc/sys/kernel/random/boot_id)-$(cut -d' ' -f22 /proc/1/stat)"
free=$({ df -Pk / /var /var/lib/docker 2>/dev/null || true; } | awk 'NR > 1 { print $4 }' | sort -n | head -n 1)
# Packages that are held, as Docker's are, aren't among them.
plan=$(apt upgrade --with-new-pkgs --simulate) || fail "apt can't plan the updates of the system"
updates=$(grep -c '^Inst ' <<<"$plan" || true)
has=false restart=false
find_docker_packages
[ -z "$(offered "${engine_packages[0]}" "$wanted")" ] || has=true
[ ! -e "$restart_wanted" ] || restart=true
jq -nc --arg boot "$boot" --argjson offered "$has" --argjson free "${free:-0}" --argjson updates "$updates" --argjson restart "$restart" \
  '{ boot: $boot, offered: $offered, freeKib: $free, updates: $updates, restart: $restart }'
