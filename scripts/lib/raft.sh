# shellcheck shell=bash
# How far a manager's Raft log goes, read from its disk: no leader, no key and no running Docker engine is needed. Of an entry only
# the data are encrypted (swarmkit, manager/state/raft/storage/walwrap.go); frames and records are etcd's (server/wal).

# The swarm's folder of the Docker engine.
swarm_folder=${swarm_folder:-/var/lib/docker/swarm}

# Prints of WAL files, oldest first: the index that is known to be committed, the last index, and from which index on entries have
# which term. A file ends at the first record that isn't whole, as for etcd's reader. (The term of the state is no entry's: candidates
# raise it.)
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
my ($commit, $last, @terms) = (0, 0);
# An entry replaces those from its index on.
sub entry {
  my ($index, $term) = @_;
  pop @terms while @terms && $terms[-1][0] >= $index;
  push @terms, [$index, $term] if !@terms || $terms[-1][1] != $term;
  $last = $index;
}
# A snapshot of the leader replaces the log. (One of this manager itself is of an entry that it has.)
sub snapshot {
  my ($index, $term) = @_;
  my ($own) = grep { $_->[0] <= $index } reverse @terms;
  return if $index <= $last && (!$own || $own->[1] == $term);
  @terms = [$index, $term];
  $last = $index;
}
for my $file (@ARGV) {
  my $first = $file =~ /-([0-9a-f]+)[.]wal$/ ? hex $1 : 0;
  if ($first > 0 && $first - 1 != $last) { @terms = (); $last = $first - 1; }
  open(my $wal, "<:raw", $file) or die "$file: $!\n";
  while ((read($wal, my $head, 8) // 0) == 8) {
    my $length = unpack("Q<", $head) or last;
    my $size = $length & ((1 << 56) - 1);
    my $padding = $length >> 63 ? ($length >> 56) & 7 : 0;
    last if $size > 1 << 30 || (read($wal, my $frame, $size + $padding) // 0) != $size + $padding;
    my $record = fields(substr($frame, 0, $size)) or last;
    my $type = $record->{1} // 0;
    next if $type != 2 && $type != 3 && $type != 5;
    my $inner = fields($record->{3} // "") or last;
    if ($type == 2) { entry($inner->{3} || last, $inner->{2} // 0); }
    elsif ($type == 5) { snapshot($inner->{1} // 0, $inner->{2} // 0); }
    elsif (($inner->{3} // 0) < $commit) { last; }
    else { $commit = $inner->{3} // 0; }
  }
}
printf "%d %d [%s]\n", $commit, $last, join(",", map { "[$_->[0],$_->[1]]" } @terms);
'

# raft_position: sets commit, last and terms; false without them, with the reason in seen, and found: none, or unread where there is a log.
# shellcheck disable=SC2034 # the answers, for the caller
raft_position() {
  local files=("$swarm_folder"/raft/wal-v3-encrypted/*-*.wal) answer
  found=none seen="it has no Raft log"
  [ -e "${files[0]}" ] || return 1
  found=unread seen="perl, which reads the Raft log, is not installed"
  command -v perl >/dev/null || return 1
  answer=$(perl -e "$raft_reader" "${files[@]}" 2>&1) || true
  seen="its Raft log can't be read: ${answer:0:300}"
  [[ $answer =~ ^([0-9]+)\ ([0-9]+)\ ([][0-9,]+)$ ]] || return 1
  commit=${BASH_REMATCH[1]} last=${BASH_REMATCH[2]} terms=${BASH_REMATCH[3]}
}

# raft_swarm: sets swarm to the id of the swarm that this data are of: the organization of the node's certificate (swarmkit, ca/server.go).
# shellcheck disable=SC2034 # the answers, for the caller
raft_swarm() {
  local subject
  subject=$(openssl x509 -noout -subject -nameopt multiline -in "$swarm_folder/certificates/swarm-node.crt" 2>&1) || true
  seen="its node's certificate has no organization: ${subject:0:300}"
  [[ $subject =~ organizationName\ *=\ *([^[:space:]]+) ]] || return 1
  swarm=${BASH_REMATCH[1]}
}

# raft_locked: whether the keys to this Raft log are encrypted, because the swarm is autolocked.
raft_locked() {
  grep -q ENCRYPTED "$swarm_folder/certificates/swarm-node.key" 2>/dev/null
}
