# shellcheck shell=bash
# How UDP packets of the peers get to this host: small ones on both of swarm's UDP ports, and such of full size.

# A program in Perl, which every Debian and Ubuntu has (perl-base). Standard input: a line `token name gossip-port data-port`, then
# `name address` of each peer. Sends each kind of packet 1.5, 3, 4.5, 6 and 7.5 s after its start, and listens for
# 9 s (cli/diagnose/udp.ts knows these figures). Prints `heard peer port small|full` for each kind that came, and `large
# peer` for each peer to which this host's own device is too small.
#
# It listens on a raw socket: the ports are taken, and it gets what the host's firewall lets through. A filter (BPF) keeps other traffic
# away from it. On the data port, the packets are VXLAN of the network 0, which swarm never has, so the kernel drops
# them. On the gossip port, the Docker engine logs a warning for each: it can't decrypt them.
# shellcheck disable=SC2016,SC2034 # Perl's variables; read by the step
udp_program='
use strict;
use Socket;
my ($token, $self, $gossip, $data) = split " ", scalar <STDIN>;
my %peers = map { split " " } <STDIN>;
socket(my $in, PF_INET, SOCK_RAW, 17) or die "raw socket: $!\n";
my @filter = ([0xb1, 0, 0, 0], [0x48, 0, 0, 2], [0x15, 1, 0, $data], [0x15, 2, 5, $gossip], [0x40, 0, 0, 12],
  [0x15, 2, 3, 0], [0x40, 0, 0, 8], [0x15, 0, 1, unpack("N", "swar")], [0x06, 0, 0, 65535], [0x06, 0, 0, 0]);
my $code = join "", map { pack "SCCL", @$_ } @filter;
setsockopt($in, SOL_SOCKET, 26, pack("Sx![P]P", scalar @filter, $code)) or die "filter: $!\n";
socket(my $out, PF_INET, SOCK_DGRAM, 17) or die "socket: $!\n";
# Never in fragments, whatever is known of the path: IP_MTU_DISCOVER, IP_PMTUDISC_PROBE.
setsockopt($out, 0, 10, pack("i", 3)) or die "no fragments: $!\n";
my $text = "swarm-ha-probe $token $self ";
my $vxlan = pack("C4N", 8, 0, 0, 0, 0) . $text;
my %kinds = ("$gossip small" => [$gossip, $text], "$data small" => [$data, $vxlan],
  "$data full" => [$data, $vxlan . ("x" x (1472 - length $vxlan))]);
my (%heard, %large);
my $beat = 0;
for (my $tick = 0; $tick < 90; $tick++) {
  if ($tick % 15 == 0 && $tick > 0) {
    for my $peer (keys %peers) {
      for my $kind (values %kinds) {
        my ($port, $payload) = @$kind;
        my $to = pack_sockaddr_in($port, inet_aton($peers{$peer}));
        $large{$peer} = 1 if !defined(send($out, $payload, 0, $to)) && $!{EMSGSIZE};
      }
    }
  }
  my $wait = 0.1;
  for (;;) {
    my $ready = "";
    vec($ready, fileno($in), 1) = 1;
    (my $found, $wait) = select($ready, undef, undef, $wait);
    last if $found < 1;
    defined(recv($in, my $packet, 65535, 0)) or last;
    my $header = 4 * (ord($packet) & 15);
    my $port = unpack "n", substr($packet, $header + 2, 2);
    my $bytes = length $packet;
    $heard{"$1 $port " . ($bytes >= 1500 ? "full" : "small")} = 1 if $packet =~ /swarm-ha-probe \Q$token\E (\S+) /;
  }
}
print "heard $_\n" for sort keys %heard;
print "large $_\n" for sort keys %large;
'
