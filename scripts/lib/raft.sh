# shellcheck shell=bash
# How far a manager's Raft log goes, read from its disk: no leader, no key and no running Docker engine is needed. Of an entry only
# the data are encrypted (swarmkit, manager/state/raft/storage/walwrap.go); frames and records are etcd's (server/wal).

# The swarm's folder of the Docker engine.
swarm_folder=${swarm_folder:-/var/lib/docker/swarm}

# Prints the index that is known to be committed and the last index of one WAL file. Ends at the first record that
# isn't whole, as etcd's reader does. A new file begins with the state of the one before, so the newest file is enough.
# shellcheck disable=SC2016 # Perl's variables
raft_reader='
use strict; use warnings;
sub fields {
  my ($text) = @_;
  my ($at, %found) = (0);
  my $varint = sub {
    my ($value, $shift) = (0, 0);
    while ($at < length $text) {
      my $byte = ord(substr($text, $at++, 1));
      $value |= ($byte & 127) << $shift;
      $shift += 7;
      last if $byte < 128;
    }
    return $value;
  };
  while ($at < length $text) {
    my $tag = $varint->();
    my $type = $tag & 7;
    if ($type == 0) { $found{$tag >> 3} = $varint->(); }
    elsif ($type == 2) { my $size = $varint->(); $found{$tag >> 3} = substr($text, $at, $size); $at += $size; }
    else { return; }
  }
  return \%found;
}
my ($file, $first) = @ARGV;
my ($commit, $last) = (0, $first > 0 ? $first - 1 : 0);
open(my $wal, "<:raw", $file) or die "$file: $!\n";
while ((read($wal, my $head, 8) // 0) == 8) {
  my $length = unpack("Q<", $head) or last;
  my $size = $length & ((1 << 56) - 1);
  my $padding = $length >> 63 ? ($length >> 56) & 7 : 0;
  last if $size > 1 << 30 || (read($wal, my $frame, $size + $padding) // 0) != $size + $padding;
  my $record = fields(substr($frame, 0, $size)) or last;
  my $type = $record->{1} // 0;
  next if $type != 2 && $type != 3;
  my $inner = fields($record->{3} // "") or last;
  if ($type == 2) { $last = $inner->{3} // 0; }
  else { $commit = $inner->{3} // 0; }
}
printf "%d %d\n", $commit, $last;
'

# raft_position: sets commit and last; false without them, with the reason in seen, and found: none, or unread where there is a log.
# shellcheck disable=SC2034 # the answers, for the caller
raft_position() {
  local file="" first answer
  for file in "$swarm_folder"/raft/wal-v3-encrypted/*-*.wal; do :; done
  found=none seen="it has no Raft log"
  [ -e "$file" ] || return 1
  found=unread seen="perl, which reads the Raft log, is not installed"
  command -v perl >/dev/null || return 1
  first=${file##*-}
  answer=$(perl -e "$raft_reader" "$file" "$((16#${first%.wal}))" 2>&1) || true
  seen="its Raft log can't be read: ${answer:0:300}"
  [[ $answer =~ ^([0-9]+)\ ([0-9]+)$ ]] || return 1
  commit=${BASH_REMATCH[1]} last=${BASH_REMATCH[2]}
}

# raft_locked: whether the keys to this Raft log are encrypted, because the swarm is autolocked.
raft_locked() {
  grep -q ENCRYPTED "$swarm_folder/certificates/swarm-node.key" 2>/dev/null
}
