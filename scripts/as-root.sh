#!/usr/bin/env bash
# Runs a command as root by sudo, with the rest of standard input. Its output and exit code are the command's.
#
# Runs as the user that has logged in, and is sent ahead of the command's input (components/ssh/elevate.ts). Argument: the command.
# Standard input: the password that sudo asks for, or an empty line; then the command's input.

# (`read` takes one byte at a time from a pipe, so that the rest stays there.)
IFS= read -r password
user=$(id -un)

refuse() {
  printf '%s\n' "$*" >&2
  exit 1
}

# What root gets: the umask, the folder and the HOME of a login as root. SWARM_HA_CALLER is the process that serves this
# connection; the command's own parent is sudo, which outlives a lost connection.
# shellcheck disable=SC2016 # for the other shell
run='umask 022; cd; export SWARM_HA_CALLER=$1; exec bash -c "$2"'

heard=$(LC_ALL=C sudo -n -H -- bash -c true 2>&1) && exec sudo -n -H -- bash -c "$run" as-root "$PPID" "$1"
case $heard in
  *"command not found"*) refuse "$HOSTNAME has no sudo, which $user needs to become root: install it, or log in as root" ;;
  *"must have a tty"*) refuse "sudo on $HOSTNAME wants a terminal of $user: remove requiretty (Defaults:$user !requiretty)" ;;
  *"password is required"*) ;;
  *) refuse "sudo on $HOSTNAME refused $user: $(tail -n 1 <<<"$heard")" ;;
esac
[ -n "$password" ] ||
  refuse "$user may not use sudo on $HOSTNAME without a password: set hosts.ssh.sudoPassword or NOPASSWD"

# A wrong password must not take lines of the command's input for further passwords, so it is tried alone first.
heard=$(printf '%s\n' "$password" | LC_ALL=C sudo -k -S -H -p '' -- bash -c true 2>&1) ||
  case $heard in
    *"incorrect password"*) refuse "sudo on $HOSTNAME refused the password of $user" ;;
    *) refuse "sudo on $HOSTNAME refused $user: $(tail -n 1 <<<"$heard")" ;;
  esac

# sudo reads the password only if it asks for one. So a line marks where the command's input begins.
mark=swarm-ha-input
exec 3<&0
# shellcheck disable=SC2024 # the user's own input
# (Not a pipeline: that would wait for the end of an input that the command doesn't read.)
sudo -k -S -H -p '' -- bash -c "while IFS= read -r line && [ \"\$line\" != $mark ]; do :; done; $run" as-root "$PPID" "$1" \
  < <(printf '%s\n%s\n' "$password" "$mark" && exec cat <&3 2>/dev/null) 3<&-
