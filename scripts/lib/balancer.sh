# shellcheck shell=bash
# Reloads a load balancer's settings. Open connections stay. Needs lib/haproxy.sh, and of the caller reload_haproxy.
#
# A new process assumes that every member is healthy until a check fails. So it gets the old one's states. A
# member that is new, or has a new address, starts out of service until its checks have passed,
# as behind a cloud's load balancer. (HAProxy 3.1 and later have the setting `init-state`.) If there is no old process,
# because the load balancer has just been started, all members are tried.
#
# Serving members that are no longer planned stay until the new ones serve, too. A pool
# that replaces another one has to join the swarm first, which takes a minute.

# Where its settings say that the members' states are.
state=${state:-/run/haproxy.state}

# Seconds that new members have to join and serve.
patience=${PATIENCE:-240}
# What follows if none does: fail; or keep, for callers that nobody waits for: those before stay as backups, which HAProxy uses while
# no new member serves, until the settings change again.
too_late=${too_late:-fail}

# members_state: prints what the process that serves says of its members; nothing where none serves.
members_state() { ask "show servers state" 2>/dev/null || true; }

# serving: prints the id of that process.
serving() { (ask "show info" 2>/dev/null || true) | sed -n 's/^Pid: //p'; }

# members STATE: prints `back-end name address:port state` of each member that a process knows.
members() { awk 'NF >= 22 && $1 != "#" { print $2, $4, $5 ":" $19, $6 }' <<<"$1"; }

# planned FILE: prints `back-end name address:port` of each member in settings.
planned() { awk '$1 == "listen" || $1 == "backend" { backend = $2 } $1 == "server" { print backend, $2, $3 }' "$1"; }

# reload: has a new process take the settings over, and what the old one knows of the members.
reload() {
  local known before now end
  known=$(members_state)
  before=$(serving)
  if [ -n "$known" ]; then
    # A server's line, as version 1 of that format has it: 2 back-end, 4 server, 5 address, 6 state (0: out), 19 port, 22 port
    # of the check. Source: HAProxy management guide, "show servers state". Settings win over what the file says of ports.
    awk '
      FNR == NR { if (NF >= 22 && $1 != "#" && $6 != 0) line[$2, $4, $5 ":" $19] = $0; next }
      FNR == 1 { print 1 }
      $1 == "listen" || $1 == "backend" { backend = $2; checked = 0 }
      $1 == "default-server" { for (i = 2; i < NF; i++) if ($i == "port") checked = $(i + 1) }
      $1 == "server" {
        if ((backend, $2, $3) in line) $0 = line[backend, $2, $3]
        else {
          split($3, at, ":")
          $0 = "1 " backend " 1 " $2 " " at[1] " 0 0 1 1 0 1 0 0 6 0 0 0 - " at[2] " - 0 0 - - 0"
        }
        $22 = checked
        print
      }' <(printf '%s\n' "$known") "$settings" >"$state.new"
    mv -f "$state.new" "$state"
  else
    rm -f "$state"
  fi

  reload_haproxy

  # Until the new process serves, the old one goes on sending people to members that are to be gone.
  end=$((SECONDS + 30))
  while [ -n "$before" ]; do
    now=$(serving)
    [ -z "$now" ] || [ "$now" = "$before" ] || break
    ((SECONDS < end)) || {
      printf 'waited 30 s for HAProxy on %s to read its settings again; process %s still serves\n' "$HOSTNAME" "$before" >&2
      exit 1
    }
    sleep 0.1
  done
}

# leaving: prints `back-end name address:port` of members that serve and are in no settings any more, where no member that stays
# serves: without them there would be nobody. (One whose name stays, at another address, is another host: its own is gone.)
leaving() {
  awk '
    FILENAME == ARGV[1] { planned[$1, $2, $3] = 1; named[$1, $2] = 1; backends[$1] = 1; next }
    $4 == 0 { next }
    ($1, $2, $3) in planned { stays[$1] = 1; next }
    ($1 in backends) && !(($1, $2) in named) { leaves[++n] = $1 " " $2 " " $3; of[n] = $1 }
    END { for (i = 1; i <= n; i++) if (!(of[i] in stays)) print leaves[i] }' <(planned "$settings") <(members "$(members_state)")
}

# with_leaving FILE: prints the settings, and the leaving members behind those of their back-end, with the same options.
with_leaving() {
  awk -v backup="$([ "$too_late" != keep ] || echo ' backup')" '
    FILENAME == ARGV[1] { if ($1 != "") add[$1] = add[$1] $2 " " $3 "\n"; next }
    function add_leaving(  lines, i, n) {
      if (backend in add && last != "") {
        n = split(add[backend], lines, "\n")
        for (i = 1; i < n; i++) print "  server " lines[i] options backup
      }
      last = ""
    }
    $1 == "listen" || $1 == "backend" || $1 == "frontend" || $1 == "defaults" || $1 == "global" { add_leaving(); backend = $2 }
    $1 == "server" { last = $0; options = ""; for (i = 4; i <= NF; i++) options = options " " $i }
    { print }
    END { add_leaving() }' "$1" "$settings"
}

# missing: prints the planned members that don't serve.
missing() {
  awk '
    FILENAME == ARGV[1] { planned[$1, $2, $3] = $1 " " $2; next }
    (($1, $2, $3) in planned) && $4 != 0 { delete planned[$1, $2, $3] }
    END { for (key in planned) print planned[key] }' <(planned "$final") <(members "$(members_state)")
}

# apply_settings: has HAProxy serve with the settings in the file, which were checked.
apply_settings() {
  local end late
  gone=$(leaving)
  if [ -n "$gone" ]; then
    final=$settings.planned
    cp "$settings" "$final"
    with_leaving <(printf '%s\n' "$gone") >"$settings.both"
    haproxy -c -f "$settings.both" >/dev/null
    cat "$settings.both" >"$settings"
    reload
    end=$((SECONDS + patience))
    while late=$(missing) && [ -n "$late" ] && ((SECONDS < end)); do sleep 1; done
    if [ -n "$late" ] && ! awk 'FILENAME == ARGV[1] { planned[$1, $2, $3] = 1; next }
      (($1, $2, $3) in planned) && $4 != 0 { found = 1 } END { exit !found }' <(planned "$final") <(members "$(members_state)"); then
      if [ "$too_late" = keep ]; then
        printf 'no new member of %s serves yet; these from before serve until one does: %s\n' "$HOSTNAME" "$(paste -sd, <<<"$gone")" >&2
        return 0
      fi
      printf 'waited %s s for a new member of %s to serve; those before stay: %s\n' "$patience" "$HOSTNAME" "$(tr '\n' ',' <<<"$gone")" >&2
      exit 1
    fi
    cat "$final" >"$settings"
    rm -f "$final" "$settings.both"
  fi
  reload
}
