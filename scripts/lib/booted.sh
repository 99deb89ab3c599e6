# shellcheck shell=bash
# The first step on every host waits for the end of its first boot: a cloud image's sshd is up long before its packages.

# Paths of the first boot's script, of its marker when it is done, and of its log (components/platform/aws/user-data.ts).
first_boot=${first_boot:-/var/lib/swarm-ha/boot.sh}
first_boot_done=${first_boot_done:-/var/lib/swarm-ha/booted}
first_boot_log=${first_boot_log:-/var/log/swarm-ha-boot.log}

# Time limit of a first boot, in seconds: it retries its packages for 15 minutes.
first_boot_limit=1200

# await_boot: waits until the first boot is done. A failed one is run once more: it continues where it stopped.
await_boot() {
  local code=0
  command -v cloud-init >/dev/null || return 0
  timeout "$first_boot_limit" cloud-init status --wait >/dev/null 2>&1 || code=$?
  ((code != 124)) || fail "cloud-init is still running after $first_boot_limit s: $(cloud-init status --long 2>&1)"
  if [ -e "$first_boot" ]; then
    # cloud-init runs user data once. After a reboot it reports `done`, even if the first boot failed.
    [ -e "$first_boot_done" ] || resume_boot
    return 0
  fi
  # 2: done, with errors that it has recovered from.
  ((code == 0 || code == 2)) || fail "cloud-init failed ($code): $(cloud-init status --long 2>&1)"
}

# resume_boot: runs the first boot's script again.
resume_boot() {
  local code=0
  printf '%s: the first boot failed; resuming it\n' "$(hostname)" >&2
  timeout "$first_boot_limit" "$first_boot" </dev/null >>"$first_boot_log" 2>&1 || code=$?
  ((code == 0)) || fail "the first boot failed again ($code); last lines of $first_boot_log:" \
    "$(tail -n 8 "$first_boot_log" 2>&1)"
}
