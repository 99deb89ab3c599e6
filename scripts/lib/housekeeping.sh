# shellcheck shell=bash
# Removes what a host's Docker engine keeps and nobody uses: stopped containers and images. Never volumes.
#
# Docker's own `prune` compares the time when an image was built: one that was pulled a minute ago may be a year old. And it
# would remove images that a host can't pull again. So each image without a container gets a mark, which ages.

# Marks of unused images, by id.
marks=${marks:-/var/lib/swarm-ha/unused-images}

# tidy_containers SECONDS: removes containers that ended, or were created and never started, so long ago.
tidy_containers() {
  local id ended created name since
  docker ps -aq --no-trunc --filter status=exited --filter status=dead --filter status=created |
    xargs -r docker inspect -f '{{.Id}} {{.State.FinishedAt}} {{.Created}} {{.Name}}' |
    while read -r id ended created name; do
      # A container that never started has the year 1.
      [[ $ended != 0001-* ]] || ended=$created
      since=$(date -d "$ended" +%s) || continue
      (($(date +%s) - since >= $1)) || continue
      # Without --force: one that was started meanwhile stays. Without --volumes: its data stay.
      if docker rm "$id" >/dev/null; then echo "removed the stopped container ${name#/}"; fi
    done
}

# tidy_images SECONDS REPOSITORY…: removes images that no container, running or stopped, has used for so long; never those of
# these repositories.
tidy_images() {
  local age=$1 used id repository short mark name names
  local -A unused=()
  shift
  mkdir -p "$marks"
  used=$(docker ps -aq | xargs -r docker inspect -f '{{.Image}}')
  while read -r id repository; do
    short=${id#sha256:}
    : "${unused[$short]:=yes}"
    # shellcheck disable=SC2076 # a list of words
    [[ " $* " != *" ${repository} "* ]] || unused[$short]=no
    [[ $'\n'$used$'\n' != *$'\n'"$id"$'\n'* ]] || unused[$short]=no
  done < <(docker image ls --no-trunc --format '{{.ID}} {{.Repository}}')
  for mark in "$marks"/*; do
    [ ! -e "$mark" ] || [ "${unused[${mark##*/}]-}" = yes ] || rm -f "$mark"
  done
  for id in "${!unused[@]}"; do
    [ "${unused[$id]}" = yes ] || continue
    mark=$marks/$id
    [ -e "$mark" ] || : >"$mark"
    (($(date +%s) - $(stat -c %Y "$mark") >= age)) || continue
    names=$(docker image inspect -f '{{range .RepoTags}}{{.}} {{end}}{{range .RepoDigests}}{{.}} {{end}}' "$id") || continue
    # By name, because an image with several names can't be removed by its id. Without --force: a task may have started.
    for name in $names "$id"; do
      docker image rm "$name" >/dev/null 2>&1 || true
    done
    if ! docker image inspect "$id" >/dev/null 2>&1; then
      rm -f "$mark"
      echo "removed the unused image ${names:-$id}"
    fi
  done
}

# The program and what runs it.
housekeeping_program=${housekeeping_program:-/usr/local/sbin/swarm-ha-housekeeping}
housekeeping_units=${housekeeping_units:-/etc/systemd/system}
housekeeping_services=${housekeeping_services:-/etc/service}

# housekeeping_text: prints the program. An argument replaces the configured age, in hours.
housekeeping_text() {
  local repositories
  repositories=$(optional housekeeping.keep | tr '\n' ' ')
  # (Not in the text below: a line that begins with # is a comment, and is not sent to hosts.)
  # Containers stay for ten minutes whatever the age: the swarm creates one, and starts it a moment later.
  echo '#!/bin/bash'
  cat <<END
set -uo pipefail
exec 9>/run/swarm-ha-housekeeping.lock
flock -n 9 || { echo "another run of the housekeeping holds /run/swarm-ha-housekeeping.lock: wait for it, or check ps" >&2; exit 75; }
marks=$marks
$(declare -f tidy_containers tidy_images)
age=\$((\${1:-$(value housekeeping.ageHours)} * 3600))
tidy_containers "\$((age > 600 ? age : 600))"
tidy_images "\$age" $repositories
END
}

# Seconds for a run. A Docker engine that hangs would keep it, and its lock, for ever.
housekeeping_limit=1800

# housekeeping_unit and housekeeping_timer HOURS: print the units of systemd. The delay spreads the hosts.
housekeeping_unit() {
  cat <<END
[Unit]
Description=Removes stopped containers and unused images
After=docker.service
[Service]
Type=oneshot
Nice=10
TimeoutStartSec=$housekeeping_limit
SuccessExitStatus=75
ExecStart=$housekeeping_program
END
}
housekeeping_timer() {
  cat <<END
[Unit]
Description=Removes stopped containers and unused images, by schedule
[Timer]
OnBootSec=15min
OnUnitActiveSec=$1h
RandomizedDelaySec=30min
[Install]
WantedBy=timers.target
END
}

# housekeeping_loop HOURS: prints what runit runs, again and again.
housekeeping_loop() {
  echo '#!/bin/sh'
  # 15 to 45 minutes after each start, which spreads the hosts.
  cat <<END
exec 2>&1
sleep \$((900 + \$(od -An -N2 -tu2 /dev/urandom) % 1800))
timeout -k 30 $housekeeping_limit $housekeeping_program
exec sleep $(($1 * 3600))
END
}

# housekeeping_apply: installs the program and its schedule, or removes both where it is off.
housekeeping_apply() {
  local every changed=false unit=swarm-ha-housekeeping service=$housekeeping_services/housekeeping
  every=$(value housekeeping.everyHours)
  if ((every == 0)); then
    if [ -e "$housekeeping_units/$unit.timer" ]; then
      systemctl disable --quiet --now "$unit.timer" || true
      rm -f "$housekeeping_units/$unit".{timer,service}
      systemctl daemon-reload
    elif [ -d "$service" ]; then
      sv -w 10 force-shutdown "$service" >&2 || true
      rm -rf "$service"
    fi
    rm -f "$housekeeping_program"
    return
  fi
  housekeeping_text | write_file "$housekeeping_program" 0755 || true
  if [ -d /run/systemd/system ]; then
    if housekeeping_unit | write_file "$housekeeping_units/$unit.service" 0644; then changed=true; fi
    if housekeeping_timer "$every" | write_file "$housekeeping_units/$unit.timer" 0644; then changed=true; fi
    ! $changed || systemctl daemon-reload
    systemctl enable --quiet --now "$unit.timer"
    ! $changed || systemctl restart "$unit.timer"
  elif housekeeping_loop "$every" | write_file "$service/run" 0755 && [ -d "$service/supervise" ]; then
    # (A new service is started by the supervisor itself.)
    sv -w 10 force-restart "$service" >&2 || true
  fi
}
